"""Both curves in pure Python (the package `ecdsa`), on any machine, some 30 times slower."""

from collections.abc import Callable
from hashlib import sha256
from typing import Any

from ecdsa import NIST256p, SECP256k1, SigningKey, VerifyingKey
from ecdsa.curves import Curve
from ecdsa.ellipticcurve import INFINITY

from sealwire.keys import ES256, ES256K

NAME = "ecdsa, in pure Python"

_CURVES: dict[int, Curve] = {ES256: NIST256p, ES256K: SECP256k1}


def verifier(alg: int, point: bytes) -> Callable[[int, int, bytes], bool]:
    """Do what `sealmote.crypto.Curves.verifier` says."""
    curve = _CURVES[alg]
    key = VerifyingKey.from_string(point, curve).pubkey.point

    def verified(r: int, s: int, message: bytes) -> bool:
        found = _nonce_point(curve, key, r, s, sha256(message).digest())
        # `ecdsa`'s own check takes the point at infinity for an error of the program.
        return bool(found != INFINITY and int(found.x()) % curve.order == r)

    return verified


def _nonce_point(curve: Curve, key: Any, r: int, s: int, digest: bytes) -> Any:
    """Return what a verifier finds: the nonce's point, negated if s was (SEC 1 section 4.1.4)."""
    w = pow(s, -1, curve.order)
    scalar = int.from_bytes(digest, "big")
    return curve.generator.mul_add(scalar * w % curve.order, key, r * w % curve.order)


class SecretKey:
    """Does what `sealmote.crypto.SecretKey` says; for ES256K it signs for accounts as well."""

    def __init__(self, alg: int, secret: bytes):
        self._key = SigningKey.from_string(secret, _CURVES[alg], sha256)
        point = self._key.verifying_key.pubkey.point
        self.point = (int(point.x()), int(point.y()))

    def sign(self, message: bytes) -> tuple[int, int]:
        """Return r and s over SHA-256 of the message (RFC 6979)."""
        return _pair(self._key.sign_deterministic(message, sigencode=_both))

    def sign_recoverable(self, digest: bytes) -> tuple[int, int, int]:
        """Do what `sealmote.crypto.RecoverableKey` says."""
        curve, key = self._key.curve, self._key.verifying_key.pubkey.point
        r, s = _pair(self._key.sign_digest_deterministic(digest, sigencode=_both))
        s = min(s, curve.order - s)
        return r, s, int(_nonce_point(curve, key, r, s, digest).y()) & 1


def _both(r: int, s: int, _order: int) -> tuple[int, int]:
    return r, s


def _pair(signature: tuple[int, int]) -> tuple[int, int]:
    r, s = signature
    return int(r), int(s)
