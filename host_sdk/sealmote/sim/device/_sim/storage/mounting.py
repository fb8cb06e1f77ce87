"""`vfs` as the firmware finds it: what it mounts at the root runs native substitutes."""

import vfs
from vfs import VfsLfs2, umount

from _sim import native_substitutes

__all__ = ("VfsLfs2", "mount", "umount")


def mount(filesystem: "vfs.VfsLfs2", path: str, **options: bool) -> None:
    """Mount a filesystem."""
    if path == "/":
        filesystem = native_substitutes.Filesystem(filesystem)  # type: ignore[assignment]  # one like it
    vfs.mount(filesystem, path, **options)
