"""Verification on the field machine. All of it is public, so nothing here is in constant time.

u1*G comes from the comb, in the last doublings of u2*Q, which takes signed windows of five bits. An
addition that meets its own operand leaves Z = 0, and so does a sum that is infinity: only a
made-up signature does that, and plain Python, whose addition is complete, decides on it.
"""

# mypy: allow-incomplete-defs, allow-untyped-defs, allow-untyped-decorators
# (viper takes no annotation for returning nothing, and no type checker knows its decorator)

import micropython

from sealwire._compat import TYPE_CHECKING
from sealwire.curves import SIGNATURE_SIZE

from . import limbs, programs

if TYPE_CHECKING:
    from micropython import ptr8  # type: ignore[attr-defined, unused-ignore]  # noqa: TC004 - viper's own

    from .engine import Engine

_PLACES = 257
_ENTRY = 3 * limbs.SIZE  # X, Y, Z
_RUN = 8  # doublings in one call
_ENTRIES = 8  # Q, 3Q, ... 15Q: windows of five bits


def verify(engine: "Engine", x: bytes, y: bytes, digest: bytes, signature: bytes) -> bool:
    """Say whether a 64-byte low-S signature over a 32-byte digest is by the key at (x, y).

    Raises ValueError for a point that is not on the curve, or a coordinate or digest not of 32 bytes.
    """
    curve = engine.curve
    point = _point(engine, x, y)
    if len(digest) != 32:
        raise ValueError("a digest of %d bytes; SHA-256 gives 32" % len(digest))
    if len(signature) != SIGNATURE_SIZE:
        return False
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    if not (0 < r < curve.n and 0 < s <= curve.n // 2):
        return False
    w = engine.inverse_mod_n(signature[32:])
    u1 = int.from_bytes(digest, "big") * w % curve.n
    if _sum(engine, u1, x, y, _digits(r * w % curve.n)) and not _is_infinity(engine):
        return _has_x(engine, r) or (r + curve.n < curve.p and _has_x(engine, r + curve.n))
    from sealwire import ecdsa  # here: an honest message never comes this far

    return ecdsa.verify(curve, point[0], point[1], digest, signature)


def _point(engine: "Engine", x: bytes, y: bytes) -> tuple[int, int]:
    if len(x) != 32 or len(y) != 32:
        raise ValueError("a coordinate that is not 32 bytes")
    point = int.from_bytes(x, "big"), int.from_bytes(y, "big")
    if not engine.curve.contains(point[0], point[1]):
        raise ValueError("the point is not on the curve")
    return point


@micropython.viper
def split(d: ptr8, b: ptr8):
    """Write the digit of each of 257 bits at d, the scalar being 34 bytes, little-endian, at b.

    A digit is 0, or odd in 1..15 and with 0x80 negative; four zeros at least follow one.
    """
    carry = 0
    place = 0
    while place < 257:
        word = (int(b[place >> 3]) | (int(b[(place >> 3) + 1]) << 8)) >> (place & 7)
        if word & 1 == carry:
            d[place] = 0
            place += 1
        else:
            word = (word & 31) + carry
            carry = word >> 4
            d[place] = word if carry == 0 else 160 - word
            place += 5


def _digits(scalar: int) -> bytearray:
    digits = bytearray(_PLACES)
    split(digits, scalar.to_bytes(34, "little"))
    return digits


def _sum(engine: "Engine", u1: int, x: bytes, y: bytes, digits: bytearray) -> bool:
    """Leave u1*G + u2*Q in X, Y, Z; False if u2 is too small to be under way when the comb begins."""
    columns = engine.comb.shape[2]
    place = len(digits) - 1
    while place >= columns and not digits[place]:
        place -= 1
    if place < columns:
        return False
    engine.load_digits(u1)
    table = _odd_multiples(engine, x, y)
    _take(engine, table, digits[place])
    engine.run(programs.START)
    doublings = _doublings(engine)
    pending = 0
    while place:
        place -= 1
        pending += 1
        if pending == _RUN or digits[place] or place < columns:
            engine.run(doublings[pending - 1])
            pending = 0
        if digits[place]:
            _take(engine, table, digits[place])
            engine.run(programs.ADD)
        if place < columns:
            engine.comb.add_column(place, programs.ADD)
    return True


def _doublings(engine: "Engine") -> list[memoryview]:
    """Return programs that double once to 8 times, ends of one: a call costs as much as an operation."""
    once = engine.double[:-1]
    whole = memoryview(once * _RUN + b"\x00")
    return [whole[(_RUN - times) * len(once) :] for times in range(1, _RUN + 1)]


def _odd_multiples(engine: "Engine", x: bytes, y: bytes) -> memoryview:
    """Return Q, 3Q, ... 15Q: X, Y and Z of each, Z being left over from the way to affine X and Y."""
    slots = engine.slots
    table = memoryview(bytearray(_ENTRIES * _ENTRY))
    limbs.unpack(slots[programs.QX], x)
    limbs.unpack(slots[programs.QY], y)
    engine.run(programs.ENTER)
    limbs.copy(table, slots[programs.X], 60)
    engine.run(engine.double)
    limbs.copy(slots[programs.QX], slots[programs.X], 60)
    limbs.copy(slots[programs.X], table, 60)
    for i in range(1, _ENTRIES):
        engine.run(programs.ADD_JACOBIAN)
        limbs.copy(table[i * _ENTRY :], slots[programs.X], 60)
    _make_affine(engine, table)
    return table


def _make_affine(engine: "Engine", table: memoryview) -> None:
    """Divide the entries' Z out of their X and Y, all by one inverse; Q's own is 1."""
    product = engine.slots[programs.A]
    products = memoryview(bytearray(_ENTRIES * limbs.SIZE))
    limbs.copy(product, table[2 * limbs.SIZE :], 20)
    for i in range(1, _ENTRIES):
        limbs.copy(products[i * limbs.SIZE :], product, 20)
        limbs.copy(engine.slots[programs.QZ], table[i * _ENTRY + 2 * limbs.SIZE :], 20)
        engine.run(programs.GATHER)
    engine.invert_field(programs.A)
    for i in range(_ENTRIES - 1, 0, -1):
        entry = table[i * _ENTRY :]
        limbs.copy(engine.slots[programs.QX], entry, 60)
        limbs.copy(engine.slots[programs.C], products[i * limbs.SIZE :], 20)
        engine.run(programs.SPREAD)
        limbs.copy(entry, engine.slots[programs.QX], 40)


def _take(engine: "Engine", table: memoryview, digit: int) -> None:
    """Make the odd multiple that a digit names the point to add."""
    limbs.copy(engine.slots[programs.QX], table[((digit & 0x7F) >> 1) * _ENTRY :], 40)
    if digit & 0x80:
        engine.run(programs.NEGATE)


def _is_infinity(engine: "Engine") -> bool:
    z = engine.slots[programs.Z]
    limbs.reduce(z, engine.p)
    return bool(limbs.is_zero(z))


def _has_x(engine: "Engine", x: int) -> bool:
    """Say whether the affine x of (X, Y, Z) is the given number below p, without an inverse."""
    limbs.unpack(engine.slots[programs.QX], x.to_bytes(32, "big"))
    engine.run(programs.COMPARE_X)
    difference = engine.slots[programs.B]
    limbs.reduce(difference, engine.p)
    return bool(limbs.is_zero(difference))
