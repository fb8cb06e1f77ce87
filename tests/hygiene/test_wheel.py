"""The wheel holds all that an installation needs, the firmware and the contracts too."""

import zipfile
from pathlib import Path

import pytest


@pytest.fixture(scope="module")
def names(wheel: Path) -> set[str]:
    """What is in it."""
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
        "sealmote/chain/evm/contracts/artifacts/log_anchor.json",
    ],
)
def test_the_wheel_holds(names: set[str], name: str) -> None:
    assert name in names


def test_the_wheel_holds_each_file_once(names: set[str]) -> None:
    assert not [name for name in names if name.startswith("sealmote/_firmware/sealwire")]
