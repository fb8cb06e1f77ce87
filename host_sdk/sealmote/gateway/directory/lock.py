"""Lock of the one process that serves a directory; the system drops it when that process dies."""

import sys
from pathlib import Path
from typing import IO

from sealmote.gateway.errors import GatewayError

if sys.platform == "win32":
    import msvcrt

    def _take(file: IO[bytes]) -> None:
        msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _take(file: IO[bytes]) -> None:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)


class Lock:
    """Held from the moment it is made until `release`; GatewayError if another process has it."""

    def __init__(self, path: Path):
        try:
            self._file = path.open("ab")
        except OSError as error:
            raise GatewayError(
                f"{path} cannot be written ({error.strerror}): serve as the directory's owner"
            ) from error
        try:
            _take(self._file)
        except OSError as error:
            self._file.close()
            raise GatewayError(
                f"another process serves {path.parent}: stop it first, or use another directory"
            ) from error

    def release(self) -> None:
        """Let another process have it."""
        self._file.close()
