"""Flash image of a board on the host's disk: one file, one process at a time."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sealmote.flash_layout import TABLE_ADDRESS, TABLE_BYTES, layout
from sealmote.sim.errors import BoardFilesError, BoardInUseError, SimulatorMissingError
from sealmote.sim.storage import loader, partitions

# A process that this one starts at the same moment has copies of its open files, until it is itself.
_FREE_WITHIN_S = 1.0
_LOOKS_EVERY_S = 0.01


def create(path: Path, size: int = partitions.FLASH_SIZE, *, bare: bool = False) -> None:
    """Write an erased flash of size bytes that holds partition table and loader, or bare nothing."""
    image = bytearray(b"\xff" * size)
    if not bare:
        board = layout(size)
        image[TABLE_ADDRESS : TABLE_ADDRESS + TABLE_BYTES] = board.encode()
        place = board.partition("vfs")
        image[place.address : place.end] = loader.filesystem()
    try:
        # For its owner only: a board's flash holds its key and the Wi-Fi's password.
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(image)
    except FileExistsError as taken:
        raise BoardFilesError(
            f"{path} exists: open that board, or choose another folder"
        ) from taken


@contextmanager
def held(path: Path) -> Iterator[int]:
    """Open the flash for one process: gives a file descriptor whose lock a child inherits.

    Raises BoardInUseError while anybody else holds it, BoardFilesError if it is not there.
    """
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except OSError as error:
        raise BoardFilesError(f"cannot open the flash {path}: {error.strerror}") from error
    try:
        _lock(descriptor, path)
        yield descriptor
    finally:
        os.close(descriptor)


def _lock(descriptor: int, path: Path) -> None:
    try:
        import fcntl  # noqa: PLC0415 - Windows has none, and this is where a board needs it
    except ImportError as error:
        raise SimulatorMissingError(
            "simulated boards run on MicroPython's Unix port, which needs Linux or macOS: "
            "use one of them, or WSL on Windows"
        ) from error
    end = time.monotonic() + _FREE_WITHIN_S
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() > end:
                raise BoardInUseError(
                    f"{path} is in use by another process: stop that board first "
                    f"(`fuser {path}` names the process)"
                ) from error
            time.sleep(_LOOKS_EVERY_S)
        else:
            return
