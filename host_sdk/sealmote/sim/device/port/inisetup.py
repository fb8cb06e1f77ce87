"""Make a filesystem where none mounts, or stop if there is one, as the port does."""

import vfs
from flashbdev import bdev


def check_bootsec() -> bool:
    """Return True if the first block is erased; else something is there, and boot ends here."""
    block = bytearray(bdev.ioctl(5, 0))
    bdev.readblocks(0, block)
    if block == b"\xff" * len(block):
        return True
    fs_corrupted()
    return False


def fs_corrupted() -> None:
    """Say so for ever, every three seconds."""
    import time  # as late as on the board

    while True:
        print("The filesystem appears to be corrupted: take a flash snapshot or erase the flash.")
        time.sleep(3)


def setup() -> None:
    """Make a littlefs with a boot.py of nothing but a comment, and mount it."""
    check_bootsec()
    print("Performing initial setup")
    vfs.VfsLfs2.mkfs(bdev)
    vfs.mount(vfs.VfsLfs2(bdev), "/")  # type: ignore[abstract]  # a fault of the stub
    with open("boot.py", "w") as file:
        file.write("# This file runs on every boot, a wake from deep sleep included.\n")
