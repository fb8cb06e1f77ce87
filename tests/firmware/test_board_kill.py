"""Boards whose power fails at random moments: no number twice, no kept reading lost."""

import random
import re
from typing import Any

import pytest
from aiohttp import web

from sealmote.sim import Board, Fault
from sealwire import message

ROUNDS = 12


def kept_numbers(board: Board) -> set[tuple[int, int]]:
    """What the board has said to be on flash, in the life of its serial line."""
    found = re.findall(r"outbox: kept (\d+)/(\d+)", "\n".join(board.serial.history))
    return {(int(boot), int(sequence)) for boot, sequence in found}


async def unavailable(request: web.Request) -> web.Response:
    await request.read()
    return web.Response(status=503)


async def deaf(request: web.Request) -> web.Response:
    raise web.HTTPBadGateway  # the request is never read


def end(dice: random.Random) -> Fault:
    """A loss of power: in the middle of some flash operation, or while the board waits."""
    return dice.choice(
        [
            Fault("power-cut", op=dice.randrange(1, 60)),
            Fault("switch-off", at=dice.uniform(0.05, 10)),
        ]
    )


@pytest.mark.parametrize("seed", [1, 2])
def test_no_number_twice_and_nothing_kept_is_lost(
    board_config: dict[str, Any], quick_board: Any, stub_gateway: Any, live: Any, seed: int
) -> None:
    dice = random.Random(seed)
    sample = {"period_s": 1, "count": 0, "sensors": ["bme280"]}
    board = quick_board(board_config | {"sample": sample})
    for number in range(ROUNDS):
        stub_gateway.respond = dice.choice([None, None, unavailable, deaf])
        live(board, 30, end(dice), seed=100 * seed + number)
    stub_gateway.respond = unavailable
    live(board, 10)
    kept = kept_numbers(board)
    assert len(kept) > 2 * ROUNDS
    assert len({boot for boot, _ in kept}) >= ROUNDS // 2
    assert kept - set(stub_gateway.numbers()), "some had to wait"
    stub_gateway.respond = None
    live(board, 300)
    numbers = stub_gateway.numbers()
    assert kept <= set(numbers)
    assert len(numbers) == len(set(numbers))


def test_an_acknowledgement_lost_on_its_way_costs_a_duplicate_only(
    board_config: dict[str, Any], quick_board: Any, stub_gateway: Any, live: Any
) -> None:
    board = quick_board(board_config)
    accept = stub_gateway.accept
    lost: list[bytes] = []

    def judge(item: bytes) -> Any:
        outcome = accept(item)
        if len(lost) < 3:
            lost.append(item)
            raise web.HTTPServiceUnavailable  # accepted and durable, and the word never arrives
        return outcome

    stub_gateway.judge = judge
    live(board, 600)
    assert len(lost) == 3
    said = re.findall(r"uplink: acknowledged (\d+) kept", "\n".join(board.serial.history))
    assert sum(map(int, said)) == 4, "the board has let go of all"
    assert sorted(stub_gateway.numbers()) == [(1, 0), (1, 1), (1, 2), (1, 3)]
    assert {message.parse(item).header.sequence for item in lost} <= {0, 1, 2, 3}
