"""Deterministic nonces (RFC 6979 section 3.2) with HMAC-SHA-256 (RFC 2104)."""

from hashlib import sha256

from ._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_BLOCK = 64
_INNER = bytes([0x36]) * _BLOCK
_OUTER = bytes([0x5C]) * _BLOCK


def nonces(secret: int, digest: bytes, n: int) -> "Iterator[int]":
    """Yield nonces for a secret scalar and a 32-byte digest; the first almost always serves."""
    seed = secret.to_bytes(32, "big") + (int.from_bytes(digest, "big") % n).to_bytes(32, "big")
    key = bytes(32)
    value = bytes([1]) * 32
    for separator in (b"\x00", b"\x01"):
        key = hmac_sha256(key, value + separator + seed)
        value = hmac_sha256(key, value)
    while True:
        value = hmac_sha256(key, value)
        candidate = int.from_bytes(value, "big")
        if 0 < candidate < n:
            yield candidate
        key = hmac_sha256(key, value + b"\x00")
        value = hmac_sha256(key, value)


def hmac_sha256(key: bytes, message: bytes) -> bytes:
    """Return the 32-byte HMAC for a key of at most 64 bytes (MicroPython has no hmac module)."""
    padded = key + bytes(_BLOCK - len(key))
    inner = sha256(_xor(padded, _INNER))
    inner.update(message)
    outer = sha256(_xor(padded, _OUTER))
    outer.update(inner.digest())
    return bytes(outer.digest())


def _xor(left: bytes, right: bytes) -> bytes:
    return bytes([a ^ b for a, b in zip(left, right)])
