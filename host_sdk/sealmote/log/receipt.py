"""Receipts of inclusion (RFC 9942 section 5, RFC9162_SHA256), signed by the log.

    18([ << {1: -7, 4: kid, 15: {1: origin}, 395: 1} >>,
         {396: {-1: [ << [size, index, [hash, …]] >> ]}}, null, signature ])

The payload is the Merkle root and is left out: a verifier computes it from message and path, so
a signature that holds proves that the message was under a root the log signed. The signature
does not cover size and index: they are hints for walking the path, and mean more only beside a
checkpoint of the same size. A one-leaf tree has an empty path.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sealmote import crypto
from sealmote.log.errors import ReceiptError
from sealmote.log.merkle import (
    HASH_SIZE,
    MAX_SIZE,
    root_from_inclusion,
    verify_inclusion,
)
from sealmote.log.note import MAX_NAME, check_name
from sealwire import cbor, check, cose
from sealwire.errors import WireError, malformed
from sealwire.keys import ES256, KID_SIZE, PublicKey

MAX_RECEIPT = 4096  # 64 hashes and what is around them

# COSE header parameters (RFC 9052 section 3.1, RFC 9597, RFC 9942 section 2).
_ALG, _KID, _CWT_CLAIMS, _VDS, _VDP = 1, 4, 15, 395, 396
_ISS = 1  # CWT claim (RFC 8392 section 3.1.1): here the log's origin
_RFC9162_SHA256 = 1
_INCLUSION = -1
_SIGN1 = 0xD2  # tag 18
_MAX_PATH = 64


@dataclass(frozen=True)
class Receipt:
    """The log `origin`, by its key `kid`, says: leaf `index` of `size`, by way of `path`."""

    origin: str
    kid: bytes
    size: int
    index: int
    path: tuple[bytes, ...]
    signature: bytes

    def encode(self) -> bytes:
        """Return the receipt's one byte string."""
        unprotected = {_VDP: {_INCLUSION: [self.proof()]}}
        body = cbor.encode([self.protected(), unprotected, None, self.signature])
        return bytes([_SIGN1]) + body

    def proof(self) -> bytes:
        """Return the inclusion proof, encoded (section 5.2)."""
        return cbor.encode([self.size, self.index, self.path])

    def protected(self) -> bytes:
        """Return the signed header, encoded."""
        return _protected(self.origin, self.kid)

    @classmethod
    def parse(cls, data: bytes) -> "Receipt":
        """Read a receipt as `encode` writes it; ReceiptError for any other bytes."""
        try:
            return cls._parse(data)
        except WireError as error:
            raise ReceiptError(f"not a receipt of inclusion: {error}") from error

    @classmethod
    def _parse(cls, data: bytes) -> "Receipt":
        if len(data) > MAX_RECEIPT or data[:1] != bytes([_SIGN1]):
            raise malformed(f"no tagged COSE_Sign1 of at most {MAX_RECEIPT} bytes")
        parts = check.array(cbor.decode(data[1:]), "the receipt", 4, 4)
        origin, kid = _parse_protected(check.octets(parts[0], "the header", 1, MAX_RECEIPT))
        size, index, path = _parse_proof(parts[1])
        if parts[2] is not None:
            raise malformed("a payload: the root has to be left out and computed")
        return cls(origin, kid, size, index, path, check.octets(parts[3], "the signature", 64, 64))


def issue(
    signer: crypto.Signer,
    origin: str,
    message: bytes,
    index: int,
    size: int,
    path: Sequence[bytes],
    root: bytes,
) -> bytes:
    """Return the log's receipt for `message`, leaf `index` of the tree of `size` with `root`.

    Raises ProofError if the path does not lead there: the log signs nothing that does not hold.
    """
    check_name(origin)
    if signer.alg != ES256:
        raise ReceiptError("a log signs receipts with ES256 (P-256): make such a key for it")
    verify_inclusion(cose.leaf_hash(message), index, size, path, root)
    kid = signer.public.kid()
    signature = signer.sign(cose.sig_structure(_protected(origin, kid), root))
    return Receipt(origin, kid, size, index, tuple(path), signature).encode()


def verify(message: bytes, data: bytes, key: PublicKey, origin: str) -> tuple[Receipt, bytes]:
    """Return the receipt and the root under which it proves `message`.

    Raises ReceiptError if it is malformed, of another log than `origin` or not signed by `key` for
    this message, ProofError or TreeError if its path does not fit its size and index.
    """
    receipt = Receipt.parse(data)
    if receipt.origin != origin:
        raise ReceiptError(f"a receipt of the log {receipt.origin}, not of {origin}")
    if receipt.kid != key.kid() or key.alg != ES256:
        raise ReceiptError(f"made with key {receipt.kid.hex()}, not with this one of {origin}")
    leaf = cose.leaf_hash(message)
    root = root_from_inclusion(leaf, receipt.index, receipt.size, receipt.path)
    signed = cose.sig_structure(receipt.protected(), root)
    if not crypto.verify(key, signed, receipt.signature):
        raise ReceiptError(
            "the log's signature does not hold over the root that message and path lead to:"
            " the message or the receipt was altered, or they do not belong together"
        )
    return receipt, root


def _protected(origin: str, kid: bytes) -> bytes:
    claims = {_ISS: origin}
    return cbor.encode({_ALG: ES256, _KID: kid, _CWT_CLAIMS: claims, _VDS: _RFC9162_SHA256})


def _parse_protected(data: bytes) -> tuple[str, bytes]:
    fields = check.mapping(cbor.decode(data), "the header", (_ALG, _KID, _CWT_CLAIMS, _VDS), ())
    check.integer(fields[_ALG], "the algorithm", ES256, ES256)
    check.integer(fields[_VDS], "the tree's kind", _RFC9162_SHA256, _RFC9162_SHA256)
    claims = check.mapping(fields[_CWT_CLAIMS], "the claims", (_ISS,), ())
    kid = check.octets(fields[_KID], "the kid", KID_SIZE, KID_SIZE)
    return check.text(claims[_ISS], "the origin", 1, MAX_NAME), kid


def _parse_proof(value: object) -> tuple[int, int, tuple[bytes, ...]]:
    unprotected = check.mapping(value, "the unprotected header", (_VDP,), ())
    proofs = check.mapping(unprotected[_VDP], "the proofs", (_INCLUSION,), ())
    one = check.array(proofs[_INCLUSION], "the inclusion proofs", 1, 1)
    encoded = check.octets(one[0], "the inclusion proof", 1, MAX_RECEIPT)
    fields = check.array(cbor.decode(encoded), "the inclusion proof", 3, 3)
    size = check.integer(fields[0], "the size", 1, MAX_SIZE)
    index = check.integer(fields[1], "the index", 0, size - 1)
    path = check.array(fields[2], "the path", 0, _MAX_PATH)
    return size, index, tuple(check.octets(i, "a hash", HASH_SIZE, HASH_SIZE) for i in path)
