"""Looking at a board that runs changes nothing: no reset, no boot number; and what does reset says so."""

import json
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from base_images import base_image
from commands import SEALMOTE
from out_of_reach import CONFIG
from patience import PATIENCE_S
from sealmote.board.chips import chip
from sealmote.board.images import base_image as base_images
from sealmote.board.images import image
from sealmote.board.images.artifacts import Written, write
from sealmote.sim import Board
from sealmote.sim.storage import firmware
from sealmote.sim.virtual import VirtualBoard

BOOT = r" app: sealmote \S+ boot=(\d+) "


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    known = chip("esp32c3")
    base = base_images.parse(base_image(known), known)
    built = image.build(base, firmware.files(), firmware.loader())
    return write(built, tmp_path_factory.mktemp("image") / "esp32c3.hex")


@pytest.fixture(scope="module")
def plugged(tmp_path_factory: pytest.TempPathFactory, written: Written) -> Iterator[VirtualBoard]:
    """A board that runs the firmware, configured, out of everybody's reach."""
    board = Board.create(tmp_path_factory.mktemp("plugged") / "b", chip="esp32c3", bare=True)
    from sealmote.board.images import formats

    with board.flash_path.open("r+b") as file:
        for region in formats.read(written.hex)[0].regions:
            file.seek(region.address)
            file.write(region.data)
    board.write_file("/data/config.json", json.dumps(CONFIG).encode())
    with VirtualBoard(board) as virtual:
        heard(virtual, r" app: sealed 1/- ")
        yield virtual


def heard(board: VirtualBoard, until: str, since: int = 0) -> list[str]:
    end = time.monotonic() + PATIENCE_S
    while not any(re.search(until, line) for line in board.board.serial.history[since:]):
        assert time.monotonic() < end, board.board.serial.history
        time.sleep(0.05)
    return board.board.serial.history[since:]


def boots(board: VirtualBoard) -> list[str]:
    return re.findall(BOOT, "\n".join(board.board.serial.history))


def run(
    folder: Path, board: VirtualBoard, *arguments: object
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(SEALMOTE), *map(str, arguments), "--port", board.port], cwd=folder, capture_output=True,
        text=True, timeout=2 * PATIENCE_S, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def untouched(board: VirtualBoard, before: list[str]) -> None:
    """It goes on with its readings in the boot that it was in."""
    since = len(board.board.serial.history)
    heard(board, r" app: sealed \d+/- ", since)
    assert boots(board) == before


def test_boards_asks_a_running_board_while_it_works(plugged: VirtualBoard, tmp_path: Path) -> None:
    before = boots(plugged)
    done = run(tmp_path, plugged, "boards", "--json")
    assert done.returncode == 0, done.stderr
    (found,) = json.loads(done.stdout)
    assert found["runs"].startswith("Sealmote 0.")
    assert (found["chip"], found["flash_size"]) == ("esp32c3", 4 << 20)
    assert found["mac"] == plugged.board.mac.hex()
    assert len(found["key"]) == 64
    shown = run(tmp_path, plugged, "boards").stdout
    assert f"{found['key'][:16]}…" in shown  # one piece, as other commands take it
    untouched(plugged, before)


def test_a_plan_leaves_a_running_board_alone(
    plugged: VirtualBoard, written: Written, tmp_path: Path
) -> None:
    before = boots(plugged)
    done = run(tmp_path, plugged, "flash", written.hex, "--plan", "--json")
    assert done.returncode == 0, done.stderr
    (step,) = json.loads(done.stdout)
    assert step["action"] == "look"
    assert f"boot {before[-1]}" in step["why"]
    assert "--plan --yes resets it" in step["why"]
    assert step["mac"] == plugged.board.mac.hex()
    untouched(plugged, before)


def test_recover_asks_before_it_resets_a_running_board(
    plugged: VirtualBoard, tmp_path: Path
) -> None:
    before = boots(plugged)
    done = run(tmp_path, plugged, "recover", "--plan")
    assert done.returncode == 1
    assert "reading its files resets it" in done.stderr
    assert "say --yes, with --plan to write nothing" in done.stderr
    untouched(plugged, before)


def test_the_doctor_hears_a_running_board_on_a_pty(plugged: VirtualBoard, tmp_path: Path) -> None:
    before = boots(plugged)
    done = run(tmp_path, plugged, "doctor", "--json", "--seconds", 1)
    finding: dict[str, Any] = json.loads(done.stdout)[-1]
    assert (finding["what"], finding["present"]) == ("board", True)
    assert f"boot {before[-1]}; its newest warning: W " in finding["words"]
    assert "far away" in finding["words"] or "no time yet" in finding["words"]
    untouched(plugged, before)


def test_who_agrees_to_a_reset_gets_the_whole_plan(
    plugged: VirtualBoard, written: Written, tmp_path: Path
) -> None:
    done = run(tmp_path, plugged, "flash", written.hex, "--plan", "--yes", "--json")
    (step,) = json.loads(done.stdout)
    assert (done.returncode, step["action"]) == (0, "skip")


def test_the_doctor_starts_what_sits_at_its_prompt(plugged: VirtualBoard, tmp_path: Path) -> None:
    last_boot = max(
        at for at, line in enumerate(plugged.board.serial.history) if re.search(BOOT, line)
    )
    heard(plugged, " app: sealed ", last_boot)
    stop = [SEALMOTE.with_name("mpremote"), "connect", plugged.port, "resume", "exec", "1"]
    subprocess.run(list(map(str, stop)), check=True, capture_output=True, timeout=PATIENCE_S)
    done = run(tmp_path, plugged, "doctor", "--json", "--seconds", 5)
    finding = json.loads(done.stdout)[-1]
    assert finding["present"], finding
    assert finding["words"].startswith("it starts: ")
