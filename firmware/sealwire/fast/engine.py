"""Signing and public keys of one curve on the native field machine, in constant time.

From the nonce to the signature's s, secrets are limbs in buffers that only native functions read;
what leaves as a Python value is public: the key's validity, and that a candidate was refused.
"""

from sealwire._compat import TYPE_CHECKING

from . import inverse, limbs, modular, programs
from .comb import Comb
from .nonce import Nonces

if TYPE_CHECKING:
    from collections.abc import Callable

    from sealwire.curves import Curve

    from .comb import Field, Table

    Number = bytearray | memoryview

_R = 1 << 260  # the radix of Montgomery's form, whatever the modulus
_SCALARS = 7


class Engine:
    """ES256 or ES256K with secrets of 32 bytes and SHA-256 digests, big-endian as everywhere.

    ``random(n)`` gives n random bytes to blind with; bad ones cost no correctness. One engine serves one
    caller at a time.
    """

    def __init__(
        self, curve: "Curve", field: "Field", table: "Table", random: "Callable[[int], bytes]"
    ) -> None:
        self.curve = curve
        self.double = programs.DOUBLE_A3 if curve.a else programs.DOUBLE_A0
        self.p = modulus(curve.p)
        self.n = modulus(curve.n)
        self._memory = bytearray(field.MEMORY_BYTES)
        self.slots = _slices(self._memory, programs.COUNT)
        self.comb = Comb(field, table, self._memory, self.double)
        self._field = field
        self._random = random
        self._nonces = Nonces()
        self._reduced = bytearray(32)
        self._scalars = bytearray(_SCALARS * limbs.SIZE)
        self._secret, self._nonce, self._t, self._r, self._s, self._z, self._rd = _slices(
            self._scalars, _SCALARS
        )
        self._work = bytearray(4 * inverse.WORDS)
        self._inverted = memoryview(self._work)[4 * inverse.D :]
        self._to_invert = memoryview(self._work)[4 * inverse.G :]
        self._scale = memoryview(self._work)[4 * inverse.E :]
        self._modulus = memoryview(self._work)[4 * inverse.M :]
        self._set_constants()

    def _set_constants(self) -> None:
        p, n = self.curve.p, self.curve.n
        square = (
            _R * _R % p if self.curve.a else 1
        )  # P-256's field elements are in Montgomery's form
        self._one = number(1)
        self._square_p = number(square)
        self._square_n = number(_R * _R % n)
        self._half = number((n + 1) // 2 * _R % n)
        self._offset = number(self._comb_scalar(0))
        limbs.copy(self.slots[programs.ONE], self._one, 20)
        limbs.copy(self.slots[programs.RADIX], self._square_p, 20)

    def _comb_scalar(self, scalar: int) -> int:
        """Return t for a public scalar = 2t - (2**bits - 1)."""
        n = self.curve.n
        return (scalar + (1 << self.comb.bits) - 1) * ((n + 1) // 2) % n

    def public(self, secret: bytes) -> tuple[bytes, bytes]:
        """Return x and y of a secret scalar's point. Raises ValueError for a secret outside 1..n-1."""
        x, y = bytearray(32), bytearray(32)
        try:
            self._load(secret)
            self._multiply_base(self._secret)
            self._flatten()
            limbs.pack(x, self.slots[programs.X])
            limbs.pack(y, self.slots[programs.Y])
        finally:
            self._wipe()
        return bytes(x), bytes(y)

    def sign(self, secret: bytes, digest: bytes, out: bytearray) -> None:
        """Write r and s (low) over a 32-byte digest into the 64 bytes of ``out``.

        Raises ValueError, and leaves ``out`` alone, for a secret outside 1..n-1 or a wrong length.
        """
        if len(digest) != 32:
            raise ValueError("a digest of %d bytes; SHA-256 gives 32" % len(digest))
        if len(out) != 64:
            raise ValueError("room for %d bytes; a signature has 64" % len(out))
        try:
            self._load(secret)
            limbs.unpack(self._z, digest)
            limbs.reduce(self._z, self.n)
            limbs.pack(self._reduced, self._z)
            self._nonces.seed(secret, self._reduced)
            modular.multiply(self._z, self._one, self.n)
            while not self._try_nonce():
                self._nonces.discard()
            limbs.pack(self._reduced, self._r)
            out[:32] = self._reduced
            limbs.pack(self._reduced, self._s)
            out[32:] = self._reduced
        finally:
            self._wipe()

    def verify(self, x: bytes, y: bytes, digest: bytes, signature: bytes) -> bool:
        """Say whether a low-S signature is by the key at (x, y); see `fast.verify.verify`."""
        from .verify import verify  # a board that only signs never loads it

        return verify(self, x, y, digest, signature)

    def run(self, program: "bytes | memoryview") -> None:
        """Run a program of the field machine."""
        self._field.run(self._memory, program, 0)

    def load_digits(self, scalar: int) -> None:
        """Give the comb the digits of a public scalar in 0..n-1."""
        self.comb.load(number(self._comb_scalar(scalar)))

    def inverse_mod_n(self, value: bytes) -> int:
        """Return the inverse of a public number in 1..n-1."""
        found = bytearray(32)
        self._invert(number(int.from_bytes(value, "big")), self.n, self._one)
        limbs.pack(found, self._inverted)
        return int.from_bytes(found, "big")

    def _load(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise ValueError("a secret of %d bytes; there must be 32" % len(secret))
        limbs.unpack(self._secret, secret)
        if limbs.is_zero(self._secret):
            raise ValueError("a secret of zero")
        if not limbs.is_below(self._secret, self.n):
            raise ValueError("a secret that is not below the curve's order")

    def _try_nonce(self) -> bool:
        """Make r and s from the next candidate; False (by a chance below 2**-31) if it cannot serve."""
        self._nonces.draw()
        limbs.unpack(self._nonce, self._nonces.value)
        if limbs.is_zero(self._nonce) or not limbs.is_below(self._nonce, self.n):
            return False
        self._multiply_base(self._nonce)
        self._flatten()
        limbs.copy(self._r, self.slots[programs.X], 20)
        limbs.reduce(self._r, self.n)
        self._solve()
        return not (limbs.is_zero(self._r) or limbs.is_zero(self._s))

    def _solve(self) -> None:
        """Set s to (z + r * secret) / nonce modulo n, or to n - s if that is smaller."""
        limbs.copy(self._rd, self._r, 20)
        modular.multiply(self._rd, self._secret, self.n)  # over 2**260, as z already is
        limbs.add(self._s, self._rd, self._z)
        self._invert(self._nonce, self.n, self._square_n)  # times 2**520
        modular.multiply(self._s, self._inverted, self.n)
        limbs.lower(self._s, self.n)

    def _multiply_base(self, scalar: "Number") -> None:
        """Leave scalar * G in X, Y, Z.

        An addition that meets its own operand (by chance 2**-240, or with a key made for it) leaves
        Z = 0. Then half the scalar, whose digits are others, is taken and the point doubled.
        """
        z = self.slots[programs.Z]
        halvings = 0
        while True:
            limbs.copy(self._t, scalar, 20)
            for _ in range(halvings + 1):
                modular.multiply(self._t, self._half, self.n)
            limbs.add(self._t, self._t, self._offset)
            blind = self._random(32)
            limbs.unpack(z, blind)
            limbs.wipe(blind, 8)
            self.comb.load(self._t)
            self.comb.multiply()
            for _ in range(halvings):
                self.run(self.double)
            limbs.reduce(z, self.p)
            if not limbs.is_zero(z):
                return
            halvings += 1

    def invert_field(self, slot: int) -> None:
        """Leave in A the inverse of a field element."""
        limbs.reduce(self.slots[slot], self.p)
        self._invert(self.slots[slot], self.p, self._square_p)
        limbs.copy(self.slots[programs.A], self._inverted, 20)

    def _flatten(self) -> None:
        """Turn X, Y, Z into plain x and y below p, in the slots of X and Y."""
        self.invert_field(programs.Z)
        self.run(programs.FLATTEN)
        limbs.reduce(self.slots[programs.X], self.p)
        limbs.reduce(self.slots[programs.Y], self.p)

    def _invert(self, value: "Number", block: "Number", scale: "Number") -> None:
        """Leave scale / value in ``_inverted``, modulo the modulus of a block."""
        limbs.copy(self._modulus, block, 21)
        limbs.copy(self._to_invert, value, 20)
        limbs.copy(self._scale, scale, 20)
        inverse.invert(self._work, 0, 0)

    def _wipe(self) -> None:
        """Write zeros over every number that depends on a secret."""
        self._nonces.wipe()
        self.comb.wipe()
        limbs.wipe(self._reduced, 8)
        limbs.wipe(self._scalars, _SCALARS * 20)
        limbs.wipe(self._work, inverse.WORDS)
        limbs.wipe(self._memory, len(self._memory) // 4)
        limbs.copy(self.slots[programs.ONE], self._one, 20)
        limbs.copy(self.slots[programs.RADIX], self._square_p, 20)
        modular.wipe_scratch(self.n)


def number(value: int) -> bytearray:
    """Return the limbs of a public number below 2**256."""
    found = bytearray(limbs.SIZE)
    limbs.unpack(found, value.to_bytes(32, "big"))
    return found


def modulus(value: int) -> bytearray:
    """Return the block that `modular` and `inverse` take for an odd modulus: limbs, inverse, scratch."""
    block = bytearray(4 * modular.WORDS)
    limbs.unpack(block, value.to_bytes(32, "big"))
    inverted = 1
    for _ in range(4):  # Newton's iteration doubles the bits that are right: 1, 2, 4, 8, 16
        inverted = inverted * (2 - value * inverted) % 8192
    block[limbs.SIZE : limbs.SIZE + 2] = inverted.to_bytes(2, "little")
    return block


def _slices(buffer: bytearray, count: int) -> list[memoryview]:
    whole = memoryview(buffer)
    return [whole[i * limbs.SIZE : (i + 1) * limbs.SIZE] for i in range(count)]
