"""The .mpy builds: what this machine runs signs the same bytes, the others say why they do not."""

import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from tools import build_mpy
from tools.gen_signer import DEFAULT_TABLE
from tools.signer.table import SHAPES

from sealmote.sim.runtime import interpreter
from sealwire import ecdsa, points
from sealwire.keys import ES256, ES256K, curve_of

Build = Callable[[str, int], Path]
AskIn = Callable[[list[str], Path], list[str]]
SECRET, DIGEST = "11" * 32, "22" * 32

# A block of heap that the field machine of either curve fits into while it loads, in one piece.
LARGEST_MODULE = {"xtensawin": 22_000, "rv32imc": 20_000, "x64": 30_000, "x86": 24_000}


@pytest.fixture(scope="session")
def build(tmp_path_factory: pytest.TempPathFactory) -> Build:
    """Build the firmware for an architecture, once."""
    built: dict[tuple[str, int], Path] = {}

    def of(architecture: str, size: int) -> Path:
        if (architecture, size) not in built:
            folder = tmp_path_factory.mktemp(f"{architecture}-{size}")
            build_mpy.build(architecture, folder, size)
            built[architecture, size] = folder
        return built[architecture, size]

    return of


@pytest.mark.parametrize("size", sorted(SHAPES))
def test_every_table_size_signs_and_verifies_alike(
    size: int, build: Build, ask_in: AskIn, micropython: list[str]
) -> None:
    here = interpreter.architecture(micropython)
    if here is None:
        pytest.skip("this MicroPython runs no native code: name another in SEALMOTE_MICROPYTHON")
    folder = build(here, size)
    assert not list(folder.rglob("*.py"))
    for alg in (ES256, ES256K):
        curve = curve_of(alg)
        x, y = points.affine(curve, points.multiply(curve, int(SECRET, 16), curve.g))
        signature = ecdsa.sign(curve, int(SECRET, 16), bytes.fromhex(DIGEST)).hex()
        wrong = signature[:-2] + f"{int(signature[-2:], 16) ^ 1:02x}"
        key = f"{x:064x} {y:064x}"
        answers = ask_in(
            [
                f"sign {alg} {SECRET} {DIGEST}",
                f"public {alg} {SECRET}",
                f"public {alg} {1:064x}",
                f"verify {alg} {key} {DIGEST} {signature}",
                f"verify {alg} {key} {DIGEST} {wrong}",
            ],
            folder,
        )
        one = f"{curve.g[0]:064x} {curve.g[1]:064x} 1"
        assert answers == [signature, f"{key} 1", one, "yes", "no"]


@pytest.mark.parametrize("architecture", build_mpy.ARCHITECTURES)
def test_native_modules_stay_small(architecture: str, build: Build) -> None:
    folder = build(architecture, DEFAULT_TABLE) / "sealwire" / "fast"
    largest = max(path.stat().st_size for path in folder.glob("*.mpy"))
    assert largest <= LARGEST_MODULE[architecture]


LOAD = """
import os
from sealwire import ecdsa, curves, fast
try:
    fast.load(%d, os.urandom)
    print("loaded")
except ImportError as error:
    print(error)
print(ecdsa.sign(curves.P256, 17, bytes(32)).hex())
"""


@pytest.mark.parametrize("architecture", ["xtensawin", "rv32imc"])
@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_where_native_code_does_not_load_plain_python_does(
    architecture: str, alg: int, build: Build, micropython: list[str], tmp_path: Path
) -> None:
    script = tmp_path / "load.py"
    script.write_text(LOAD % alg)
    done = subprocess.run(
        [*micropython, str(script)],
        env={**os.environ, "MICROPYPATH": str(build(architecture, DEFAULT_TABLE))},
        capture_output=True,
        check=True,
        text=True,
    )
    cause, signature = done.stdout.splitlines()
    assert cause.startswith("no native code for this port (")
    assert cause.endswith("use sealwire.ecdsa")
    assert signature == ecdsa.sign(curve_of(ES256), 17, bytes(32)).hex()
