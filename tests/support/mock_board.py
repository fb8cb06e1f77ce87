"""A bootloader on a pty, with its own MAC and a flash that is one file.

Run as `python mock_board.py CHIP MAC FILE`; its first line is the port.

`esp32-mock-bootloader` speaks the protocol; added here are a MAC for each board, flash that outlives
the process, and that it goes on answering after a reset.
"""

import mmap
import os
import sys
import threading
import time
from pathlib import Path
from typing import Any

from esp32_mock_bootloader import registers, server

_END = b"\xc0"
_UNFINISHED_S = 1.0


class _Port(server.PtyMasterTransport):  # type: ignore[misc]  # the package ships no types
    """A pty that stays open when one session on it ends, and passes on whole frames both ways.

    What the protocol's server makes of a frame that comes in two pieces is not what a chip would; and
    a pty takes what fits into its buffer, which may be less than it is given.
    """

    _pending = b""
    _heard = 0.0

    def close(self) -> None:
        pass

    def sendall(self, data: bytes) -> None:
        while data:
            data = data[os.write(self._master, data) :]

    def recv(self, size: int) -> bytes:
        while True:
            chunk = super().recv(size)
            if time.monotonic() - self._heard > _UNFINISHED_S:
                self._pending = b""  # a frame that a client did not finish
            self._heard = time.monotonic()
            self._pending += chunk
            start = self._pending.find(_END)
            self._pending = self._pending[start:] if start >= 0 else b""
            ends = self._pending.count(_END)
            last = self._pending.rfind(_END)
            whole = self._pending[:last] if ends % 2 else self._pending[: last + 1]
            if whole:
                self._pending = self._pending[len(whole) :]
                return whole


def main(chip: str, mac: str, file: Path) -> None:
    registers.mac_bytes_for_chip = lambda _: tuple(bytes.fromhex(mac))
    server._FLASH_END_IDLE_SEC = float("inf")  # else a pause between two regions ends the session
    server._CLIENT_RECV_TIMEOUT = 5.0  # else a client that is slow to acknowledge is given up
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
