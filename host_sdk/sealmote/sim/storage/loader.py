"""The loader's filesystem, as bytes of the partition `vfs`."""

from functools import cache

from sealmote.board.images import filesystem as littlefs
from sealmote.sim.storage import compiling, firmware, partitions


@cache
def filesystem(architecture: str | None = None, *, compiled: bool = False) -> bytes:
    """Return it; compiled as an image has it, for an interpreter of that architecture."""
    files = firmware.loader()
    if compiled:
        files = compiling.compiled(files, architecture)
    return littlefs.make(files, partitions.partition("vfs").size)
