"""What a board counts and what it says of the boots before, in its signed statements."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sealmote.sim import Board, Fault, Network
from sealwire import ack, cose, message, statement

Make = Callable[..., Board]
HOME = Network("home", "correct horse")


@pytest.fixture
def make_board(tmp_path: Path, board_config: dict[str, Any]) -> Make:
    """Make a board with a sensor that is not there beside the chip's own."""

    def make(**sections: Any) -> Board:
        board = Board.create(tmp_path / "board", wifi=[HOME])
        sample = {"period_s": 10, "count": 0, "sensors": ["sht99", "chip"]}
        board.install(config=board_config | {"sample": sample} | sections)
        return board

    return make


def statements(gateway: Any) -> list[Any]:
    parsed = [message.parse(item) for item in gateway.messages]
    found = [one for one in parsed if isinstance(one.content, statement.Statement)]
    return sorted(found, key=lambda one: (one.header.boot, one.header.sequence))


def state_after(board: Board, seconds: int) -> None:
    """Let the board state anew after so many seconds in place of a day."""
    for path, old, new in (
        ("/mote/schedule.py", "STATE_AGAIN_S = const(86_400)", f"STATE_AGAIN_S = const({seconds})"),
        ("/mote/app.py", "_STATE_CHECK_MS = const(600_000)", "_STATE_CHECK_MS = const(1_000)"),
    ):
        text = board.read_file(path).decode()
        assert old in text
        board.write_file(path, text.replace(old, new).encode())


def test_the_first_statement_of_a_boot_has_counted_nothing_yet(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    live(make_board(), 20)
    free, *counted = statements(stub_gateway)[0].content.account.counters
    assert 10_000 < free < 10_000_000
    assert counted == [0, 1, 0, 0, 0]


def test_failures_joins_and_drops_are_counted(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    asked: list[bytes] = []

    def judge(item: bytes) -> ack.Outcome:
        asked.append(item)
        leaf = cose.leaf_hash(item)
        if len(asked) <= 2:
            return ack.Outcome(leaf, ack.RETRY, 9)
        if message.parse(item).header.sequence == 2:
            return ack.Outcome(leaf, ack.REFUSED, 5)
        return stub_gateway.accept(item)  # type: ignore[no-any-return]  # the fixture is Any

    stub_gateway.judge = judge
    board = make_board()
    state_after(board, 100)
    live(board, 130, Fault("wifi-lost", at=40, lasts=20))
    first, later = statements(stub_gateway)[:2]
    assert (first.header.sequence, later.header.boot) == (0, 1)
    free, failures, joins, sensors, dropped, bites = later.content.account.counters
    assert free <= first.content.account.counters[0]
    assert failures >= 1
    assert joins == 2
    assert 9 <= sensors <= 12, "once a reading"
    assert (dropped, bites) == (1, 0)
    ((*run, refusal),) = later.content.account.dropped
    assert run == [1, 2, 2, 5]
    assert refusal in stub_gateway.hashes


def test_the_watchdogs_resets_outlive_the_boot_and_end_with_the_power(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    board = make_board()
    live(board, 90, Fault("watchdog", at=30), Fault("watchdog", at=60))
    live(board, 20)
    by_boot = {one.header.boot: one.content.account for one in statements(stub_gateway)}
    assert [by_boot[boot].counters[5] for boot in (1, 2, 3, 4)] == [0, 1, 2, 0]
    assert statement.RESET_CAUSES[by_boot[3].reset_cause] == "watchdog"


def test_counting_goes_on_through_deep_sleep(
    make_board: Make, stub_gateway: Any, live_until: Any
) -> None:
    board = make_board(power={"sleep": True, "send_every": 2})
    state_after(board, 60)
    live_until(board, lambda: len(statements(stub_gateway)) >= 3)
    first, *_, last = statements(stub_gateway)
    assert (first.header.boot, last.header.boot) == (1, 1)
    _, _, joins, sensors, _, _ = last.content.account.counters
    assert joins > 2
    assert sensors > 4


def test_a_boot_that_kept_nothing_hides_none_before_it(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    board = make_board()
    live(board, 45)
    kept = max(stub_gateway.numbers())
    assert kept[0] == 1
    live(board, 5, Fault("wifi-lost", at=0))  # takes a boot number, and waits for the time
    live(board, 45)
    last = statements(stub_gateway)[-1]
    assert last.header.boot == 3
    assert last.content.account.previous_last == kept
