"""The block device of the board's filesystem, as the port's module of this name finds it."""

from esp32 import Partition

_found = Partition.find(Partition.TYPE_DATA, label="vfs")
bdev = _found[0] if _found else None
