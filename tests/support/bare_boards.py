"""Boards that are bootloaders only: their port, MAC and flash, for as long as a test needs them."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FLASH_BYTES = 4 * 1024 * 1024
_SCRIPT = Path(__file__).with_name("mock_board.py")


@dataclass(frozen=True)
class BareBoard:
    """A bootloader behind ``port``; ``process`` can be killed to pull the plug."""

    port: str
    mac: str
    flash: Path
    process: "subprocess.Popen[str]"

    def read(self, address: int, size: int) -> bytes:
        with self.flash.open("rb") as file:
            file.seek(address)
            return file.read(size)


@contextmanager
def bare_board(folder: Path, chip: str, mac: str = "240ac4000001") -> Iterator[BareBoard]:
    """Start a board whose flash is ``folder``/MAC.flash, erased where there is none yet."""
    flash = folder / f"{mac}.flash"
    if not flash.exists():
        flash.write_bytes(b"\xff" * FLASH_BYTES)
    process = subprocess.Popen(
        [sys.executable, str(_SCRIPT), chip, mac, str(flash)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        yield BareBoard(process.stdout.readline().strip(), mac, flash, process)
    finally:
        process.kill()
        process.wait()
