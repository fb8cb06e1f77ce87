"""A gateway's challenge in its acknowledgement, and the statement that answers it, on simulated boards."""

import json
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sealmote.sim import Board, Network
from sealwire import ack, message, statement
from sealwire.keys import PublicKey

Make = Callable[..., Board]
NONCES = [bytes([number]) * 8 for number in range(4)]


@pytest.fixture
def make_board(tmp_path: Path, board_config: dict[str, Any]) -> Make:
    """Make a board that takes a reading every ten seconds for ever; sections replace the stub's."""

    def make(**sections: Any) -> Board:
        board = Board.create(tmp_path / "board", wifi=[Network("home", "correct horse")])
        sample = {"period_s": 10, "count": 0, "sensors": ["chip"]}
        board.install(config=board_config | {"sample": sample} | sections)
        return board

    return make


def kid_of(board: Board) -> bytes:
    said = json.loads(board.exec("from mote.setup import provision; provision.identity()"))
    return PublicKey.parse(bytes.fromhex(said["key"])).kid()


def challenge(gateway: Any, kid: bytes, nonce_at: Callable[[int], bytes]) -> None:
    """Have each acknowledgement carry a nonce; ``nonce_at`` gives it by its number from 0."""
    given: list[bytes] = []

    def acknowledge(outcomes: list[ack.Outcome]) -> bytes:
        now = gateway.unix_s()
        given.append(nonce_at(len(given)))
        asked = (kid, given[-1])
        made = ack.Acknowledgement("sealmote.example/test", now, now + 60, outcomes, asked)
        return ack.seal(gateway.signer, made)

    gateway.acknowledge = acknowledge


def answers(gateway: Any) -> list[Any]:
    parsed = [message.parse(item) for item in gateway.messages]
    found = [one for one in parsed if isinstance(one.content, statement.Statement)]
    return [one for one in found if one.content.nonce is not None]


def test_a_nonce_is_answered_at_once_and_once(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    board = make_board()
    challenge(stub_gateway, kid_of(board), lambda _: NONCES[0])
    live(board, 300)
    (answer,) = answers(stub_gateway)
    assert answer.content.nonce == NONCES[0]
    assert answer.content.uptime < 30
    assert len(stub_gateway.messages) > 25


def test_another_boards_challenge_is_ignored(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    challenge(stub_gateway, bytes(8), lambda _: NONCES[0])
    live(make_board(), 120)
    assert len(stub_gateway.messages) > 8
    assert answers(stub_gateway) == []


def test_a_gateway_that_asks_without_end_gets_an_answer_a_minute(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    board = make_board()
    challenge(stub_gateway, kid_of(board), lambda count: count.to_bytes(8, "big"))
    live(board, 300)
    uptimes = [one.content.uptime for one in answers(stub_gateway)]
    assert 4 <= len(uptimes) <= 5
    assert all(60 <= after - before < 90 for before, after in pairwise(uptimes))


def test_without_end_through_deep_sleep_it_is_an_answer_a_minute_too(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    board = make_board(power={"sleep": True, "send_every": 1})
    challenge(stub_gateway, kid_of(board), lambda count: count.to_bytes(8, "big"))
    live(board, 300)
    uptimes = [one.content.uptime for one in answers(stub_gateway)]
    assert 3 <= len(uptimes) <= 5
    assert all(60 <= after - before < 90 for before, after in pairwise(uptimes))


def test_after_a_reset_it_may_be_asked_again(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    board = make_board()
    challenge(stub_gateway, kid_of(board), lambda _: NONCES[0])
    live(board, 60)
    live(board, 60)
    assert [one.header.boot for one in answers(stub_gateway)] == [1, 2]


def test_a_board_that_sleeps_answers_in_the_same_sending_and_remembers(
    make_board: Make, stub_gateway: Any, live_until: Any
) -> None:
    board = make_board(power={"sleep": True, "send_every": 3})
    kid = kid_of(board)
    challenge(stub_gateway, kid, lambda count: NONCES[count >= 4])
    live_until(board, lambda: len(stub_gateway.messages) >= 25)
    first, second = answers(stub_gateway)
    assert (first.content.nonce, second.content.nonce) == (NONCES[0], NONCES[1])
    assert (first.header.boot, second.header.boot) == (1, 1)
    assert first.content.uptime < 30
    assert statement.RESET_CAUSES[second.content.account.reset_cause] == "deep-sleep"
