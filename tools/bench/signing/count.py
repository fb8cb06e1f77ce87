"""Counts the instructions of single signatures with valgrind's callgrind.

The script on MicroPython calls gc.isenabled() before and after each signature; callgrind writes down
what it counted whenever that C function is entered. Every second interval is one signature: the
Python and native code of the call and nothing else.
"""

import re
import shutil
import subprocess
import tempfile
from pathlib import Path

BOARD = Path(__file__).resolve().parent / "board.py"
_SUMMARY = re.compile(r"^summary: (\d+)$", re.MULTILINE)


def available() -> bool:
    """Say whether valgrind is there (Debian's package of that name)."""
    return shutil.which("valgrind") is not None


def signatures(
    interpreter: list[str], environment: dict[str, str], alg: int, keys: int, who: str
) -> list[int]:
    """Return the instructions of one signature each by as many random keys; who is "us" or "peer"."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "counts"
        valgrind = [
            "nice",
            "-n",
            "10",
            "valgrind",
            "--tool=callgrind",
            "--dump-before=gc_isenabled",
        ]
        command = [*valgrind, f"--callgrind-out-file={out}", *interpreter, str(BOARD)]
        done = subprocess.run(
            [*command, "count", str(alg), str(keys), who],
            env=environment,
            capture_output=True,
            check=False,
            text=True,
        )
        if done.returncode:
            raise RuntimeError(f"callgrind: {done.stderr[-1000:]}")
        return [_count(Path(f"{out}.{2 * i + 2}")) for i in range(keys)]


def spread(counts: list[int]) -> float:
    """Return the largest count over the smallest, less one."""
    return max(counts) / min(counts) - 1


def _count(path: Path) -> int:
    found = _SUMMARY.search(path.read_text(encoding="utf-8", errors="replace"))
    if found is None:
        raise RuntimeError(f"{path.name}: no summary in callgrind's file")
    return int(found.group(1))
