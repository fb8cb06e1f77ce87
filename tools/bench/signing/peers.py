"""Makes the peers run on MicroPython: embit (PyPI) with what it lacks, the prototype if it is there."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[2]
EMBIT = "embit 0.8.0"

_HMAC = '''"""What embit uses of CPython's hmac, which MicroPython does not have."""

import hashlib


class new:
    def __init__(self, key, message, _digest):
        key = key + bytes(64 - len(key))
        self._outer = bytes([byte ^ 0x5C for byte in key])
        self._inner = hashlib.sha256(bytes([byte ^ 0x36 for byte in key]))
        self._inner.update(message)

    def digest(self):
        outer = hashlib.sha256(self._outer)
        outer.update(self._inner.digest())
        return outer.digest()
'''

_BIT_LENGTH = """

def _bit_length(value):
    count = 0
    while value >> count:
        count += 8
    while count and not value >> (count - 1):
        count -= 1
    return count
"""


class PeerMissingError(RuntimeError):
    """A peer that the bench cannot do without is not installed."""


def prepare(folder: Path) -> dict[str, str]:
    """Fill a folder for MicroPython's path; return the environment that goes with it."""
    _embit(folder)
    (folder / "machine.py").write_text('"""No board."""\n\n\nclass I2C:\n    pass\n')
    (folder / "textbook.py").write_text((HERE / "textbook.py").read_text(encoding="utf-8"))
    path = [str(folder), str(ROOT / "firmware")]
    found = {}
    if _prototype(folder):
        found["PROTOTYPE"] = str(folder)
    return {**os.environ, **found, "MICROPYPATH": os.pathsep.join(path)}


def _embit(folder: Path) -> None:
    """Copy embit's pure-Python signer; only int.bit_length has to be replaced in its text."""
    spec = importlib.util.find_spec("embit")
    if spec is None or spec.origin is None:
        raise PeerMissingError(f"{EMBIT} is not here to compare with: pip install embit==0.8.0")
    text = (Path(spec.origin).parent / "util" / "key.py").read_text(encoding="utf-8")
    text, replaced = re.subn(r"(\w+)\.bit_length\(\)", r"_bit_length(\1)", text)
    if not replaced:
        raise PeerMissingError(f"this is not {EMBIT}: its key.py has another text")
    (folder / "embit_key.py").write_text(text + _BIT_LENGTH, encoding="utf-8")
    (folder / "hmac.py").write_text(_HMAC, encoding="utf-8")


def _prototype(folder: Path) -> bool:
    """Generate the prototype's modules and tables, if its folder is beside the repository."""
    source = ROOT.parent / "shared" / "design" / "fast-sign"
    if not source.is_dir():
        return False
    for curve in ("p256", "k1"):
        _generate(folder / f"v_{curve}.py", source / "gen_field.py", curve)
        subprocess.run(
            [sys.executable, str(source / "make_table.py"), curve, "4", "6", "11"],
            cwd=folder,
            check=True,
        )
    _generate(folder / "v_inv.py", source / "gen_inverse.py")
    (folder / "signer.py").write_text((source / "signer.py").read_text(encoding="utf-8"))
    return True


def _generate(target: Path, script: Path, *arguments: str) -> None:
    done = subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, check=True, text=True
    )
    target.write_text(done.stdout, encoding="utf-8")
