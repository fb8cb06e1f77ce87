"""Rate-limited fault log: one line a minute for each kind of fault; logging never raises.

What strangers can cause comes with every request, and so does a full disk: the log has it once a
minute, in one line, and the next line says how many were left out.
"""

import logging
import threading
import time
import traceback
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from sealmote.common.printable import printable
from sealmote.errors import SealmoteError

PERIOD_S = 60.0  # between two lines of one kind
_LONGEST = 600  # characters of one line


class FaultLog:
    """Reports faults to a logger; any thread may. Of one kind are those with the same `text`.

    `clock` gives seconds from any start.
    """

    def __init__(self, logger: logging.Logger, clock: Callable[[], float] = time.monotonic):
        self._logger = logger
        self._clock = clock
        self._lock = threading.Lock()
        self._said: dict[tuple[str, type[BaseException] | None], tuple[float, int]] = {}

    def report(
        self,
        text: str,
        *values: object,
        error: BaseException | None = None,
        level: int = logging.ERROR,
    ) -> None:
        """Log `text` with its values (%-format) and what `error` says, unless that was just said."""
        left_out = self._take_turn((text, None if error is None else type(error)))
        if left_out is None:
            return
        line = text % values if values else text
        if error is not None:
            line += f": {describe(error)}"
        if left_out:
            line += f" ({left_out} more since the last such line)"
        # Whoever reports a fault must survive it: with no descriptor left a handler may raise.
        with suppress(Exception):
            self._logger.log(level, "%s", one_line(line))

    def _take_turn(self, kind: tuple[str, type[BaseException] | None]) -> int | None:
        """Return how many of this kind were left out since the last line, None if this one is to be."""
        now = self._clock()
        with self._lock:
            since, left_out = self._said.get(kind, (now - PERIOD_S, 0))
            if now - since < PERIOD_S:
                self._said[kind] = (since, left_out + 1)
                return None
            self._said[kind] = (now, 0)
            return left_out


def describe(error: BaseException) -> str:
    """Say what an error says; of one that nobody foresaw, also its type and where it was raised."""
    if isinstance(error, SealmoteError):
        return str(error)
    if isinstance(error, OSError) and error.strerror:
        return f"{error.strerror} ({error.filename})" if error.filename else error.strerror
    frames = traceback.extract_tb(error.__traceback__, limit=-1)
    place = f", {Path(frames[0].filename).name} line {frames[0].lineno}" if frames else ""
    return f"{type(error).__name__}: {error}{place}"


def one_line(text: str) -> str:
    """Return `text` on one line, cut where it is long; control characters are escaped."""
    shown = printable(text)
    return shown if len(shown) <= _LONGEST else shown[:_LONGEST] + "…"
