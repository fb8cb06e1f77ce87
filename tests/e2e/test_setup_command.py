"""`sealmote setup`: a bare board, flashed, made somebody's, and its first reading verified."""

import json
import os
import re
import socket
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from base_images import base_image
from certificates import Authority, over_tls
from commands import SEALMOTE, run_sealmote, running
from plugged import time_served
from sealmote.board.chips import chip
from sealmote.proof import proof_file
from sealmote.proof.verify import verify
from sealmote.sim import Board, Network, Sensor
from sealmote.sim.hardware import Chip
from sealmote.sim.virtual import VirtualBoard
from sealwire.keys import PublicKey
from sealwire.registration import open_terms

OWNER = "70997970c51812dc3a010c7d01b50e0d17dc79c8"
PASSWORD = "correct horse 7c1f"
# Where a BME280 is soldered, and how the pins are named; without a word they are the chip's usual ones.
PINS: dict[str, tuple[list[str], list[Sensor] | None]] = {
    "esp32": ([], None),
    "esp32s3": (["--board", "xiao-esp32s3"], [Sensor(sda=5, scl=6)]),
    "esp32c3": ([], None),
}


@dataclass(frozen=True)
class Place:
    """A gateway with its chain, and where the time is served."""

    gateway: Path
    url: str
    rpc: str
    ntp_port: int


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    gateway = tmp_path_factory.mktemp("place") / "gw"
    assert run_sealmote("gateway", "create", gateway, "--origin", "example.org/g").returncode == 0
    settings = gateway / "gateway.toml"
    hasty = re.sub(r"(checkpoint|anchor)_period_s = \d+", r"\1_period_s = 1", settings.read_text())
    settings.write_text(hasty)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        rpc_port = probe.getsockname()[1]
    serve = ("gateway", "run", gateway, "--chain", "embedded", "--port", 0, "--rpc-port", rpc_port)
    with time_served() as ntp_port, running(*serve, until=r"example.org/g at (\S+);") as url:
        yield Place(gateway, url, f"http://127.0.0.1:{rpc_port}", ntp_port)


@pytest.mark.parametrize("name", ["esp32", "esp32s3", "esp32c3"])
def test_from_a_bare_board_to_a_verified_reading(name: Chip, place: Place, tmp_path: Path) -> None:
    named, sensors = PINS[name]
    (tmp_path / "base.bin").write_bytes(base_image(chip(name)))
    wishes = {
        "ntp": {"host": "127.0.0.1", "port": place.ntp_port},
        "sample": {"period_s": 1, "sensors": ["bme280"]},
        "upload": {"period_s": 1},
    }
    (tmp_path / "wishes.json").write_text(json.dumps(wishes))
    (tmp_path / "wishes.json").chmod(0o600)
    board = Board.create(
        tmp_path / "board", chip=name, wifi=[Network("home", PASSWORD)],
        sensors=sensors,
    )  # fmt: skip
    authority = Authority(tmp_path, "ca")
    behind = int(place.url.rpartition(":")[2])
    command = [
        SEALMOTE, "setup", place.gateway, "--base", "base.bin", "--yes",
        "--file", "wishes.json", "--wifi", "home", *named, "--json",
        "--owner", f"0x{OWNER}", "--rpc", place.rpc, "--dev-account",
        "--deployment", place.gateway / "deployment.json",
    ]  # fmt: skip
    with VirtualBoard(board) as virtual, over_tls(authority.server(), behind) as tls_port:
        by_tls = ["--url", f"https://localhost:{tls_port}", "--ca", authority.file]
        command += by_tls if name == "esp32s3" else ["--url", place.url]
        done = subprocess.run(
            [*map(str, command), "--port", virtual.port], cwd=tmp_path, capture_output=True,
            text=True, timeout=150, check=False, env={**os.environ, "SEALMOTE_WIFI_PASSWORD": PASSWORD},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        serial = "\n".join(board.serial.history)
    told = json.loads(done.stdout)
    proof = proof_file.from_dict(told["proof"])
    assert verify(proof).sound
    key = PublicKey.parse(proof.device_key)
    assert key.thumbprint().hex() == told["device"]
    assert proof.registration is not None
    assert open_terms(proof.registration, key).owner.hex() == OWNER
    assert open_terms(proof.registration, key).chain_id != 0
    journal = (tmp_path / "sealmote-flash-journal.jsonl").read_text()
    assert board.mac.hex() in journal
    for where in (done.stdout, done.stderr, serial, journal):
        assert PASSWORD not in where


def test_a_sensor_that_gives_nothing_is_told_at_the_end(place: Place, tmp_path: Path) -> None:
    (tmp_path / "base.bin").write_bytes(base_image(chip("esp32")))
    wishes = {
        "wifi": {"ssid": "home", "password": PASSWORD},
        "ntp": {"host": "127.0.0.1", "port": place.ntp_port},
        "sample": {"period_s": 1, "sensors": ["bme280", "chip"]},
        "upload": {"period_s": 1},
    }
    (tmp_path / "wishes.json").write_text(json.dumps(wishes))
    (tmp_path / "wishes.json").chmod(0o600)
    wired = [Sensor(sda=4, scl=5)]  # and not where a generic board has it
    board = Board.create(tmp_path / "board", wifi=[Network("home", PASSWORD)], sensors=wired)
    command = [
        SEALMOTE, "setup", place.gateway, "--url", place.url, "--base", "base.bin", "--yes",
        "--file", "wishes.json",
    ]  # fmt: skip
    with VirtualBoard(board) as virtual:
        done = subprocess.run(
            [*map(str, command), "--port", virtual.port], cwd=tmp_path, capture_output=True,
            text=True, timeout=150, check=False,
        )  # fmt: skip
    assert done.returncode == 1
    assert "its first reading, leaf" in done.stdout
    end = done.stderr.strip().splitlines()[-1]
    assert "error: the board is set up, and a sensor gives no values (bme280: " in end
    assert "the board warns: sensors: bme280: " in done.stderr


def test_without_a_running_gateway_nothing_is_touched(tmp_path: Path) -> None:
    made = run_sealmote("gateway", "create", tmp_path / "gw", "--origin", "example.org/g")
    assert made.returncode == 0
    done = run_sealmote(
        "setup", tmp_path / "gw", "--url", "http://127.0.0.1:9", "--port", tmp_path / "tty"
    )
    assert done.returncode == 1
    assert "sealmote gateway run" in done.stderr
