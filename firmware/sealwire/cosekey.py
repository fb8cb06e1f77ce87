"""Public key as COSE_Key (RFC 9052 section 7, RFC 9053 section 7.1.1): encoder and strict decoder."""

from . import cbor, check
from ._compat import TYPE_CHECKING, const
from .curves import ES256, ES256K

if TYPE_CHECKING:
    from .keys import PublicKey

_KTY, _KID, _ALG = const(1), const(2), const(3)
_CRV, _X, _Y = const(-1), const(-2), const(-3)
_EC2 = const(2)
_CURVE_IDS = {ES256: 1, ES256K: 8}


def parse(data: bytes) -> tuple[int, bytes, bytes]:
    """Return algorithm, x and y. Raises `WireError` (malformed) for fields of another form or size.

    Whether kty, crv and kid go with these is for the caller, who encodes them again and compares.
    """
    required = (_KTY, _KID, _ALG, _CRV, _X, _Y)
    fields = check.mapping(cbor.decode(data), "the key", required, ())
    alg = check.integer(fields[_ALG], "the key's algorithm", ES256K, ES256)
    x = check.octets(fields[_X], "x", 32, 32)
    y = check.octets(fields[_Y], "y", 32, 32)
    return alg, x, y


def encode(key: "PublicKey") -> bytes:
    """Return kty, kid, alg, crv, x and y."""
    fields = _point(key)
    fields[_KID] = key.kid()
    fields[_ALG] = key.alg
    return cbor.encode(fields)


def required(key: "PublicKey") -> bytes:
    """Return what a thumbprint is over: kty, crv, x and y (RFC 9679 section 4.2)."""
    return cbor.encode(_point(key))


def _point(key: "PublicKey") -> dict[int, object]:
    return {_KTY: _EC2, _CRV: _CURVE_IDS[key.alg], _X: key.x, _Y: key.y}
