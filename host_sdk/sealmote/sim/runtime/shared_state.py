"""State shared between a board and its host in a file, readable also of a dead board; the board's clocks.

Four 64-bit words, little-endian: when the board's virtual time began, how
often the board was started, what its virtual clock shows (both times in µs since 1970), and how many
flash programs and erases it has done. The host writes the first two and, between two lives, the
third; the board writes the last two.
"""

import struct
import time
from dataclasses import dataclass
from pathlib import Path
from threading import Event
from typing import Final, Protocol

from sealmote.sim.errors import BoardFilesError

_WORDS: Final = struct.Struct("<QQQQ")


@dataclass
class SharedState:
    """The file at `path`; every attribute is read from it anew."""

    path: Path

    def create(self, begin_us: int) -> None:
        """Begin it, at a virtual moment in µs since 1970."""
        self.path.write_bytes(_WORDS.pack(begin_us, 0, begin_us, 0))

    @property
    def begin_us(self) -> int:
        """When the board's virtual time began, in µs since 1970."""
        return self._read()[0]

    @property
    def lives(self) -> int:
        """How often the board was started."""
        return self._read()[1]

    @property
    def now_us(self) -> int:
        """What its virtual clock shows, in µs since 1970."""
        return self._read()[2]

    @property
    def operations(self) -> int:
        """Programs and erases of its flash so far."""
        return self._read()[3]

    def next_life(self) -> None:
        """Count one more start."""
        begin, lives, now, operations = self._read()
        self._write(begin, lives + 1, now, operations)

    def skip(self, duration_us: int) -> None:
        """Let virtual time pass while the board is off."""
        begin, lives, now, operations = self._read()
        self._write(begin, lives, now + duration_us, operations)

    def set(self, lives: int, now_us: int, operations: int) -> None:
        """Put a board that is off back to an earlier moment."""
        self._write(self.begin_us, lives, now_us, operations)

    def _read(self) -> tuple[int, int, int, int]:
        try:
            return _WORDS.unpack(self.path.read_bytes())
        except (OSError, struct.error) as error:
            raise BoardFilesError(
                f"{self.path} cannot be read ({error}): the board's folder is damaged"
            ) from error

    def _write(self, *words: int) -> None:
        with self.path.open("r+b") as file:  # never shortened: the board may have it open
            file.write(_WORDS.pack(*words))


class BoardClock(Protocol):
    """The clock that a board lives by."""

    def now_us(self) -> int:
        """Microseconds, never going back."""

    def wait_us(self, duration: int, interrupted: Event) -> None:
        """Let time pass while the board sleeps or is off; it may be interrupted."""


class RealClock:
    """The host's monotonic clock."""

    def now_us(self) -> int:
        """Read it."""
        return time.monotonic_ns() // 1000

    def wait_us(self, duration: int, interrupted: Event) -> None:
        """Wait for real."""
        interrupted.wait(duration / 1e6)


class VirtualClock:
    """The board's own clock, which passes when the board waits."""

    def __init__(self, state: SharedState) -> None:
        self._state = state

    def now_us(self) -> int:
        """Read it from the board's shared state."""
        return self._state.now_us

    def wait_us(self, duration: int, interrupted: Event) -> None:  # noqa: ARG002 - it is over at once
        """Let it pass at once."""
        self._state.skip(duration)
