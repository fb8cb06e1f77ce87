"""A simulated board with the firmware on it, behind a pty: quicker than a virtual one, no bootloader."""

import asyncio
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Self

from patience import PATIENCE_S
from sealmote.sim import Board, NtpServer
from sealmote.sim.line.console import Console
from sealmote.sim.virtual import PtyPort


class PluggedBoard:
    """A board whose cable can be pulled; ``link`` is its port's name, the same after each plugging."""

    def __init__(self, folder: Path, config: Any = None, **hardware: Any) -> None:
        self.board = Board.create(folder / "board", **hardware)
        self.board.install(config=config)
        self.link = folder / "tty"
        self._line: PtyPort | None = None

    @property
    def port(self) -> str:
        return str(self.link)

    def plug_in(self) -> Self:
        self._line = PtyPort()
        self._console = Console(self._line.write)
        self._before = len(self.board.serial.history)
        self.board.start(console=self._console)
        self._line.start(self)
        self.link.unlink(missing_ok=True)
        self.link.symlink_to(self._line.name)
        return self

    def wait_until_it_speaks(self) -> None:
        """Wait for its first line since it was plugged in: on a busy machine it is late."""
        end = time.monotonic() + PATIENCE_S
        while len(self.board.serial.history) == self._before:
            assert time.monotonic() < end, "it says nothing"
            time.sleep(0.02)

    def unplug(self) -> None:
        """Pull the cable: no port, no power."""
        if self._line is not None:
            self._line.close()
            self.link.unlink(missing_ok=True)
            self._line = None
        self.board.kill()

    def came(self, data: bytes) -> None:
        self._console.feed(data)

    def left(self) -> None: ...

    def held(self) -> None: ...

    def started(self, *, download: bool) -> None: ...

    def fill(self) -> None:
        """Leave no room on /data; a file that finds none is dropped whole, so the last are small."""
        self.board.exec(
            "n = 0\n"
            "for size in (262144, 32768, 4096, 1024, 512, 256):\n"
            "    try:\n"
            "        while True:\n"
            "            n += 1\n"
            "            with open('/data/fill%d' % n, 'wb') as file:\n"
            "                file.write(bytes(size))\n"
            "    except OSError:\n"
            "        pass\n",
            timeout=PATIENCE_S,
        )


@contextmanager
def time_served() -> Iterator[int]:
    """Serve the time of this machine; yields the port."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    server = NtpServer("127.0.0.1", 0)
    entered = asyncio.run_coroutine_threadsafe(server.__aenter__(), loop).result(10)
    try:
        yield entered.port
    finally:
        ended = server.__aexit__(None, None, None)
        asyncio.run_coroutine_threadsafe(ended, loop).result(10)
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
