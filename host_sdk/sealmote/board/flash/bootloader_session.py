"""A board held in its bootloader: reads and writes by orders to a worker."""

import base64
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING

from sealmote.board.flash import worker_client
from sealmote.board.flash.worker_client import Event
from sealmote.board.images.image import Region

if TYPE_CHECKING:
    import subprocess

Progress = Callable[[int, int], None]
"""(bytes done, bytes in all)."""


class BootloaderSession:
    """A connected board: ``mac`` in hex, ``chip`` as Chip.name is, ``flash_size`` in bytes."""

    def __init__(self, process: "subprocess.Popen[str]", complaints: IO[bytes], port: str) -> None:
        self._process = process
        self._complaints = complaints
        self.port = port
        hello = self._until("connected")
        self.mac: str = hello["mac"]
        self.chip: str = hello["chip"]
        self.flash_size: int | None = hello["flash_size"]

    def read(self, address: int, size: int) -> bytes:
        """Read flash. Raises BoardError."""
        self._order(do="read", address=address, size=size)
        return base64.b64decode(self._until("bytes")["data"])

    def write(self, regions: Iterable[Region], progress: Progress) -> None:
        """Write regions and check each by a digest that the board computes. Raises BoardError."""
        parts = [[r.name, r.address, base64.b64encode(r.data).decode()] for r in regions]
        self._order(do="write", regions=parts)
        self._until("written", lambda event: progress(event["done"], event["total"]))

    def reset(self) -> None:
        """Start what is on the board. Raises BoardError."""
        self._order(do="reset")
        self._until("started")

    def _order(self, **order: object) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps(order) + "\n")
            self._process.stdin.flush()
        except BrokenPipeError:  # it has ended: what it said last tells why
            self._until("nothing more")

    def _until(self, name: str, on_progress: Callable[[Event], None] = lambda _: None) -> Event:
        for event in worker_client.events(self._process, self._complaints, self.port):
            if event["event"] == name:
                return event
            on_progress(event)
        raise worker_client.silent(self.port)


@contextmanager
def opened(port: str) -> Iterator[BootloaderSession]:
    """Reset a board into its bootloader and keep it there. Raises BoardError."""
    request = {"action": "serve", "port": port}
    with (
        tempfile.TemporaryFile() as complaints,
        worker_client.started(request, complaints) as process,
    ):
        yield BootloaderSession(process, complaints, port)
