"""`status` on a board's serial line, while it works; everything else there is ignored, but Ctrl-C."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from patience import PATIENCE_S
from sealmote.sim import Network
from sealwire.keys import PublicKey
from wired import WiredBoard

IDENTITY = "from mote.setup import provision; provision.identity()"


@pytest.fixture
def one(tmp_path: Path, board_config: dict[str, Any]) -> Iterator[WiredBoard]:
    board_config["sample"]["count"] = 0
    made = WiredBoard(tmp_path / "board", wifi=[Network("home", "correct horse")])
    made.board.install(config=board_config)
    yield made
    made.board.kill()


def test_status_is_answered_while_readings_go_on(one: WiredBoard) -> None:
    key = PublicKey.parse(bytes.fromhex(json.loads(one.board.exec(IDENTITY))["key"]))
    one.start()
    one.board.serial.wait_for("app: sealed 1/", timeout=PATIENCE_S)
    one.say(b"what?\n\xff\xfe\x00status of what\r\n" + b"x" * 300 + b"\nstatus\r\n")
    said = json.loads(one.board.serial.wait_for(r"^\{.*\}$", timeout=PATIENCE_S)[0])
    assert said["key"] == key.thumbprint().hex()
    assert (said["boot"], said["version"]) == (1, "0.1.0")
    assert said["sequence"] >= 2
    assert said["heap"] > 10_000
    assert set(said) == {
        "version", "boot", "sequence", "key", "kept", "time", "uptime", "heap", "last",
        "joins", "failures", "micropython", "chip", "mac", "flash",
    }  # fmt: skip
    one.board.serial.wait_for("app: sealed 3/", timeout=PATIENCE_S)
    assert sum(line.startswith("{") for line in one.board.serial.history) == 1


def test_the_newest_fault_is_told(one: WiredBoard) -> None:
    one.board.write_file(
        "/data/config.json",
        one.board.read_file("/data/config.json").replace(b"correct horse", b"wrong horse"),
    )
    one.start()
    one.board.serial.wait_for("wifi: home: the password is wrong", timeout=PATIENCE_S)
    one.say(b"status\n")
    line = one.board.serial.wait_for(r"^\{.*\}$", timeout=PATIENCE_S)[0]
    assert "wifi: home: the password is wrong" in json.loads(line)["last"]
    assert "wrong horse" not in line


def test_ctrl_c_still_interrupts(one: WiredBoard) -> None:
    one.start()
    one.board.serial.wait_for("uplink: acknowledged", timeout=PATIENCE_S)
    one.say(b"sta\x03")
    one.board.serial.wait_for("KeyboardInterrupt", timeout=PATIENCE_S)
    assert not one.board.wait_idle(5)
