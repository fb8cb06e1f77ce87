"""Boards that are bootloaders only: their port, MAC and flash, for as long as a test needs them.

What is flashed never runs, so that a flash holds what was written to it and nothing else.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

from sealmote.sim.virtual import PtyPort
from sealmote.sim.virtual.bootloader import Bootloader
from sealmote.sim.virtual.efuses import Efuses

FLASH_BYTES = 4 * 1024 * 1024


class BareBoard:
    """A chip in download mode behind ``port``, whatever it is told."""

    def __init__(self, chip: str, mac: str, flash: Path) -> None:
        self.mac = mac
        self.flash = flash
        self._chip = chip
        self._efuses = Efuses(flash.with_suffix(".efuses"), chip, bytes.fromhex(mac))
        self._line = PtyPort()
        self.port = self._line.name
        self._open = True
        self._fatal: int | None = None
        self._wait_for_a_program()
        self._line.start(self)

    def read(self, address: int, size: int) -> bytes:
        with self.flash.open("rb") as file:
            file.seek(address)
            return file.read(size)

    def unplug_at(self, address: int) -> None:
        """Have the cable pulled by the first bytes that come once something was written there."""
        self._fatal = address

    def unplug(self) -> None:
        """Pull the cable, at whatever the board is doing."""
        if self._open:
            self._open = False
            self._line.close()
            self._loader.stop()

    def _wait_for_a_program(self) -> None:
        self._loader = Bootloader(
            self._chip, self.flash, self._efuses, self._line.write, lambda: None
        )
        self._loader.start()

    # What the port says.

    def came(self, data: bytes) -> None:
        if self._fatal is not None and self.read(self._fatal, 1) != b"\xff":
            Thread(target=self.unplug).start()  # not here: this is the port's own thread
        else:
            self._loader.feed(data)

    def left(self) -> None:
        self._loader.stop()
        self._wait_for_a_program()

    def held(self) -> None: ...
    def started(self, *, download: bool) -> None: ...


@contextmanager
def bare_board(folder: Path, chip: str, mac: str = "240ac4000001") -> Iterator[BareBoard]:
    """Plug a board in whose flash is ``folder``/MAC.flash, erased where there is none yet."""
    flash = folder / f"{mac}.flash"
    if not flash.exists():
        flash.write_bytes(b"\xff" * FLASH_BYTES)
    board = BareBoard(chip, mac, flash)
    try:
        yield board
    finally:
        board.unplug()
