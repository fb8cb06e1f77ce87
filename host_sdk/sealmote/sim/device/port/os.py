"""`os` as the ESP32 port has it: without the host's environment and shell."""

from collections import namedtuple

import uos
from _sim import chip, seeded_random
from uos import (
    chdir,
    getcwd,
    ilistdir,
    listdir,
    mkdir,
    mount,
    remove,
    rename,
    rmdir,
    stat,
    statvfs,
    umount,
    unlink,
)
from vfs import VfsLfs2

__all__ = (
    "VfsLfs2",
    "chdir",
    "getcwd",
    "ilistdir",
    "listdir",
    "mkdir",
    "mount",
    "remove",
    "rename",
    "rmdir",
    "stat",
    "statvfs",
    "sync",
    "umount",
    "uname",
    "unlink",
    "urandom",
)

_Uname = namedtuple(  # noqa: PYI024 - MicroPython has no other
    "_Uname", ("sysname", "nodename", "release", "version", "machine")
)


def uname() -> _Uname:
    """(sysname, nodename, release, version, machine) of the chip that is played."""
    return _Uname("esp32", "esp32", chip.RELEASE, chip.VERSION, chip.MACHINE)


def urandom(count: int) -> bytes:
    """Random bytes, of the host's; on a board with a seed they follow from it."""
    return seeded_random.octets(count) if seeded_random.SEEDED else uos.urandom(count)


def sync() -> None:
    """Flush every filesystem; littlefs is as durable as its last close, as on the chip."""
