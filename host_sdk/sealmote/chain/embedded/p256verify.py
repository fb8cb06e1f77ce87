"""P256VERIFY, the precompile at 0x100 (EIP-7951), for an EVM that does not have it.

160 bytes in: digest, r, s, x, y, each 32 bytes, big-endian. 32 bytes out, the number 1, if the signature
is valid; otherwise nothing. It costs 6,900 gas either way.
"""

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256
from eth.abc import ComputationAPI

from sealwire.curves import P256

ADDRESS = (0x100).to_bytes(20, "big")
GAS = 6900

_VALID = (1).to_bytes(32, "big")
_ALGORITHM = ec.ECDSA(Prehashed(SHA256()))


def precompile(computation: ComputationAPI) -> ComputationAPI:
    """Run it inside py-evm."""
    computation.consume_gas(GAS, reason="P256VERIFY")
    computation.output = p256verify(computation.msg.data_as_bytes)
    return computation


def p256verify(data: bytes) -> bytes:
    """Return what the precompile returns for its input."""
    if len(data) != 160:
        return b""
    digest = data[:32]
    r, s, x, y = (int.from_bytes(data[i : i + 32], "big") for i in range(32, 160, 32))
    if not (0 < r < P256.n and 0 < s < P256.n):
        return b""
    try:
        key = ec.EllipticCurvePublicNumbers(x, y, ec.SECP256R1()).public_key()
        key.verify(encode_dss_signature(r, s), digest, _ALGORITHM)
    except (ValueError, InvalidSignature):  # ValueError: the point is not on the curve
        return b""
    return _VALID
