"""ECDSA over SHA-256 (FIPS 186-5, section 6), deterministic (RFC 6979) and low-S only.

A signature is r and s, 32 bytes each, big-endian, with s at most n // 2: of the two values that
verify, one is refused, so that nobody but the signer can make a second signature from the first.
"""

from . import points
from .curves import SIGNATURE_SIZE, Curve
from .nonce import nonces


def sign(curve: Curve, secret: int, digest: bytes) -> bytes:
    """Sign a 32-byte digest with a secret scalar in 1..n-1; returns the 64 bytes r, s."""
    if len(digest) != 32:
        raise ValueError("a digest of %d bytes; SHA-256 gives 32" % len(digest))
    n = curve.n
    for k in nonces(secret, digest, n):
        r = points.affine(curve, points.multiply(curve, k, curve.g))[0] % n
        s = pow(k, n - 2, n) * (int.from_bytes(digest, "big") + r * secret) % n
        if r and s:
            break
    return r.to_bytes(32, "big") + min(s, n - s).to_bytes(32, "big")


def verify(curve: Curve, x: int, y: int, digest: bytes, signature: bytes) -> bool:
    """Say whether the signature over a 32-byte digest is by the key at the affine point (x, y).

    The point must have been checked with `Curve.contains`. False for a high s, a value outside
    1..n-1 or a signature that is not 64 bytes.
    """
    if len(signature) != SIGNATURE_SIZE or len(digest) != 32:
        return False
    n = curve.n
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    if not (0 < r < n and 0 < s <= n // 2):
        return False
    w = pow(s, n - 2, n)
    u = int.from_bytes(digest, "big") * w % n
    point = points.multiply_two(curve, u, curve.g, r * w % n, (x, y, 1))
    return point[2] != 0 and points.affine(curve, point)[0] % n == r
