"""A fixed point times a secret scalar: the signed comb whose digits are all odd.

The scalar becomes 2t - (2**bits - 1) modulo n, so that every bit of t stands for +1 or -1 and no digit
is ever zero. A digit gathers TEETH bits, SPACING apart; a block of the table has an entry for one half
of them, the other half being their negatives. BLOCKS digits are added for each doubling.
"""

# mypy: allow-incomplete-defs, allow-untyped-defs, allow-untyped-decorators
# (viper takes no annotation for returning nothing, and no type checker knows its decorator)

import micropython

from sealwire._compat import TYPE_CHECKING

from . import programs
from .limbs import wipe

if TYPE_CHECKING:
    # ruff: noqa: PYI063 (MicroPython reads this too, and knows no positional-only marker)
    from typing import Protocol

    from micropython import ptr8, ptr32  # type: ignore[attr-defined, unused-ignore]  # noqa: TC004 - viper's own

    class Field(Protocol):
        """A generated field machine."""

        MEMORY_BYTES: int

        def run(
            self, __memory: bytearray, __program: bytes | memoryview, __register: int
        ) -> object:
            """Run a program."""

        def look_up(
            self, __digits: bytearray, __row: memoryview, __place: int, __memory: bytearray
        ) -> object:
            """Load the point that a digit names."""

    class Table(Protocol):
        """A generated table."""

        BLOCKS: int
        TEETH: int
        SPACING: int
        POINTS: bytes


_DIGITS = 76  # the look-up's memory: 18 words of scratch, the count of entries, then the digits
_POINT = 64


@micropython.viper
def recode(c: ptr8, t: ptr32, shape: ptr8):
    """Write the digits of t into the look-up's memory c; shape is (blocks, teeth, spacing).

    A digit is a byte: the entry's place, and 0x80 where the entry is to be negated.
    """
    blocks = int(shape[0])
    teeth = int(shape[1])
    spacing = int(shape[2])
    c = ptr8(int(c) + 76)
    i = 0
    while i < blocks * spacing:
        c[i] = 0
        i += 1
    column = 0
    block = 0
    tooth = 0
    limb = 20
    while limb:
        x = t[0]
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
        t = ptr32(int(t) + 4)
        limb -= 1
    top = teeth - 1
    i = 0
    while i < blocks * spacing:
        x = int(c[i])
        negated = (x >> top) - 1
        c[i] = ((x ^ negated) & ((1 << top) - 1)) | (negated & 128)
        i += 1


@micropython.viper
def is_misaligned(b: ptr8) -> int:
    """Return 0 if words can be read at the address of b."""
    return int(b) & 3


class Comb:
    """The comb of one curve over its field machine's memory."""

    def __init__(self, field: "Field", table: "Table", memory: bytearray, double: bytes) -> None:
        self.shape = bytes((table.BLOCKS, table.TEETH, table.SPACING))
        self.bits = table.BLOCKS * table.TEETH * table.SPACING
        self._field = field
        self._memory = memory
        self._double = double
        entries = 1 << (table.TEETH - 1)
        # Frozen bytes may lie at any address; those of a file, on the heap, never need the copy.
        aligned = bytearray(table.POINTS) if is_misaligned(table.POINTS) else table.POINTS
        points = memoryview(aligned)
        self._rows = [points[block * entries * _POINT :] for block in range(table.BLOCKS)]
        self._digits = bytearray(_DIGITS + (table.BLOCKS * table.SPACING + 3) // 4 * 4)
        self._digits[72] = entries

    def load(self, t: "bytearray | memoryview") -> None:
        """Take the digits of t, below 2**260."""
        recode(self._digits, t, self.shape)

    def multiply(self) -> None:
        """Leave the multiple in X, Y, Z, with the random Z that is there on entry."""
        column = self.shape[2] - 1
        self.add_column(column, programs.LIFT)
        while column:
            column -= 1
            self._field.run(self._memory, self._double, 0)
            self.add_column(column, programs.ADD)

    def add_column(self, column: int, first: bytes) -> None:
        """Add the digits of one column, the first of them by the program ``first``."""
        run, look_up = self._field.run, self._field.look_up
        memory, digits = self._memory, self._digits
        place = column * len(self._rows)
        for row in self._rows:
            look_up(digits, row, place, memory)
            run(memory, first, 0)
            first = programs.ADD
            place += 1

    def wipe(self) -> None:
        """Write zeros over the digits and over the point read last; the count of entries stays."""
        entries = self._digits[72]
        wipe(self._digits, len(self._digits) // 4)
        self._digits[72] = entries
