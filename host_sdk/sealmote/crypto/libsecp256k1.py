"""secp256k1 by libsecp256k1 (the package `coincurve`), the quickest for it."""

from collections.abc import Callable

import coincurve
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)

NAME = "libsecp256k1"


def verifier(_alg: int, point: bytes) -> Callable[[int, int, bytes], bool]:
    """Do what `sealmote.crypto.Curves.verifier` says, for ES256K."""
    verify = coincurve.PublicKey(point).verify

    def verified(r: int, s: int, message: bytes) -> bool:
        return bool(verify(encode_dss_signature(r, s), message))

    return verified


class SecretKey:
    """Does what `sealmote.crypto.SecretKey` says, for ES256K; and signs for accounts."""

    def __init__(self, _alg: int, secret: bytes):
        self._key = coincurve.PrivateKey(secret)
        x, y = self._key.public_key.point()
        self.point = (int(x), int(y))

    def sign(self, message: bytes) -> tuple[int, int]:
        """Return r and s over SHA-256 of the message (RFC 6979)."""
        return decode_dss_signature(self._key.sign(message))

    def sign_recoverable(self, digest: bytes) -> tuple[int, int, int]:
        """Do what `sealmote.crypto.RecoverableKey` says."""
        signature = self._key.sign_recoverable(digest, hasher=None)  # r, s (low), parity of y
        r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:64], "big")
        return r, s, signature[64]
