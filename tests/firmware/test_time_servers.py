"""What a board does with what its time server says of itself, and with what it is asked to do."""

import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sealmote.sim import Board, Network
from sealmote.sim.environment.ntp import Standing
from sealwire import message, statement

MINUTE, HOUR = 60, 3600


@pytest.fixture
def board(tmp_path: Path, board_config: dict[str, Any]) -> Board:
    made = Board.create(tmp_path / "board", wifi=[Network("home", "correct horse")])
    made.install(config=board_config | {"sample": {"period_s": 600, "sensors": ["chip"]}})
    return made


def account(gateway: Any) -> statement.Account:
    """The first statement's."""
    content = message.parse(gateway.messages[0]).content
    assert isinstance(content, statement.Statement)
    return content.account


def asked(time_server: Any) -> list[float]:
    """When it was asked, in seconds since the first time."""
    first = time_server.requests[0]
    return [(at - first) / 1e9 for at in time_server.requests]


def test_what_the_server_doubts_is_in_the_signed_statement(
    board: Board, time_server: Any, stub_gateway: Any, live: Any
) -> None:
    time_server.standing = Standing(root_delay_s=0.5, root_dispersion_s=1.25)
    live(board, 30)
    found = account(stub_gateway)
    assert found.clock_source == statement.CLOCK_SOURCES.index("sntp")
    assert found.clock_uncertainty_ms is not None
    assert 1500 <= found.clock_uncertainty_ms < 1520


@pytest.mark.parametrize(
    "standing",
    [
        Standing(root_dispersion_s=3849),
        Standing(root_delay_s=10),
        Standing(precision=3),
        Standing(leap=3),
        Standing(stratum=16),
    ],
)
def test_a_server_that_may_be_far_off_is_refused_in_words(
    board: Board, time_server: Any, stub_gateway: Any, live: Any, standing: Standing
) -> None:
    time_server.standing = standing
    live(board, 60)
    found = account(stub_gateway)
    assert (found.clock_source, found.clock_uncertainty_ms) == (0, None)
    said = [line for line in board.serial.history if " clock: the server " in line]
    assert said
    assert all(re.search("may be off by|has no time", line) for line in said)


@pytest.mark.parametrize("code", ["DENY", "RSTR"])
def test_a_server_that_denies_is_asked_no_more(
    board: Board, time_server: Any, live: Any, code: str
) -> None:
    time_server.standing = Standing.kiss(code)
    live(board, 2 * HOUR)
    assert len(time_server.requests) == 1
    said = "clock: 127.0.0.1 wants no more questions"
    assert any(said in line for line in board.serial.history)


def test_a_server_that_asks_for_patience_is_asked_ever_more_rarely(
    board: Board, time_server: Any, live: Any
) -> None:
    time_server.standing = Standing.kiss("RATE")
    live(board, 6 * HOUR)
    moments = asked(time_server)
    intervals = [after - before for before, after in pairwise(moments)]
    assert 4 <= len(intervals) <= 8
    assert intervals[0] >= 120
    assert all(late >= 2 * soon for soon, late in pairwise(intervals))


@pytest.mark.parametrize(
    "standing", [Standing.kiss("INIT"), Standing.kiss("XABC"), Standing(leap=3)], ids=str
)
def test_any_other_refusal_is_asked_again_after_a_while(
    board: Board, time_server: Any, live: Any, standing: Standing
) -> None:
    time_server.standing = standing
    live(board, 10 * MINUTE)
    moments = asked(time_server)
    assert len(moments) >= 4
    assert min(b - a for a, b in pairwise(moments)) >= 15


def test_a_board_that_sleeps_keeps_what_a_server_asked_for(
    board: Board,
    board_config: dict[str, Any],
    time_server: Any,
    stub_gateway: Any,
    live_until: Callable[..., None],
) -> None:
    time_server.standing = Standing.kiss("DENY")
    board.install(
        config=board_config
        | {"sample": {"period_s": 60, "sensors": ["chip"]}}
        | {"power": {"sleep": True, "send_every": 1}}
    )
    live_until(board, lambda: len(stub_gateway.messages) >= 8)
    assert len(time_server.requests) == 1
