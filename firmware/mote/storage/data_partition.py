"""The data partition: a filesystem at /data for configuration and outbox, kept while firmware is replaced.

A blank partition is formatted, once. A format writes the first two blocks only, littlefs's
superblock pair, and whatever is kept later takes others. So a partition that does not mount and
is blank beyond those two is one whose format was cut short: it is formatted again. Any other that
does not mount may hold readings that nobody else has, and is left as it is.
"""

import vfs

from mote.errors import DataError
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from esp32 import Partition

PATH = "/data"
_BLOCK = const(4096)
_PIECE = const(512)
_COUNT = const(4)  # ioctl of the block protocol: how many blocks


def mount() -> None:
    """Mount the partition `data`. Raises `DataError` where there is none, or none that is sound."""
    from esp32 import Partition  # here: the rest of this module runs on any block device

    found = Partition.find(Partition.TYPE_DATA, label="data")
    if not found:
        raise DataError("no partition named data: flash the board with Sealmote's partition table")
    mount_device(found[0])


def mount_device(device: "Partition") -> None:
    """Mount what lies on a block device, formatted first if it never held anything."""
    try:
        filesystem = vfs.VfsLfs2(device)  # type: ignore[abstract]  # a fault of the stub
    except OSError as error:
        if not _is_unused(device):
            raise DataError(
                "the filesystem in the partition data is damaged (%s) and left as it is: run"
                " `sealmote recover` on the computer that the board is plugged into" % error
            )
        vfs.VfsLfs2.mkfs(device)
        filesystem = vfs.VfsLfs2(device)  # type: ignore[abstract]  # a fault of the stub
    vfs.mount(filesystem, PATH)


def _is_unused(device: "Partition") -> bool:
    """Say whether nothing beyond the superblock pair was ever written."""
    piece, blank = bytearray(_PIECE), b"\xff" * _PIECE
    count = device.ioctl(_COUNT, 0)
    assert count is not None
    for block in range(2, count):
        for offset in range(0, _BLOCK, _PIECE):
            device.readblocks(block, piece, offset)
            if piece != blank:
                return False
    return True
