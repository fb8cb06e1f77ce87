"""Signed envelope of what is no device message: {1: alg, 3: media type} over a CBOR payload.

The media type separates every kind of signed thing from every other (RFC 9052 section 3.1).
"""

from sealwire.cbor_item import NINT, TEXT, encode_head

from . import cose
from ._compat import TYPE_CHECKING, const
from .errors import BAD_SIGNATURE, UNSUPPORTED_CONTENT, WRONG_ALGORITHM, WireError
from .keys import ES256, ES256K

if TYPE_CHECKING:
    from .keys import PublicKey, Signer

_ALG, _CONTENT_TYPE = const(1), const(3)  # RFC 9052 section 3.1
_MAP_OF_TWO = const(0xA2)


def seal(key: "Signer", media_type: str, payload: bytes) -> bytes:
    """Sign ``payload`` as ``media_type``; returns the one byte string."""
    return cose.sign(key, _header(key.alg, media_type), payload).encode()


def _header(alg: int, media_type: str) -> bytes:
    out = bytearray([_MAP_OF_TWO, _ALG])
    encode_head(NINT, -1 - alg, out)
    out.append(_CONTENT_TYPE)
    encode_head(TEXT, len(media_type), out)
    out.extend(media_type.encode())
    return bytes(out)


def parse_header(protected: bytes) -> tuple[int, str]:
    """Return (algorithm, media type). Raises `WireError` unless the header is exactly the two."""
    from . import cbor, check  # here: a header that is expected need not be read

    fields = check.mapping(cbor.decode(protected), "the header", (_ALG, _CONTENT_TYPE), ())
    alg = check.integer(fields[_ALG], "alg", -65536, 65535)
    if alg not in (ES256, ES256K):
        raise WireError(WRONG_ALGORITHM, "the algorithm %d is not ES256 or ES256K" % alg)
    return alg, check.text(fields[_CONTENT_TYPE], "the content type", 1, 64)


def take_apart(data: bytes, alg: int, media_type: str, limit: int) -> tuple[bytes, bytes, bytes]:
    """Return (what was signed, the signature, the payload) of a message with exactly that header.

    Nothing of it can be believed before the signature is checked. Raises `WireError`.
    """
    sign1 = cose.parse(data, limit)
    if sign1.protected != _header(alg, media_type):  # each header has one encoding
        _, found = parse_header(sign1.protected)
        if found != media_type:
            raise WireError(UNSUPPORTED_CONTENT, "the content type is not %s" % media_type)
        raise WireError(WRONG_ALGORITHM, "the algorithm is not the key's")
    return sign1.sig_structure(), sign1.signature, sign1.payload


def open_payload(data: bytes, key: "PublicKey", media_type: str, limit: int) -> bytes:
    """Return the payload of a message of that type by that key. Raises `WireError` otherwise."""
    signed, signature, payload = take_apart(data, key.alg, media_type, limit)
    if not key.verify(signed, signature):
        raise WireError(BAD_SIGNATURE, "the signature is not by this key over these bytes")
    return payload
