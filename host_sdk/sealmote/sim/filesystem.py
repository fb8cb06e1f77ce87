"""The board's littlefs, read and written by the host while the board is stopped.

Geometry as the ESP32 port mounts it (`extmod/vfs_lfs.c`): blocks of 4096, reads, programs and
look-ahead of 32 bytes, cache four times that, 100 block cycles.
"""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from littlefs import LittleFS, LittleFSError, UserContext

from sealmote.sim import partitions
from sealmote.sim.errors import BoardFilesError

if TYPE_CHECKING:
    from littlefs.lfs import LFSConfig

_IO_BYTES = 32
_BLANK = b"\xff" * partitions.SECTOR


class _Region(UserContext):
    """littlefs's view of the vfs partition in an open flash file."""

    def __init__(self, descriptor: int, region: partitions.Partition) -> None:
        super().__init__(0)
        self._descriptor = descriptor
        self._region = region

    def _place(self, block: int, off: int) -> int:
        return self._region.address + block * partitions.SECTOR + off

    def read(self, cfg: "LFSConfig", block: int, off: int, size: int) -> bytearray:  # noqa: ARG002
        return bytearray(os.pread(self._descriptor, size, self._place(block, off)))

    def prog(self, cfg: "LFSConfig", block: int, off: int, data: bytes) -> int:  # noqa: ARG002
        os.pwrite(self._descriptor, data, self._place(block, off))
        return 0

    def erase(self, cfg: "LFSConfig", block: int) -> int:  # noqa: ARG002
        os.pwrite(self._descriptor, _BLANK, self._place(block, 0))
        return 0

    def sync(self, cfg: "LFSConfig") -> int:  # noqa: ARG002
        return 0


class BoardFilesystem:
    """Whole-file access to a mounted littlefs; paths are the board's, from / on."""

    def __init__(self, mounted: LittleFS) -> None:
        self._fs = mounted

    def read(self, path: str) -> bytes:
        """Read a file."""
        try:
            with self._fs.open(path, "rb") as file:
                content = file.read()
        except FileNotFoundError as error:
            raise BoardFilesError(f"no file {path} on the board: see Board.files()") from error
        assert isinstance(content, bytes)
        return content

    def write(self, path: str, content: bytes) -> None:
        """Write a file, and the folders above it where they are missing."""
        parent = PurePosixPath(path).parent.as_posix()
        if parent not in ("/", "."):
            self._fs.makedirs(parent, exist_ok=True)
        with self._fs.open(path, "wb") as file:
            file.write(content)

    def remove(self, path: str) -> None:
        """Delete a file, or a folder with all that is in it."""
        self._fs.remove(path, recursive=True)

    def files(self) -> list[str]:
        """Paths of all files, sorted."""
        return sorted(
            (PurePosixPath(folder) / name).as_posix()
            for folder, _, names in self._fs.walk("/")
            for name in names
        )


@contextmanager
def mounted(descriptor: int) -> Iterator[BoardFilesystem]:
    """Board's filesystem in an open flash file, made first where the partition is erased."""
    region = partitions.partition("vfs")
    context = _Region(descriptor, region)
    filesystem = LittleFS(
        context=context, mount=False, block_size=partitions.SECTOR,
        block_count=region.size // partitions.SECTOR, read_size=_IO_BYTES, prog_size=_IO_BYTES,
        lookahead_size=_IO_BYTES, cache_size=4 * _IO_BYTES, block_cycles=100,
    )  # fmt: skip
    _mount(filesystem, context)
    try:
        yield BoardFilesystem(filesystem)
    except LittleFSError as error:
        raise _explained(error) from error
    except OSError as error:  # what littlefs-python makes of the commonest codes
        raise BoardFilesError(f"the board's filesystem refused: {error!r}") from error
    finally:
        filesystem.unmount()


def _mount(filesystem: LittleFS, context: _Region) -> None:
    try:
        filesystem.mount()
    except LittleFSError as error:
        if context.read(filesystem.cfg, 0, 0, partitions.SECTOR) != _BLANK:
            raise BoardFilesError(
                "the board's filesystem is corrupt: make a new board, or erase its vfs partition"
            ) from error
        filesystem.format()
        filesystem.mount()


def _explained(error: LittleFSError) -> BoardFilesError:
    if error.code == LittleFSError.Error.LFS_ERR_NOSPC:
        return BoardFilesError("the board's filesystem is full: remove files from it first")
    return BoardFilesError(
        f"the board's filesystem refused: {errno.errorcode.get(-error.code, error)}"
    )
