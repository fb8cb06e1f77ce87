"""Verification on the field machine. All of it is public, so nothing here is in constant time.

u1*G comes from the comb, in the last doublings of u2*Q, which takes signed windows of five bits. An
addition that meets its own operand leaves Z = 0, and so does a sum that is infinity: only a
made-up signature does that, and plain Python, whose addition is complete, decides on it.
"""

# mypy: allow-incomplete-defs, allow-untyped-defs, allow-untyped-decorators
# (viper takes no annotation for returning nothing, and no type checker knows its decorator)

import micropython

from sealwire import ecdsa
from sealwire._compat import TYPE_CHECKING

from . import limbs, programs

if TYPE_CHECKING:
    from micropython import ptr8  # type: ignore[attr-defined, unused-ignore]  # noqa: TC004 - viper's own

    from .engine import Engine

_PLACES = 257
_ENTRY = 5 * limbs.SIZE  # X, Y, Z, Z**2, Z**3
_ENTRIES = 8  # Q, 3Q, ... 15Q: windows of five bits


def verify(engine: "Engine", x: bytes, y: bytes, digest: bytes, signature: bytes) -> bool:
    """Say whether a 64-byte low-S signature over a 32-byte digest is by the key at (x, y).

    Raises ValueError for a point that is not on the curve, or a coordinate or digest not of 32 bytes.
    """
    curve = engine.curve
    point = _point(engine, x, y)
    if len(digest) != 32:
        raise ValueError("a digest of %d bytes; SHA-256 gives 32" % len(digest))
    if len(signature) != ecdsa.SIGNATURE_SIZE:
        return False
    r = int.from_bytes(signature[:32], "big")
    s = int.from_bytes(signature[32:], "big")
    if not (0 < r < curve.n and 0 < s <= curve.n // 2):
        return False
    w = engine.inverse_mod_n(signature[32:])
    u1 = int.from_bytes(digest, "big") * w % curve.n
    if _sum(engine, u1, x, y, _digits(r * w % curve.n)) and not _is_infinity(engine):
        return _has_x(engine, r) or (r + curve.n < curve.p and _has_x(engine, r + curve.n))
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
    doublings = 0
    while place:
        place -= 1
        doublings += 1
        if digits[place] or place < columns:
            _double(engine, doublings)
            doublings = 0
        if digits[place]:
            _take(engine, table, digits[place])
            engine.run(programs.ADD_JACOBIAN)
        if place < columns:
            engine.comb.add_column(place, programs.ADD)
    return True


def _double(engine: "Engine", times: int) -> None:
    """Double X, Y, Z, many times in one program: a call costs as much as an operation."""
    once = engine.double[:-1]
    while times:
        step = min(times, 8)
        engine.run(once * step + b"\x00")
        times -= step


def _odd_multiples(engine: "Engine", x: bytes, y: bytes) -> memoryview:
    """Return Q, 3Q, ... 15Q with the powers of their Z that an addition takes."""
    table = memoryview(bytearray(_ENTRIES * _ENTRY))
    slots = engine.slots
    limbs.unpack(slots[programs.QX], x)
    limbs.unpack(slots[programs.QY], y)
    engine.run(programs.ENTER)
    _put(engine, table, 0)
    engine.run(engine.double)
    twice = memoryview(bytearray(_ENTRY))
    _put(engine, twice, 0)
    _take(engine, table, 1)
    engine.run(programs.START)
    _take(engine, twice, 1)
    for i in range(1, _ENTRIES):
        engine.run(programs.ADD_JACOBIAN)
        _put(engine, table, i)
    return table


def _put(engine: "Engine", table: memoryview, i: int) -> None:
    """Store X, Y, Z as entry i."""
    engine.run(programs.POWERS_OF_Z)
    entry = table[i * _ENTRY :]
    limbs.copy(entry, engine.slots[programs.X], 60)
    limbs.copy(entry[3 * limbs.SIZE :], engine.slots[programs.A], 40)


def _take(engine: "Engine", table: memoryview, digit: int) -> None:
    """Make the odd multiple that a digit names the point to add."""
    entry = table[((digit & 0x7F) >> 1) * _ENTRY :]
    limbs.copy(engine.slots[programs.QX], entry, 40)
    limbs.copy(engine.slots[programs.QZ], entry[2 * limbs.SIZE :], 60)
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
