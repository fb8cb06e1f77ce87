"""Output of a board's serial line: every line it prints, with history, from any thread."""

import asyncio
import re
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from threading import Condition

from sealmote.sim.errors import BoardTimeoutError

_HISTORY = 10_000
_LAST_WORDS = 5


class SerialLine:
    """Lines of text without their ends; undecodable bytes show as U+FFFD.

    `lines()` and `stream()` begin with the history (the last 10,000 lines) and end when the board
    loses power. Listeners are called in the thread that reads the line.
    """

    def __init__(self) -> None:
        self._lines: deque[str] = deque(maxlen=_HISTORY)
        self._count = 0
        self._partial = b""
        self._powered = False
        self._changed = Condition()
        self._listeners: list[Callable[[str | None], None]] = []

    def power(self, on: bool) -> None:
        """Tell whether more can come; cutting the power ends a line that was begun."""
        with self._changed:
            if not on and self._partial:
                self._add(self._partial)
                self._partial = b""
            self._powered = on
            if not on:
                self._tell(None)
            self._changed.notify_all()

    def feed(self, data: bytes) -> None:
        """Take bytes as they come."""
        with self._changed:
            *whole, self._partial = (self._partial + data).split(b"\n")
            for line in whole:
                self._add(line)
            self._changed.notify_all()

    def _add(self, raw: bytes) -> None:
        line = raw.rstrip(b"\r").decode(errors="replace")
        self._lines.append(line)
        self._count += 1
        self._tell(line)

    def _tell(self, line: str | None) -> None:
        for listener in tuple(self._listeners):
            listener(line)

    @property
    def powered(self) -> bool:
        """Whether more can come."""
        return self._powered

    @property
    def history(self) -> list[str]:
        """The lines so far."""
        with self._changed:
            return list(self._lines)

    def listen(self, listener: Callable[[str | None], None]) -> Callable[[], None]:
        """Call listener with each new line, and None at a loss of power; returns the undoing."""
        with self._changed:
            self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def lines(self, timeout: float | None = None) -> Iterator[str]:
        """Each line from the history on; BoardTimeoutError after timeout seconds in all."""
        deadline = None if timeout is None else time.monotonic() + timeout
        seen = 0
        while True:
            with self._changed:
                seen = max(seen, self._count - len(self._lines))
                while seen >= self._count:
                    if not self._powered:
                        return
                    self._await(deadline)
                line = self._lines[seen - self._count]
            seen += 1
            yield line

    def _await(self, deadline: float | None) -> None:
        left = None if deadline is None else deadline - time.monotonic()
        if left is not None and left <= 0:
            raise BoardTimeoutError(
                f"no such line from the board in time; it ended with:\n{self._end()}"
            )
        self._changed.wait(left)

    def _end(self) -> str:
        return "\n".join(list(self._lines)[-_LAST_WORDS:]) or "(nothing)"

    def wait_for(self, pattern: str, timeout: float) -> re.Match[str]:
        """First line, history included, that a regular expression is found in.

        BoardTimeoutError after timeout seconds, or at once when the board has lost power.
        """
        for line in self.lines(timeout):
            if found := re.search(pattern, line):
                return found
        raise BoardTimeoutError(f"the board is off and never printed {pattern!r}:\n{self._end()}")

    async def stream(self) -> AsyncIterator[str]:
        """`lines()` for asyncio; needs no thread of its own."""
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[str | None] = asyncio.Queue()

        def put(line: str | None) -> None:
            if not loop.is_closed():
                loop.call_soon_threadsafe(queue.put_nowait, line)

        with self._changed:
            for line in self._lines:
                queue.put_nowait(line)
            if not self._powered:
                queue.put_nowait(None)
            undo = self.listen(put)
        try:
            while (following := await queue.get()) is not None:
                yield following
        finally:
            undo()
