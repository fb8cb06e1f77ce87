"""The wheel holds all that an installation needs, the firmware and the contracts too."""

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def names(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    """What is in a wheel built from the files that git knows."""
    source = tmp_path_factory.mktemp("source")
    subprocess.run(
        f"git -C {ROOT} ls-files -z | tar -C {ROOT} --null -T - -c | tar -C {source} -x",
        shell=True,
        check=True,
    )
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(source / "dist"), str(source)], check=True)
    (wheel,) = (source / "dist").glob("*.whl")
    return set(zipfile.ZipFile(wheel).namelist())


@pytest.mark.parametrize(
    "name",
    [
        "sealwire/cose.py",
        "sealmote/cli/app.py",
        "sealmote/_firmware/main.py",
        "sealmote/_firmware/mote/app.py",
        "sealmote/sim/device/start.py",
        "sealmote/sim/device/port/machine.py",
        "sealmote/sim/data/greensboro_april.csv",
        "sealmote/chain/artifacts/log_anchor.json",
    ],
)
def test_the_wheel_holds(names: set[str], name: str) -> None:
    assert name in names


def test_the_wheel_holds_each_file_once(names: set[str]) -> None:
    assert not [name for name in names if name.startswith("sealmote/_firmware/sealwire")]
