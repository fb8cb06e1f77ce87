"""Back up flash regions as Intel HEX, readable by the owner only.

Identity and filesystem are in it, so it can be flashed like any image, and holds the private key.
"""

import os
import time
from pathlib import Path

from sealmote.board.errors import BoardError
from sealmote.board.images import formats
from sealmote.board.images.image import Image, Region


def save(folder: Path, mac: str, regions: tuple[Region, ...]) -> Path:
    """Write a new file that only its owner can read; durable on return. Raises BoardError."""
    stamp = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime())
    path = folder / f"sealmote-{mac}-{stamp}.hex"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(formats.to_hex(Image(None, regions)))
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise BoardError(
            f"cannot keep a backup in {folder} ({error.strerror}), so nothing was written: name "
            "another folder with --backups"
        ) from error
    return path
