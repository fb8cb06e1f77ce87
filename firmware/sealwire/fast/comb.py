"""A fixed point times a secret scalar: the signed comb whose digits are all odd.

The scalar becomes 2t - (2**bits - 1) modulo n, so that every bit of t stands for +1 or -1 and no digit
is ever zero. A digit gathers TEETH bits, SPACING apart; a block of the table has an entry for one half
of them, the other half being their negatives. BLOCKS digits are added for each doubling.
"""

# mypy: allow-incomplete-defs, allow-untyped-defs, allow-untyped-decorators
# (viper takes no annotation for returning nothing, and no type checker knows its decorator)

import micropython

from sealwire._compat import TYPE_CHECKING, const

from .limbs import unpack, wipe

if TYPE_CHECKING:
    # ruff: noqa: PYI063 (MicroPython reads this too, and knows no positional-only marker)
    from typing import Protocol

    from micropython import ptr8, ptr32  # type: ignore[attr-defined, unused-ignore]  # noqa: TC004 - viper's own

    class Field(Protocol):
        """A generated field machine."""

        PROGRAMS: bytes

        def run(self, __memory: bytearray, __programs: bytes | bytearray, __start: int) -> object:
            """Run the program that starts there."""

        def look_up(
            self, __memory: bytearray, __points: bytes | bytearray, __place: int, __row: int
        ) -> object:
            """Load the point that a digit names."""

    class Table(Protocol):
        """A generated table."""

        BLOCKS: int
        TEETH: int
        SPACING: int
        CONSTANTS: bytes
        POINTS: bytes


# The memory, in bytes (tools/signer/layout.py): 14 slots of 80 bytes, the field machine's columns and
# the comb's digits, all of which may be secret; then constants, three of them slots too.
_DIGITS = const(1288)
_SECRET_WORDS = const(340)
_ONE = const(1440)
_RADIX = const(1520)
_P = const(1600)
_N = const(1684)
_SQUARE = const(1768)
_HALF = const(1848)
_OFFSET = const(1928)
_COUNT = const(2008)
_SIZE = const(2012)
_LIMBS = const(80)  # bytes of a number; the inverse modulo 2**13 follows a modulus

# Where programs start (tools/signer/programs.py).
_ADD = const(0)
_LIFT = const(73)
_DOUBLE = const(191)


@micropython.viper
def recode(m: ptr32, x: int, shape: ptr8):
    """Write the digits of t, which is at place x; shape is (blocks, teeth, spacing).

    A digit is a byte: the entry's place, and 0x80 where the entry is to be negated.
    """
    blocks = int(shape[0])
    teeth = int(shape[1])
    spacing = int(shape[2])
    c = ptr8(int(m) + _DIGITS)
    m = ptr32(int(m) + x)
    i = 0
    while i < blocks * spacing:
        c[i] = 0
        i += 1
    column = 0
    block = 0
    tooth = 0
    limb = 20
    while limb:
        x = m[0]
        bit = 13
        while bit:
            i = column * blocks + block
            c[i] = int(c[i]) | ((x & 1) << tooth)
            x >>= 1
            column += 1
            if column == spacing:
                column = 0
                tooth += 1
                if tooth == teeth:
                    tooth = 0
                    block += 1
            bit -= 1
        m = ptr32(int(m) + 4)
        limb -= 1
    top = teeth - 1
    i = 0
    while i < blocks * spacing:
        x = int(c[i])
        negated = (x >> top) - 1
        c[i] = ((x ^ negated) & ((1 << top) - 1)) | (negated & 128)
        i += 1


@micropython.viper
def split(d: ptr8, m: ptr32, x: int):
    """Write a digit for each of the 260 bits of the public number at place x, no two in a row other than 0.

    A digit is 0, 1, or 2 for -1. This one is for `verify`, which has no native code of its own.
    """
    m = ptr32(int(m) + x)
    carry = 0
    low = m[0] & 1
    place = 0
    while place < 260:
        place += 1
        x = 0
        if place < 260:
            x = (m[place // 13] >> (place % 13)) & 1
        total = carry + low
        carry = (total + x) >> 1
        d[place - 1] = (total & 1) << carry
        low = x


@micropython.viper
def is_misaligned(b: ptr8) -> int:
    """Return 0 if words can be read at the address of b."""
    return int(b) & 3


class Comb:
    """The field machine of one curve, its memory, and the comb over it."""

    def __init__(self, field: "Field", table: "Table") -> None:
        self.memory = memory = bytearray(_SIZE)
        self.shape = bytes((table.BLOCKS, table.TEETH, table.SPACING))
        self.programs = field.PROGRAMS
        self.run = field.run
        self._look_up = field.look_up
        points = table.POINTS
        # Frozen bytes may lie at any address; those of a file, on the heap, never need the copy.
        self._points = bytearray(points) if is_misaligned(points) else points
        memory[_ONE] = 1
        memory[_COUNT] = 1 << (table.TEETH - 1)
        constants = table.CONSTANTS
        at = 0
        for place in (_P, _N, _RADIX, _SQUARE, _HALF, _OFFSET):
            unpack(memory, place, constants[at : at + 32])
            at += 32
        memory[_P + _LIMBS : _P + _LIMBS + 2] = constants[at : at + 2]
        memory[_N + _LIMBS : _N + _LIMBS + 2] = constants[at + 2 :]

    def multiply(self) -> None:
        """Leave the multiple in X, Y, Z, with the random Z that is there on entry."""
        column = self.shape[2] - 1
        self.add_column(column, _LIFT)
        while column:
            column -= 1
            self.run(self.memory, self.programs, _DOUBLE)
            self.add_column(column, _ADD)

    def add_column(self, column: int, first: int) -> None:
        """Add the digits of one column, the first of them by the program that starts at ``first``."""
        memory, points, programs = self.memory, self._points, self.programs
        look_up, run = self._look_up, self.run
        blocks = self.shape[0]
        row = 0
        for place in range(column * blocks, column * blocks + blocks):
            look_up(memory, points, place, row)
            run(memory, programs, first)
            first = _ADD
            row += len(points) // blocks

    def wipe(self) -> None:
        """Write zeros over every number that may depend on a secret."""
        wipe(self.memory, _SECRET_WORDS)
