"""The board's two littlefs, read and written by the host while the board is stopped.

Paths are the board's: what is below /data lies in the partition `data`, everything else in the good one of
the application's two, `vfs_a` and `vfs_b`, or in the one that is named.

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

from sealmote import flash_layout, trial_record
from sealmote.flash_layout import Layout
from sealmote.sim.errors import BoardFilesError
from sealmote.sim.storage import partitions

if TYPE_CHECKING:
    from littlefs.lfs import LFSConfig

_IO_BYTES = 32
_BLANK = b"\xff" * partitions.SECTOR
_DATA = "/data"


class _Region(UserContext):
    """littlefs's view of one partition in an open flash file."""

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

    @property
    def blank(self) -> bool:
        """Whether its first sector is erased, so that nothing was ever kept there."""
        return os.pread(self._descriptor, partitions.SECTOR, self._region.address) == _BLANK


class BoardFilesystem:
    """Whole-file access to what is in an open flash file; each partition is mounted when needed."""

    def __init__(self, descriptor: int, slot: str | None = None) -> None:
        self._descriptor = descriptor
        self._layout = _layout(descriptor)
        self._slot = slot or self._good()
        self._mounted: dict[str, LittleFS] = {}

    def read(self, path: str) -> bytes:
        """Read a file."""
        filesystem, inner = self._find(path)
        try:
            with filesystem.open(inner, "rb") as file:
                content = file.read()
        except FileNotFoundError as error:
            raise BoardFilesError(f"no file {path} on the board: see Board.files()") from error
        assert isinstance(content, bytes)
        return content

    def write(self, path: str, content: bytes) -> None:
        """Write a file, and the folders above it where they are missing."""
        filesystem, inner = self._find(path)
        parent = PurePosixPath(inner).parent.as_posix()
        if parent not in ("/", "."):
            filesystem.makedirs(parent, exist_ok=True)
        with filesystem.open(inner, "wb") as file:
            file.write(content)

    def remove(self, path: str) -> None:
        """Delete a file, or a folder with all that is in it."""
        filesystem, inner = self._find(path)
        filesystem.remove(inner, recursive=True)

    def files(self) -> list[str]:
        """Paths of all files, sorted."""
        found = list(_walk(self._filesystem(self._slot)))
        if not _Region(self._descriptor, self._layout.partition("data")).blank:
            found += [_DATA + path for path in _walk(self._filesystem("data"))]
        return sorted(found)

    def unmount(self) -> None:
        """Close what was opened."""
        for filesystem in self._mounted.values():
            filesystem.unmount()

    def _find(self, path: str) -> tuple[LittleFS, str]:
        """Return the filesystem in which a path of the board lies, and the path in there."""
        if path == _DATA or path.startswith(_DATA + "/"):
            return self._filesystem("data"), path[len(_DATA) :] or "/"
        return self._filesystem(self._slot), path

    def write_loader(self, content: bytes) -> None:
        """Replace the loader's filesystem."""
        os.pwrite(self._descriptor, content, self._layout.partition("vfs").address)

    def _good(self) -> str:
        place = self._layout.partition("trial")
        record = trial_record.parse(os.pread(self._descriptor, place.size, place.address))
        if record is None:
            raise BoardFilesError("the board's trial record is damaged: run `sealmote recover`")
        return record.good

    def _filesystem(self, label: str) -> LittleFS:
        if label not in self._mounted:
            region = self._layout.partition(label)
            self._mounted[label] = _mount(_Region(self._descriptor, region), region)
        return self._mounted[label]


@contextmanager
def mounted(descriptor: int, slot: str | None = None) -> Iterator[BoardFilesystem]:
    """Board's files in an open flash file; a filesystem is made first where a partition is erased."""
    files = BoardFilesystem(descriptor, slot)
    try:
        yield files
    except LittleFSError as error:
        raise _explained(error) from error
    except OSError as error:  # what littlefs-python makes of the commonest codes
        raise BoardFilesError(f"the board's filesystem refused: {error!r}") from error
    finally:
        files.unmount()


def _layout(descriptor: int) -> Layout:
    table = os.pread(descriptor, flash_layout.TABLE_BYTES, flash_layout.TABLE_ADDRESS)
    found = flash_layout.parse(table)
    if found is None:
        raise BoardFilesError("the board has no partition table: flash it first")
    if not all(map(found.find, ("vfs", *flash_layout.SLOTS, "data"))):
        raise BoardFilesError(
            "the board's flash is laid out as by an earlier Sealmote: flash it, or make a new board"
        )
    return found


def _walk(filesystem: LittleFS) -> Iterator[str]:
    for folder, _, names in filesystem.walk("/"):
        for name in names:
            yield (PurePosixPath(folder) / name).as_posix()


def _mount(context: _Region, region: partitions.Partition) -> LittleFS:
    filesystem = LittleFS(
        context=context, mount=False, block_size=partitions.SECTOR,
        block_count=region.size // partitions.SECTOR, read_size=_IO_BYTES, prog_size=_IO_BYTES,
        lookahead_size=_IO_BYTES, cache_size=4 * _IO_BYTES, block_cycles=100,
    )  # fmt: skip
    try:
        filesystem.mount()
    except LittleFSError as error:
        if not context.blank:
            raise BoardFilesError(
                f"the board's filesystem {region.label} is corrupt: make a new board, or erase "
                "that partition"
            ) from error
        filesystem.format()
        filesystem.mount()
    return filesystem


def _explained(error: LittleFSError) -> BoardFilesError:
    if error.code == LittleFSError.Error.LFS_ERR_NOSPC:
        return BoardFilesError("the board's filesystem is full: remove files from it first")
    return BoardFilesError(
        f"the board's filesystem refused: {errno.errorcode.get(-error.code, error)}"
    )
