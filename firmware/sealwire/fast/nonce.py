"""Deterministic nonces (RFC 6979, section 3.2) with HMAC-SHA-256, no part of which becomes an integer."""

from hashlib import sha256

from sealwire._compat import TYPE_CHECKING, const

from .limbs import move, wipe, xor_pad

if TYPE_CHECKING:
    # ruff: noqa: PYI063 (MicroPython reads this too, and knows no positional-only marker)
    from typing import Protocol

    class Hash(Protocol):
        """What SHA-256 is fed through."""

        def update(self, __data: bytes | bytearray) -> object:
            """Take more."""

        def digest(self) -> bytes:
            """Return the 32 bytes, once."""


_INNER = const(0x36)  # RFC 2104
_OUTER = const(0x5C)
_WORDS = const(8)


class Nonces:
    """Candidates for the nonces of one signature after another; `wipe` goes between them."""

    def __init__(self) -> None:
        self.value = bytearray(32)  # V, which is the candidate too
        self._key = bytearray(32)  # K
        self._pad = bytearray(64)

    def seed(self, secret: bytes, reduced: bytearray) -> None:
        """Start from a secret of 32 bytes and a digest already reduced modulo n (steps b to g)."""
        wipe(self._key, _WORDS)
        self.value[:] = b"\x01" * 32
        for separator in (b"\x00", b"\x01"):
            inner = self._start()
            inner.update(self.value)
            inner.update(separator)
            inner.update(secret)
            inner.update(reduced)
            self._finish(inner, self._key)
            self.draw()

    def draw(self) -> None:
        """Leave the next candidate in ``value`` (step h.2)."""
        inner = self._start()
        inner.update(self.value)
        self._finish(inner, self.value)

    def discard(self) -> None:
        """Prepare for another candidate after one that did not serve (step h.3)."""
        inner = self._start()
        inner.update(self.value)
        inner.update(b"\x00")
        self._finish(inner, self._key)
        self.draw()

    def wipe(self) -> None:
        """Write zeros over everything that was held."""
        wipe(self._key, _WORDS)
        wipe(self.value, _WORDS)
        wipe(self._pad, 2 * _WORDS)

    def _start(self) -> "Hash":
        xor_pad(self._pad, self._key, _INNER)
        return sha256(self._pad)

    def _finish(self, inner: "Hash", out: bytearray) -> None:
        xor_pad(self._pad, self._key, _OUTER)
        outer = sha256(self._pad)
        digest = inner.digest()
        outer.update(digest)
        wipe(digest, _WORDS)
        move(out, outer.digest(), _WORDS)
