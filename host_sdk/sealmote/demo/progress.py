"""Progress of the demo's boards, parsed from their serial lines (firmware/mote/log.py)."""

import re
from dataclasses import dataclass

_SEALED = re.compile(r" app: sealed (\d+)/\S+ (.*) kept=(\d+)$")
_ACKNOWLEDGED = re.compile(r" uplink: acknowledged (\d+) kept=(\d+)$")
_STATED = re.compile(r" app: stated kept=(\d+)$")
_DONE = re.compile(r" app: done (\d+)$")


@dataclass
class BoardView:
    """A board as its serial line shows it; counts of messages."""

    name: str
    thumbprint: bytes
    values: str = "starting"
    sealed: int = 0
    kept: int = 0
    acknowledged: int = 0
    done: bool = False
    last_line: str = ""

    def see(self, line: str | None) -> None:
        """Take in one line; None is a loss of power."""
        if line is None:
            return
        self.last_line = line
        if match := _SEALED.search(line):
            self.sealed, self.kept = int(match[1]), int(match[3])
            self.values = match[2].replace("Cel", " °C").replace("%RH", " %RH").replace("Pa", " Pa")
        elif match := _ACKNOWLEDGED.search(line):
            self.acknowledged += int(match[1])
            self.kept = int(match[2])
        elif match := _STATED.search(line):
            self.kept = int(match[1])
        elif _DONE.search(line):
            self.done = True

    @property
    def finished(self) -> bool:
        """Whether all readings are taken and none is left on the board."""
        return self.done and self.kept == 0


@dataclass
class DemoView:
    """The demo as a whole: its boards, the sizes of log and published head, the newest anchor."""

    boards: list[BoardView]
    log_size: int = 0
    checkpoint_size: int = 0
    anchor_size: int = 0
    anchor_block: int | None = None
