"""Boards killed at random moments: no number twice, no kept reading lost."""

import random
import re
import time
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from sealmote.sim import Board, Network
from sealwire import message

HOME = Network("home", "correct horse")
ROUNDS = 12


def kept_numbers(board: Board) -> set[tuple[int, int]]:
    """What the board has said to be on flash, in the life of its serial line."""
    found = re.findall(r"outbox: kept (\d+)/(\d+)", "\n".join(board.serial.history))
    return {(int(boot), int(sequence)) for boot, sequence in found}


def acknowledged(board: Board) -> int:
    """How many messages it has let go of."""
    found = re.findall(r"uplink: acknowledged (\d+) kept", "\n".join(board.serial.history))
    return sum(int(count) for count in found)


async def unavailable(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=503)


async def deaf(request: web.Request) -> web.Response:
    raise web.HTTPBadGateway  # the request is never read


@pytest.mark.parametrize("seed", [1, 2])
def test_no_number_twice_and_nothing_kept_is_lost(
    tmp_path: Path, board_config: dict[str, Any], stub_gateway: Any, seed: int
) -> None:
    dice = random.Random(seed)
    sample = {"period_s": 1, "count": 0, "sensors": ["bme280"]}
    board = Board.create(tmp_path / "board", wifi=[HOME])
    board.install(config=board_config | {"sample": sample})
    kept: set[tuple[int, int]] = set()
    for _ in range(ROUNDS):
        stub_gateway.respond = dice.choice([None, None, unavailable, deaf])
        board.start()
        time.sleep(dice.uniform(0.05, 2.2))
        board.kill()
        kept |= kept_numbers(board)
    stub_gateway.respond = None
    with board:
        board.start()
        deadline = time.monotonic() + 60
        while not kept <= set(stub_gateway.numbers()):
            assert time.monotonic() < deadline, kept - set(stub_gateway.numbers())
            time.sleep(0.1)
    assert len(kept) > ROUNDS
    numbers = stub_gateway.numbers()
    assert len(numbers) == len(set(numbers))


def test_an_acknowledgement_lost_on_its_way_costs_a_duplicate_only(
    tmp_path: Path, board_config: dict[str, Any], stub_gateway: Any
) -> None:
    board = Board.create(tmp_path / "board", wifi=[HOME])
    board.install(config=board_config)
    accept = stub_gateway.accept
    lost: list[bytes] = []

    def judge(item: bytes) -> Any:
        outcome = accept(item)
        if len(lost) < 3:
            lost.append(item)
            raise web.HTTPServiceUnavailable  # accepted and durable, and the word never arrives
        return outcome

    stub_gateway.judge = judge
    with board:
        board.start()
        deadline = time.monotonic() + 60
        while acknowledged(board) < 4:
            assert time.monotonic() < deadline
            time.sleep(0.05)
    assert sorted(stub_gateway.numbers()) == [(1, 0), (1, 1), (1, 2), (1, 3)]
    assert {message.parse(item).header.sequence for item in lost} <= {0, 1, 2, 3}
