"""Format, lint and types over everything, as `make check` and the tests' hygiene run it.

The firmware is typed against MicroPython's stubs, the host against CPython's, and the wire format,
which runs on both, against both.
"""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOST = ("host_sdk/sealmote", "firmware/sealwire", "tools")

CHECKS = (
    ("ruff", "format", "--check", "."),
    ("ruff", "check", "."),
    ("mypy", *HOST),
    ("mypy", "--config-file", "mypy-firmware.ini"),
    ("mypy", "--config-file", "mypy-device.ini"),
)


def main() -> int:
    """Run every check, all of them even after one failed; return how many did."""
    failed = 0
    for tool, *arguments in CHECKS:
        print("$", tool, *arguments, flush=True)
        command = [sys.executable, "-m", tool, *arguments]
        failed += subprocess.run(command, cwd=ROOT, check=False).returncode != 0
    return failed


if __name__ == "__main__":
    sys.exit(main())
