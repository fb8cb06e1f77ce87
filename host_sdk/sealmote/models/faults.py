"""Faults of a value that was read, each with its place in it: all at once."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Final

from sealmote.common.printable import printable
from sealmote.errors import SealmoteError

Path = tuple[str | int, ...]
"""Keys and places from the whole value to a part of it."""

Spot = tuple["Spot", str | int] | None
"""The same while a value is read: where its container is, and its key in there; None is the whole."""

_MOST: Final = 50  # faults that are kept of one value: a hostile one may have millions
_SHOWN: Final = 8  # of them in one message
_LONGEST_KEY: Final = 80
_LONGEST_VALUE: Final = 40
_NUMBERS: Final = (int, float, Decimal)  # and with int bool


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong: `what` follows the path, as in "is missing"; `value` is a number that is."""

    path: Path
    what: str
    value: str | None = None

    def __str__(self) -> str:
        """Return the path as a person writes it, and what is wrong there."""
        where = ""
        for part in self.path:
            where += f"[{part}]" if isinstance(part, int) else f".{printable(part)[:_LONGEST_KEY]}"
        shown = "" if self.value is None else f" = {self.value}"
        return f"{where.removeprefix('.') or 'the whole'}{shown} {self.what}"


class FieldError(ValueError):
    """Raised by a model's `__post_init__` where fields do not go together; `path` is below the model."""

    def __init__(self, what: str, *path: str | int):
        super().__init__(what)
        self.fault = Fault(path, what)


class ModelError(SealmoteError):
    """A value that is not as it is declared; `faults` are all that were found, up to 50."""

    def __init__(self, faults: Iterable[Fault]):
        self.faults = tuple(faults)
        shown = "; ".join(map(str, self.faults[:_SHOWN]))
        more = len(self.faults) - _SHOWN
        super().__init__(shown + (f"; and {more} more" if more > 0 else ""))


@dataclass(slots=True)
class Findings:
    """Collects faults while a value is read. `strict`: keys that are not declared are faults."""

    strict: bool = True
    faults: list[Fault] = field(default_factory=list)

    def add(self, spot: Spot, what: str, value: object = None, below: Path = ()) -> None:
        """Note a fault; of the `value` a number is shown, and nothing else: a text may be a secret."""
        shown = str(value)[:_LONGEST_VALUE] if isinstance(value, _NUMBERS) else None
        self.faults.append(Fault(_path(spot) + below, what, shown))

    def explain(self, since: int, fix: str) -> None:
        """Say of all but the first so many faults how they are fixed."""
        for place in range(since, len(self.faults)):
            fault = self.faults[place]
            self.faults[place] = replace(fault, what=f"{fault.what}: {fix}")

    @property
    def full(self) -> bool:
        """Whether there are so many that nobody has to look further."""
        return len(self.faults) >= _MOST


def _path(spot: Spot) -> Path:
    parts: list[str | int] = []
    while spot is not None:
        spot, part = spot
        parts.append(part)
    return tuple(reversed(parts))
