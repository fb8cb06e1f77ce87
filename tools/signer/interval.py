"""All numbers between two bounds, as a viper function computes with them."""

from typing import Union

from tools.signer.viper import HIGH, LOW, OutsideWordError, Word

Operand = Union[int, Word, "Interval"]


class Interval:
    """The numbers lo..hi. A mask (all ones or none, -1 or 0) is known by its identity.

    ``gate`` tells that a value is another one under a mask, so that ``a & m | b & ~m`` is known to be
    a or b: without it, nothing could be said about a masked selection.
    """

    __slots__ = ("complement", "gate", "hi", "lo")

    def __init__(
        self,
        lo: int,
        hi: int,
        gate: "tuple[Interval, Interval] | None" = None,
        complement: "Interval | None" = None,
    ) -> None:
        self.lo = lo
        self.hi = hi
        self.gate = gate
        self.complement = complement

    def __repr__(self) -> str:
        return f"{self.lo}..{self.hi}"

    def __add__(self, other: Operand) -> "Interval":
        a, b = operand(self), operand(other)
        return checked(a.lo + b.lo, a.hi + b.hi)

    __radd__ = __add__

    def __sub__(self, other: Operand) -> "Interval":
        a, b = operand(self), operand(other)
        return checked(a.lo - b.hi, a.hi - b.lo)

    def __rsub__(self, other: Operand) -> "Interval":
        return interval(other) - self

    def __mul__(self, other: Operand) -> "Interval":
        a, b = operand(self), operand(other)
        corners = [a.lo * b.lo, a.lo * b.hi, a.hi * b.lo, a.hi * b.hi]
        return checked(min(corners), max(corners))

    __rmul__ = __mul__

    def __lshift__(self, other: Operand) -> "Interval":
        by = exactly(other)
        return checked(operand(self).lo << by, self.hi << by)

    def __rshift__(self, other: Operand) -> "Interval":
        by = exactly(other)
        return checked(operand(self).lo >> by, self.hi >> by)

    def __and__(self, other: Operand) -> "Interval":
        a, b = self, interval(other)
        if not a.is_mask() and not b.is_mask():
            return _common(a, b)
        value, mask = (a, b) if b.is_mask() else (b, a)
        if mask.lo == mask.hi:
            return value if mask.lo else Interval(0, 0)
        return Interval(min(value.lo, 0), max(value.hi, 0), gate=(mask, value))

    __rand__ = __and__

    def __or__(self, other: Operand) -> "Interval":
        a, b = self, interval(other)
        if (
            a.gate
            and b.gate
            and (a.gate[0].complement is b.gate[0] or b.gate[0].complement is a.gate[0])
        ):
            x, y = a.gate[1], b.gate[1]
            return Interval(min(x.lo, y.lo), max(x.hi, y.hi))
        return _together(a, b)

    __ror__ = __or__

    def __xor__(self, other: Operand) -> "Interval":
        a, b = self, interval(other)
        for value, mask in ((a, b), (b, a)):
            if mask.lo == mask.hi == -1:
                return Interval(~value.hi, ~value.lo, complement=value)
            if mask.is_mask() and not value.is_mask():
                return Interval(min(value.lo, ~value.hi), max(value.hi, ~value.lo))
        return _together(a, b)

    __rxor__ = __xor__

    def is_mask(self) -> bool:
        """Say whether these are masks."""
        return self.lo >= -1 and self.hi <= 0

    def __index__(self) -> int:
        return exactly(self)

    def __bool__(self) -> bool:
        return exactly(self) != 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | Word | Interval) and exactly(self) == exactly(other)

    def __lt__(self, other: Operand) -> bool:
        return exactly(self) < exactly(other)

    def __gt__(self, other: Operand) -> bool:
        return exactly(self) > exactly(other)

    __hash__ = object.__hash__


def interval(value: Operand) -> Interval:
    """Return any operand as an interval."""
    if isinstance(value, Interval):
        return value
    number = value.value if isinstance(value, Word) else value
    return Interval(number, number)


def operand(value: Operand) -> Interval:
    """Return an operand of arithmetic, which must be within a signed word."""
    found = interval(value)
    checked(found.lo, found.hi)
    return found


PEAK = [0]  # the largest magnitude since somebody set it to zero


def checked(lo: int, hi: int) -> Interval:
    """Return the interval if a signed word holds all of it."""
    PEAK[0] = max(PEAK[0], hi, -lo)
    if lo < LOW or hi > HIGH:
        raise OutsideWordError(f"{lo}..{hi} is outside 32 bits")
    return Interval(lo, hi)


def exactly(value: Operand) -> int:
    """Return the one number of an interval: addresses, shifts and branches need to know it."""
    found = interval(value)
    if found.lo != found.hi:
        raise ValueError(f"{found} decides an address, a shift or a branch")
    return found.lo


def _common(a: Interval, b: Interval) -> Interval:
    """Bound a & b."""
    positive = [x.hi for x in (a, b) if x.lo >= 0]
    if not positive:
        raise ValueError(f"{a} & {b}: neither is a mask nor above zero")
    for x, y in ((a, b), (b, a)):
        if y.lo == y.hi and y.hi & (y.hi + 1) == 0 and x.lo >= 0 and x.hi <= y.hi:
            return Interval(x.lo, x.hi)
    return Interval(0, min(positive))


def _together(a: Interval, b: Interval) -> Interval:
    """Bound a | b and a ^ b by the bits that either can have."""
    size = max(max(v, ~v).bit_length() for v in (a.lo, a.hi, b.lo, b.hi))
    low = 0 if min(a.lo, b.lo) >= 0 else -(1 << size)
    return Interval(low, (1 << size) - 1)


class Cells:
    """A memory of intervals, a cell for each word or byte that was written."""

    def __init__(self, cells: dict[int, Interval] | None = None) -> None:
        self.cells = cells or {}

    def load(self, offset: int, width: int) -> Interval:
        """Return what a cell holds; any byte, for a byte of a word."""
        if width == 1 and (offset not in self.cells or self.cells[offset].hi > 255):
            if offset - offset % 4 not in self.cells:
                raise IndexError(f"nothing was written at {offset}")
            return Interval(0, 255)
        if offset % width or offset not in self.cells:
            raise IndexError(f"nothing was written at {offset}")
        return self.cells[offset]

    def store(self, offset: int, width: int, value: Operand) -> None:
        """Fill a cell; the value may not need a sign, which the wider port would lose."""
        found = interval(value)
        if found.lo < 0 or found.hi >= 1 << 8 * width or offset % width:
            raise OutsideWordError(f"{found} stored in {8 * width} bits at {offset}")
        self.cells[offset] = Interval(found.lo, found.hi)

    def fill(self, at: int, values: list[Interval]) -> None:
        """Write words from a byte offset."""
        for i, value in enumerate(values):
            self.cells[at + 4 * i] = value

    def words(self, at: int, count: int) -> list[Interval]:
        """Read words from a byte offset."""
        return [self.cells[at + 4 * i] for i in range(count)]
