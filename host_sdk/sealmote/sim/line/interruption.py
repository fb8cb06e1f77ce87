"""Wait until an interpreter can be interrupted as a chip can: while it waits for something.

The Unix port raises KeyboardInterrupt inside the signal's handler, wherever that finds it, and in the
middle of a garbage collection the heap stays locked for good. An ESP32 raises between two bytecodes.
"""

import time
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_LOOK_S: Final = 0.001
_WAITING: Final = "S"  # proc_pid_stat(5), "state": sleeping in an interruptible wait


def wait_until_interruptible(pid: int, patience_s: float) -> bool:
    """Return when a process waits for something; False if it did not, or nobody can tell."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        try:
            state = (_PROC / str(pid) / "stat").read_text(encoding="ascii").rpartition(") ")[2][:1]
        except (OSError, ValueError):  # ended, or a system without /proc
            return False
        if state == _WAITING:
            return True
        time.sleep(_LOOK_S)
    return False
