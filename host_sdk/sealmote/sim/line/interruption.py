"""Wait until an interpreter can be interrupted as a chip can: while it waits for something.

The Unix port raises KeyboardInterrupt inside the signal's handler, wherever that finds it, and in the
middle of a garbage collection the heap stays locked for good. An ESP32 raises between two bytecodes.
"""

import os
import time
from pathlib import Path
from typing import Final

_PROC: Final = Path("/proc")
_LOOK_S: Final = 0.001
_WAITING: Final = "S"  # proc_pid_stat(5), "state": sleeping in an interruptible wait
_USED: Final = slice(11, 13)  # "utime" and "stime", counted from "state"


def wait_until_interruptible(pid: int, patience_s: float) -> bool:
    """Return when a process waits for something; False if it did not, or nobody can tell."""
    end = time.monotonic() + patience_s
    while time.monotonic() < end:
        fields = _stat(pid)
        if fields is None:
            return False
        if fields[0] == _WAITING:
            return True
        time.sleep(_LOOK_S)
    return False


def computed_s(pid: int) -> float:
    """Return the seconds that a process has computed, however busy the machine is; 0 if nobody can tell."""
    fields = _stat(pid)
    return sum(map(int, fields[_USED])) / os.sysconf("SC_CLK_TCK") if fields else 0.0


def _stat(pid: int) -> list[str] | None:
    """Return what the system says of a process, from its state on; None if it ended, or without /proc."""
    try:
        return (_PROC / str(pid) / "stat").read_text(encoding="ascii").rpartition(") ")[2].split()
    except (OSError, ValueError):
        return None
