"""Signing and public keys of one curve on the native field machine, in constant time.

From the nonce to the signature's s, secrets are limbs in a buffer that only native functions read;
what leaves as a Python value is public: the key's validity, and that a candidate was refused.
"""

from sealwire._compat import TYPE_CHECKING, const

from .comb import Comb, recode
from .inverse import invert
from .limbs import add, copy, is_below, is_zero, lower, pack, reduce, unpack, wipe
from .modular import multiply
from .nonce import Nonces

if TYPE_CHECKING:
    from collections.abc import Callable

    from sealwire.curves import Curve

    from .comb import Field, Table

# Places in the memory (tools/signer/layout.py). An inverse is made in the six slots from QX on.
_X = const(0)
_Y = const(80)
_Z = const(160)
_QX = const(240)
_QY = const(320)
_INVERSE = const(400)
_A = const(480)
_B = const(560)
_SECRET = const(880)
_NONCE = const(960)
_DIGEST = const(1040)
_ONE = const(1440)
_RADIX = const(1520)
_P = const(1600)
_N = const(1684)
_SQUARE = const(1768)
_HALF = const(1848)
_OFFSET = const(1928)

_DOUBLE = const(191)
_FLATTEN = const(98)


class Engine(Comb):
    """ES256 or ES256K with secrets of 32 bytes and SHA-256 digests, big-endian as everywhere.

    ``random(n)`` gives n random bytes to blind with; bad ones cost no correctness. One engine serves one
    caller at a time.
    """

    def __init__(
        self, curve: "Curve", field: "Field", table: "Table", random: "Callable[[int], bytes]"
    ) -> None:
        Comb.__init__(self, field, table)
        self.curve = curve
        self._random = random
        self._nonces = Nonces()
        self._reduced = bytearray(32)

    def public(self, secret: bytes) -> tuple[bytes, bytes]:
        """Return x and y of a secret scalar's point. Raises ValueError for a secret outside 1..n-1."""
        x, y = bytearray(32), bytearray(32)
        try:
            self._load(secret)
            self._multiply_base(_SECRET)
            self._flatten()
            pack(self.memory, _X, x)
            pack(self.memory, _Y, y)
        finally:
            self.wipe()
        return bytes(x), bytes(y)

    def sign(self, secret: bytes, digest: bytes, out: bytearray) -> None:
        """Write r and s (low) over a 32-byte digest into the 64 bytes of ``out``.

        Raises ValueError, and leaves ``out`` alone, for a secret outside 1..n-1 or a wrong length.
        """
        if len(digest) != 32:
            raise ValueError("a digest of %d bytes; SHA-256 gives 32" % len(digest))
        if len(out) != 64:
            raise ValueError("room for %d bytes; a signature has 64" % len(out))
        memory, reduced = self.memory, self._reduced
        try:
            self._load(secret)
            unpack(memory, _DIGEST, digest)
            reduce(memory, _DIGEST, _N)
            pack(memory, _DIGEST, reduced)
            self._nonces.seed(secret, reduced)
            multiply(memory, _DIGEST, _ONE, _N)
            while not self._try_nonce():
                self._nonces.discard()
            pack(memory, _X, reduced)
            out[:32] = reduced
            pack(memory, _Y, reduced)
            out[32:] = reduced
        finally:
            self.wipe()

    def verify(self, x: bytes, y: bytes, digest: bytes, signature: bytes) -> bool:
        """Say whether a low-S signature is by the key at (x, y); see `fast.verify.verify`."""
        from .verify import verify  # a board that only signs never loads it

        return verify(self, x, y, digest, signature)

    def load_digits(self, place: int) -> None:
        """Give the comb the digits of the scalar at a place, which becomes t."""
        multiply(self.memory, place, _HALF, _N)
        add(self.memory, place, _OFFSET)
        recode(self.memory, place, self.shape)

    def invert(self, place: int, modulus: int, scale: int) -> None:
        """Leave in INVERSE the number at ``scale`` over that at a place."""
        memory = self.memory
        copy(memory, _QY, place, 20)
        copy(memory, _A, scale, 20)
        copy(memory, _B, modulus, 21)
        invert(memory, _QX, 0)

    def _load(self, secret: bytes) -> None:
        if len(secret) != 32:
            raise ValueError("a secret of %d bytes; there must be 32" % len(secret))
        memory = self.memory
        unpack(memory, _SECRET, secret)
        if is_zero(memory, _SECRET):
            raise ValueError("a secret of zero")
        if not is_below(memory, _SECRET, _N):
            raise ValueError("a secret that is not below the curve's order")

    def _try_nonce(self) -> bool:
        """Make r in X and s in Y from the next candidate; False, a chance below 2**-31, if it fails."""
        memory = self.memory
        self._nonces.draw()
        unpack(memory, _NONCE, self._nonces.value)
        if is_zero(memory, _NONCE) or not is_below(memory, _NONCE, _N):
            return False
        self._multiply_base(_NONCE)
        self._flatten()
        reduce(memory, _X, _N)
        self._solve()
        return not (is_zero(memory, _X) or is_zero(memory, _Y))

    def _solve(self) -> None:
        """Set Y to (digest + X * secret) / nonce modulo n, or to n less that if it is smaller."""
        memory = self.memory
        copy(memory, _Y, _X, 20)
        multiply(memory, _Y, _SECRET, _N)  # over 2**260, as the digest already is
        add(memory, _Y, _DIGEST)
        self.invert(_NONCE, _N, _SQUARE)  # times 2**520
        multiply(memory, _Y, _INVERSE, _N)
        lower(memory, _Y, _N)

    def _multiply_base(self, scalar: int) -> None:
        """Leave the scalar at a place times G in X, Y, Z.

        An addition that meets its own operand (by chance 2**-240, or with a key made for it) leaves
        Z = 0. Then half the scalar, whose digits are others, is taken and the point doubled.
        """
        memory = self.memory
        halvings = 0
        while True:
            copy(memory, _A, scalar, 20)
            for _ in range(halvings):
                multiply(memory, _A, _HALF, _N)
            self.load_digits(_A)
            blind = self._random(32)
            unpack(memory, _Z, blind)
            wipe(blind, 8)
            self.multiply()
            for _ in range(halvings):
                self.run(memory, self.programs, _DOUBLE)
            reduce(memory, _Z, _P)
            if not is_zero(memory, _Z):
                return
            halvings += 1

    def _flatten(self) -> None:
        """Turn X, Y, Z into plain x and y below p, in X and Y; Z is below p already."""
        memory = self.memory
        self.invert(_Z, _P, _RADIX)
        self.run(memory, self.programs, _FLATTEN)
        reduce(memory, _X, _P)
        reduce(memory, _Y, _P)

    def wipe(self) -> None:
        """Write zeros over every number that depends on a secret."""
        Comb.wipe(self)
        self._nonces.wipe()
        wipe(self._reduced, 8)
