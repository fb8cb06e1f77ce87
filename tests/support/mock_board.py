"""A bootloader on a pty, with its own MAC and a flash that is one file.

Run as `python mock_board.py CHIP MAC FILE`; its first line is the port.

`esp32-mock-bootloader` speaks the protocol; added here are a MAC for each board, flash that outlives
the process, and that it goes on answering after a reset.
"""

import mmap
import sys
import threading
from pathlib import Path
from typing import Any

from esp32_mock_bootloader import registers, server


class _Port(server.PtyMasterTransport):  # type: ignore[misc]  # the package ships no types
    """A pty that stays open when one session on it ends."""

    def close(self) -> None:
        pass


def main(chip: str, mac: str, file: Path) -> None:
    registers.mac_bytes_for_chip = lambda _: tuple(bytes.fromhex(mac))
    port: Any = _Port.create()
    with file.open("r+b") as opened, mmap.mmap(opened.fileno(), 0) as memory:
        flash = server.FlashImage()
        flash.data = memory
        print(port.client_path, flush=True)
        while True:
            connection = server.BootloaderConnection(pty=port)
            server.handle_client(connection, threading.Event(), chip, flash=flash)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], Path(sys.argv[3]))
