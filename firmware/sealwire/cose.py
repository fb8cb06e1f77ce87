"""COSE_Sign1 (RFC 9052 section 4.2) as one byte string: of its many encodings exactly one is a message.

    D2                      tag 18, COSE_Sign1
    84                      array of 4
    bstr(protected)         the signed header
    A0                      no unsigned header
    bstr(payload)
    58 40 signature         r, s

The outside of a COSE message is not signed, so libraries accept it in other head lengths, without its
tag or with bytes behind it. Here that byte string is the message, and its hash is the leaf of the log.
"""

from sealwire.cbor_item import BYTES, decode_head, encode_head

from ._compat import TYPE_CHECKING
from .curves import SIGNATURE_SIZE
from .errors import BAD_SIGNATURE, TOO_LARGE, WireError, malformed
from .outcome import leaf_hash as leaf_hash  # noqa: PLC0414 - part of this module too

if TYPE_CHECKING:
    from .keys import Signer, Verifier

_SIGN1 = b"\xd2\x84"
_NO_UNPROTECTED = b"\xa0"
_SIGNED = b"\x84\x6aSignature1"  # an array of four, and its first
_NO_AAD = b"\x40"
_SIGNATURE_HEAD = b"\x58\x40"


class Sign1:
    """The three parts of a message: ``protected`` and ``payload`` as encoded, ``signature`` 64 bytes."""

    def __init__(self, protected: bytes, payload: bytes, signature: bytes) -> None:
        self.protected = protected
        self.payload = payload
        self.signature = signature

    def encode(self) -> bytes:
        """Return the one byte string of this message."""
        out = bytearray(_SIGN1)
        _append_bytes(self.protected, out)
        out.extend(_NO_UNPROTECTED)
        _append_bytes(self.payload, out)
        out.extend(_SIGNATURE_HEAD)
        out.extend(self.signature)
        return bytes(out)

    def sig_structure(self) -> bytes:
        """Return the bytes that the signature is over."""
        return sig_structure(self.protected, self.payload)

    def check(self, key: "Verifier") -> None:
        """Raise `WireError` (bad signature) unless ``key`` made the signature."""
        if not key.verify(self.sig_structure(), self.signature):
            raise WireError(BAD_SIGNATURE, "the signature is not by this key over these bytes")


def sig_structure(protected: bytes, payload: bytes) -> bytes:
    """Return Sig_structure (RFC 9052 section 4.4) with context Signature1 and no external data."""
    out = bytearray(_SIGNED)
    _append_bytes(protected, out)
    out.extend(_NO_AAD)
    _append_bytes(payload, out)
    return bytes(out)


def sign(key: "Signer", protected: bytes, payload: bytes) -> Sign1:
    """Sign an encoded header and payload. ``key`` is anything with ``sign(bytes) -> 64 bytes``."""
    return Sign1(protected, payload, key.sign(sig_structure(protected, payload)))


def parse(data: bytes, limit: int) -> Sign1:
    """Read a message of at most ``limit`` bytes. Raises `WireError` for any other byte string."""
    if len(data) > limit:
        raise WireError(TOO_LARGE, "a message of %d bytes; %d is the most" % (len(data), limit))
    if data[:2] != _SIGN1:
        raise malformed("not a tagged COSE_Sign1 array (D2 84)")
    protected, at = _take_bytes(data, 2)
    if data[at : at + 1] != _NO_UNPROTECTED:
        raise malformed("an unprotected header that is not the empty map (A0)")
    payload, at = _take_bytes(data, at + 1)
    if data[at : at + 2] != _SIGNATURE_HEAD or len(data) != at + 2 + SIGNATURE_SIZE:
        raise malformed("the message does not end with a 64-byte signature (58 40)")
    return Sign1(protected, payload, bytes(data[at + 2 :]))


def _append_bytes(content: bytes, out: bytearray) -> None:
    encode_head(BYTES, len(content), out)
    out.extend(content)


def _take_bytes(data: bytes, at: int) -> tuple[bytes, int]:
    major, length, at = decode_head(data, at)
    if major != BYTES or at + length > len(data):
        raise malformed("header or payload is not a whole byte string")
    return bytes(data[at : at + length]), at + length
