"""The application on trial: its first acknowledgement confirms it; without one the board goes back."""

import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from mote.storage.trial import STARTS
from sealmote import flash_layout, trial_record
from sealmote.sim import Board, ForkServer, Network
from sealwire import ack, cose
from trials import put_on_trial, record

FIRMWARE = Path(__file__).parents[2] / "firmware"
A, B = flash_layout.SLOTS
NEW = ("mote/__init__.py", 'VERSION = "', 'VERSION = "new')
CONFIRMED = r" app: the firmware on trial is confirmed"
VERSIONS = r" app: sealmote (new)?\S+ boot="
Make = Callable[..., Board]


@pytest.fixture
def make_board(tmp_path: Path, board_config: dict[str, Any], fork_server: ForkServer) -> Make:
    """Make a board with another version, changed by ``edits``, on trial in vfs_b."""

    def make(*edits: tuple[str, str, str], **sections: Any) -> Board:
        home = [Network("home", "correct horse")]
        board = Board.create(tmp_path / "board", wifi=home, launcher=fork_server)
        sections = {"sample": {"period_s": 200, "sensors": ["chip"]}} | sections
        board.install(config=board_config | sections)
        source = tmp_path / "new"
        shutil.copytree(FIRMWARE, source)
        for path, old, new in (NEW, *edits):
            text = (source / path).read_text()
            assert old in text
            (source / path).write_text(text.replace(old, new))
        board.install(source, slot=B)
        put_on_trial(board)
        return board

    return make


def found(board: Board, pattern: str) -> list[str]:
    return re.findall(pattern, "\n".join(board.serial.history))


def complete(numbers: list[tuple[int, int]]) -> bool:
    """Say whether every boot's numbers have arrived from 0 on, once each."""
    boots = {boot for boot, _ in numbers}
    expected = [[n for b, n in sorted(numbers) if b == boot] for boot in boots]
    return all(found == list(range(len(found))) for found in expected)


def test_the_first_acknowledgement_confirms(make_board: Make, stub_gateway: Any, live: Any) -> None:
    board = make_board()
    live(board, 30)
    assert len(found(board, CONFIRMED)) == 1
    assert record(board) == trial_record.Trial(B, "none", 0)
    live(board, 30)
    assert found(board, VERSIONS) == ["new"] * 2
    assert record(board) == trial_record.Trial(B, "none", 0)
    assert complete(stub_gateway.numbers())


def test_no_acknowledgement_no_confirmation_and_the_readings_come_from_the_former(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    """An update whose uplink is broken: the board seals and keeps, and what it kept is sent later."""
    peek = "batch = self.outbox.peek"
    broken = ("mote/uplink/uplink.py", peek, "raise OSError('broken')\n            " + peek)
    board = make_board(broken)
    live(board, STARTS * 1200 + 120)
    assert found(board, VERSIONS) == ["new"] * STARTS + [""]
    assert not found(board, CONFIRMED)
    assert record(board) == trial_record.Trial(A, "failed", 0)
    boots = {boot for boot, _ in stub_gateway.numbers()}
    assert boots == set(range(1, STARTS + 2)), "readings of each boot on trial"
    assert complete(stub_gateway.numbers())


def test_a_board_that_sleeps_is_confirmed_in_a_later_wake(
    make_board: Make, stub_gateway: Any, live_until: Any
) -> None:
    board = make_board(power={"sleep": True, "send_every": 1})
    accept = stub_gateway.judge
    asked: list[bytes] = []

    def judge(item: bytes) -> Any:  # away for the first start
        asked.append(item)
        return accept(item) if len(asked) > 2 else ack.Outcome(cose.leaf_hash(item), ack.RETRY, 9)

    stub_gateway.judge = judge
    live_until(board, lambda: bool(found(board, CONFIRMED)))
    assert record(board) == trial_record.Trial(B, "none", 0)
    assert found(board, VERSIONS) == ["new"], "a wake is no boot, though it is a start"


def test_the_good_firmware_confirms_nothing(make_board: Make, live: Any) -> None:
    board = make_board()
    put_on_trial(board, 0)  # its last start is spent
    live(board, 30)
    assert found(board, VERSIONS) == [""]
    assert record(board) == trial_record.Trial(A, "failed", 0)
    assert not found(board, CONFIRMED)
