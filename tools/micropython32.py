"""Builds a MicroPython Unix port whose objects have an ESP32's size, to measure heap with.

    git clone --branch v1.29.0 https://github.com/micropython/micropython
    git -C micropython submodule update --init lib/mbedtls lib/micropython-lib
    python tools/micropython32.py micropython -o build-32
    python tools/footprint.py --micropython build-32/micropython --json

32 bits, small floats and the ESP32 port's object representation; TLS by mbedTLS, as there. With --frozen
the firmware is in it, by firmware/manifest.py. Needs make and a gcc with -m32 (Debian: gcc-multilib).
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MANIFEST = ROOT / "firmware" / "manifest.py"

# What the ESP32 port freezes as well, and the simulator or the firmware needs.
_FROZEN = 'include("$(MPY_DIR)/extmod/asyncio")\nrequire("ssl")\n'
_CFLAGS = "-m32 -DMICROPY_FLOAT_IMPL=MICROPY_FLOAT_IMPL_FLOAT"
# Libraries that a 32-bit build would need on this machine, and no firmware does.
_WITHOUT = ("MICROPY_PY_FFI=0", "MICROPY_PY_BTREE=0")


def build(checkout: Path, target: Path, *, frozen: bool = False) -> Path:
    """Return the interpreter, built in the folder ``target``. Raises CalledProcessError."""
    target.mkdir(parents=True, exist_ok=True)
    manifest = target / "manifest.py"
    firmware = f'include("{MANIFEST}")\n' if frozen else ""
    manifest.write_text(_FROZEN + firmware, encoding="utf-8")
    jobs = f"-j{os.cpu_count()}"
    subprocess.run(["make", "-C", checkout / "mpy-cross", jobs], check=True)
    settings = (
        f"BUILD={target.resolve()}",
        f"FROZEN_MANIFEST={manifest.resolve()}",
        f"CFLAGS_EXTRA={_CFLAGS}",
        "LDFLAGS_EXTRA=-m32",
        "MPY_CROSS_FLAGS=-march=x86",  # for the signer, which is native code
        *_WITHOUT,
    )
    subprocess.run(["make", "-C", checkout / "ports" / "unix", jobs, *settings], check=True)
    return target / "micropython"


def main() -> int:
    """Build, and print where the interpreter lies."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("checkout", type=Path, help="MicroPython's source, of the board's release")
    parser.add_argument("-o", "--output", type=Path, required=True, help="folder to build in")
    parser.add_argument("--frozen", action="store_true", help="put the firmware into it")
    options = parser.parse_args()
    print(build(options.checkout, options.output, frozen=options.frozen))
    return 0


if __name__ == "__main__":
    sys.exit(main())
