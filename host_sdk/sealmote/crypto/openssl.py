"""Both curves by OpenSSL (the package `cryptography`)."""

from collections.abc import Callable

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.hashes import SHA256

from sealwire.keys import ES256, ES256K

NAME = "OpenSSL"

_CURVES: dict[int, ec.EllipticCurve] = {ES256: ec.SECP256R1(), ES256K: ec.SECP256K1()}
_VERIFY = ec.ECDSA(SHA256())
_SIGN = ec.ECDSA(SHA256(), deterministic_signing=True)  # RFC 6979


def verifier(alg: int, point: bytes) -> Callable[[int, int, bytes], bool]:
    """Do what `sealmote.crypto.Curves.verifier` says."""
    key = ec.EllipticCurvePublicKey.from_encoded_point(_CURVES[alg], point)

    def verified(r: int, s: int, message: bytes) -> bool:
        try:
            key.verify(encode_dss_signature(r, s), message, _VERIFY)
        except InvalidSignature:
            return False
        return True

    return verified


class SecretKey:
    """Does what `sealmote.crypto.SecretKey` says."""

    def __init__(self, alg: int, secret: bytes):
        self._key = ec.derive_private_key(int.from_bytes(secret, "big"), _CURVES[alg])
        numbers = self._key.public_key().public_numbers()
        self.point = (numbers.x, numbers.y)

    def sign(self, message: bytes) -> tuple[int, int]:
        """Return r and s over SHA-256 of the message (RFC 6979)."""
        return decode_dss_signature(self._key.sign(message, _SIGN))
