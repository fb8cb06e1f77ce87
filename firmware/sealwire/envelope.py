"""What is signed but is no numbered device message: {1: alg, 3: media type} over a CBOR payload.

The media type separates every kind of signed thing from every other (RFC 9052 section 3.1).
"""

from . import cbor, check, cose
from ._compat import TYPE_CHECKING
from .errors import UNSUPPORTED_CONTENT, WRONG_ALGORITHM, WireError
from .header import ALG, CONTENT_TYPE
from .keys import ES256, ES256K

if TYPE_CHECKING:
    from .keys import PublicKey, Signer


def seal(key: "Signer", media_type: str, payload: bytes) -> bytes:
    """Sign ``payload`` as ``media_type``; returns the one byte string."""
    protected = cbor.encode({ALG: key.alg, CONTENT_TYPE: media_type})
    return cose.sign(key, protected, payload).encode()


def parse_header(protected: bytes) -> tuple[int, str]:
    """Return (algorithm, media type). Raises `WireError` unless the header is exactly the two."""
    fields = check.mapping(cbor.decode(protected), "the header", (ALG, CONTENT_TYPE), ())
    alg = check.integer(fields[ALG], "alg", -65536, 65535)
    if alg not in (ES256, ES256K):
        raise WireError(WRONG_ALGORITHM, "the algorithm %d is not ES256 or ES256K" % alg)
    return alg, check.text(fields[CONTENT_TYPE], "the content type", 1, 64)


def open_payload(data: bytes, key: "PublicKey", media_type: str, limit: int) -> bytes:
    """Return the payload of a message of that type by that key. Raises `WireError` otherwise."""
    sign1 = cose.parse(data, limit)
    alg, found = parse_header(sign1.protected)
    if found != media_type:
        raise WireError(UNSUPPORTED_CONTENT, "the content type is not %s" % media_type)
    if alg != key.alg:
        raise WireError(WRONG_ALGORITHM, "the algorithm is not the key's")
    sign1.check(key)
    return sign1.payload
