"""Serial monitor: a board's lines through resets, unplugging and changed port names."""

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import serial

from sealmote.board.errors import PortError
from sealmote.board.port import ports
from sealmote.board.port.ports import Port

_READ_S: Final = 0.1
_LOOK_S: Final = 0.25
_LARGEST_LINE: Final = 65536
_QUESTION: Final = b"\nstatus\n"


@dataclass(frozen=True)
class Event:
    """``line``: a line without its end · ``there``, ``gone``: the port's name as ``text``."""

    kind: Literal["line", "there", "gone"]
    text: str


class Monitor:
    """Follows one board. Opening its port does not reset it; nothing else can use the port meanwhile."""

    def __init__(
        self,
        port: Port,
        every_s: float | None = None,
        patience_s: float = 0.0,
        find: Callable[[Port], Port] | None = None,
    ) -> None:
        """Ask the board for its status each ``every_s`` seconds, never if that is None.

        ``patience_s`` is how long the port may be away at the start, as after a reset.
        """
        self._port = port
        self._every_s = every_s
        self._patience_s = patience_s
        self._find = find
        self._stopped = False

    def stop(self) -> None:
        """End `events` soon; from any thread."""
        self._stopped = True

    def events(self) -> Iterator[Event]:
        """Yield what happens, until `stop`. Raises PortError if the port is no use at the start."""
        opened = ports.opened(ports.awaited(self._port, self._patience_s, self._find), _READ_S)
        while not self._stopped:
            with opened:
                yield Event("there", str(opened.port))
                try:
                    yield from self._lines(opened)
                except ports.GONE:
                    yield Event("gone", str(opened.port))
            again = self._wait()
            if again is None:
                return
            opened = again

    def _wait(self) -> serial.Serial | None:
        while not self._stopped:
            time.sleep(_LOOK_S)
            try:
                return ports.opened(ports.awaited(self._port, 0, self._find), _READ_S)
            except PortError:
                continue  # not back yet, or its permissions are still being set
        return None

    def _lines(self, opened: serial.Serial) -> Iterator[Event]:
        begun, asked = b"", -1e9
        while not self._stopped:
            if self._every_s is not None and time.monotonic() - asked > self._every_s:
                asked = time.monotonic()
                opened.write(_QUESTION)
            *whole, begun = (begun + opened.read(max(1, opened.in_waiting))).split(b"\n")
            for line in whole:
                yield Event("line", line.rstrip(b"\r").decode("utf-8", "replace"))
            if len(begun) > _LARGEST_LINE:
                begun = b""  # no board's: its ends are at another speed
