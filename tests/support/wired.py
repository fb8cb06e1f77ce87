"""A simulated board whose serial line has both directions: bytes in, bytes out."""

import time
from pathlib import Path
from typing import Any

from patience import PATIENCE_S
from sealmote.sim import Board
from sealmote.sim.line.console import Console


class WiredBoard:
    """A board, its line in (`say`) and the bytes that came out of it (`raw`)."""

    def __init__(self, folder: Path, **hardware: Any) -> None:
        self.board = Board.create(folder, **hardware)
        self.raw = bytearray()
        self._console = Console(self.raw.extend)

    def start(self) -> None:
        """Switch it on."""
        self.board.start(console=self._console)

    def say(self, data: bytes) -> None:
        """Type."""
        self._console.feed(data)

    def wait_raw(self, wanted: bytes, timeout: float = PATIENCE_S) -> None:
        """Wait until these bytes were sent; what came up to their end is taken out."""
        end = time.monotonic() + timeout
        while wanted not in self.raw:
            assert time.monotonic() < end, f"no {wanted!r} in {bytes(self.raw)!r}"
            time.sleep(0.01)
        del self.raw[: self.raw.index(wanted) + len(wanted)]
