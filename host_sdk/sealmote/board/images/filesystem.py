"""Make and read littlefs images with MicroPython's geometry.

Geometry as MicroPython mounts it on the ESP32 (`extmod/vfs_lfs.c`, `ports/esp32/modules/flashbdev.py`):
blocks of 4096, reads, programs and look-ahead of 32 bytes, cache four times that. The block count has
to be the partition's exactly. Files carry no time stamps, so the same files make the same bytes.
"""

from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from littlefs import LittleFS, LittleFSError, UserContext

from sealmote.board.errors import ImageError
from sealmote.flash_layout import SECTOR

if TYPE_CHECKING:
    from littlefs.lfs import LFSConfig

_IO_BYTES: Final = 32

Read = Callable[[int, int], bytes]
"""(offset in the partition, length) -> its bytes."""


class Lazy(UserContext):
    """Blocks that are fetched when littlefs first asks for them; nothing is ever written.

    littlefs-python drops an error of ``fetch`` and goes on with rubbish: `check` raises it afterwards.
    """

    def __init__(self, fetch: Read) -> None:
        super().__init__(0)
        self._fetch = fetch
        self._failure: Exception | None = None
        self.blocks: dict[int, bytes] = {}

    def read(self, cfg: "LFSConfig", block: int, off: int, size: int) -> bytearray:  # noqa: ARG002
        """Part of a block, as littlefs asks for it."""
        return bytearray(self.block(block)[off : off + size])

    def block(self, number: int) -> bytes:
        """Bytes of a block; zeros after a failure."""
        if number not in self.blocks:
            try:
                self.blocks[number] = self._fetch(number * SECTOR, SECTOR)
            except Exception as error:  # noqa: BLE001 - whatever it is, `check` raises it
                self._failure = self._failure or error
                return bytes(SECTOR)
        return self.blocks[number]

    def check(self) -> None:
        """Raise what kept a block from being fetched, if anything did."""
        if self._failure is not None:
            raise self._failure


def make(files: Mapping[str, bytes], size: int) -> bytes:
    """Littlefs of ``size`` bytes with these files, by their path; ImageError if they do not fit."""
    filesystem = LittleFS(context=UserContext(size), mount=False, **geometry(size))
    filesystem.format()
    filesystem.mount()
    try:
        for path, content in sorted(files.items()):
            filesystem.makedirs(PurePosixPath(path).parent.as_posix(), exist_ok=True)
            with filesystem.open(path, "wb") as file:
                file.write(content)
        filesystem.unmount()
    except (LittleFSError, OSError) as error:
        total = sum(map(len, files.values()))
        raise ImageError(
            f"{len(files)} files of {total} bytes do not fit into a filesystem of {size} ({error}): "
            "leave some out, or build for a larger --flash-size"
        ) from error
    return bytes(filesystem.context.buffer)


def in_use(image: bytes) -> Iterator[tuple[int, bytes]]:
    """Yield the runs of blocks that a board ever looks at, as (offset, bytes).

    They are those that littlefs asks for when all is read: blank ones among them too, for the older
    half of a metadata pair must not be what another filesystem left there.
    """
    asked = Lazy(lambda offset, length: image[offset : offset + length])
    _read_all(LittleFS(context=asked, mount=False, **geometry(len(image))))
    blocks = sorted(asked.blocks)
    starts = [b for b in blocks if b - 1 not in asked.blocks]
    ends = [b + 1 for b in blocks if b + 1 not in asked.blocks]
    for start, end in zip(starts, ends, strict=True):
        yield start * SECTOR, image[start * SECTOR : end * SECTOR]


def _read_all(filesystem: LittleFS) -> None:
    filesystem.mount()
    for folder, _, names_in in filesystem.walk("/"):
        for name in names_in:
            with filesystem.open(f"{folder}/{name}", "rb") as file:
                file.read()


def mounts(blocks: Lazy, size: int) -> bool:
    """Say whether littlefs takes them for a filesystem of ``size`` bytes."""
    filesystem = LittleFS(context=blocks, mount=False, **geometry(size))
    try:
        filesystem.mount()
    except LittleFSError:
        return False
    return True


def names(read: Read, size: int, folder: str) -> list[str] | None:
    """Names in a folder of a littlefs of ``size`` bytes; empty without the folder, None if unreadable.

    Raises what ``read`` raises.
    """
    context = Lazy(read)
    found = _names(LittleFS(context=context, mount=False, **geometry(size)), folder)
    context.check()
    return found


def _names(filesystem: LittleFS, folder: str) -> list[str] | None:
    try:
        filesystem.mount()
        return sorted(filesystem.listdir(folder))
    except LittleFSError as error:
        return [] if error.code == LittleFSError.Error.LFS_ERR_NOENT else None
    except OSError:  # what littlefs-python makes of some codes
        return None


def geometry(size: int) -> dict[str, Any]:
    """Return how MicroPython mounts a partition of ``size`` bytes, as arguments of `LittleFS`."""
    return {
        "block_size": SECTOR, "block_count": size // SECTOR, "read_size": _IO_BYTES,
        "prog_size": _IO_BYTES, "lookahead_size": _IO_BYTES, "cache_size": 4 * _IO_BYTES,
        "block_cycles": 100,
    }  # fmt: skip
