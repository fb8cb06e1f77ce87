"""A running gateway asks a running board how it is, and shows what it said."""

import json
import time
from pathlib import Path
from typing import Any

from commands import Sealmote, running
from patience import PATIENCE_S

OWNER = "0x70997970c51812dc3a010c7d01b50e0d17dc79c8"


def test_ask_and_read_the_answer(tmp_path: Path, sealmote: Sealmote) -> None:
    gateway, board = tmp_path / "gw", tmp_path / "board-1"
    assert sealmote("gateway", "create", gateway, "--origin", "example.org/garden").returncode == 0
    with running("gateway", "run", gateway, "--port", 0, until=r"garden at (\S+);") as url:
        ended = sealmote("sim", "create", board, "--gateway", url, "--period", 1)
        assert ended.returncode == 0, ended.stderr
        added = sealmote("device", "add", gateway, "--sim", board, "--owner", OWNER, "--json")
        assert added.returncode == 0, added.stderr
        device = json.loads(added.stdout)["device"]
        with running("sim", "run", board, until=r"uplink: (acknowledged) "):
            asked = sealmote("gateway", "challenge", gateway, device, "--json")
            assert asked.returncode == 0, asked.stderr
            answer = answer_of(sealmote, gateway, device)
    assert answer["nonce"] == json.loads(asked.stdout)["nonce"]
    assert answer["boot"] == 1
    assert answer["counters"]["least_free_heap"] > 10_000
    assert answer["counters"]["wifi_joins"] == 1
    shown = sealmote("device", "show", gateway, device).stdout
    assert answer["nonce"] in shown
    assert "answered" in shown


def answer_of(sealmote: Sealmote, gateway: Path, device: str) -> Any:
    deadline = time.monotonic() + PATIENCE_S
    while True:
        known = json.loads(sealmote("device", "show", gateway, device, "--json").stdout)
        if answer := known["challenges"][0]["answer"]:
            return answer
        assert time.monotonic() < deadline, known
        time.sleep(0.5)
