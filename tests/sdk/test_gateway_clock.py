"""A gateway whose clock is not set, as on a small computer that has just been switched on."""

import asyncio
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sealmote.gateway import Gateway
from sealwire import ack

ORIGIN = "sealmote.example/test"


async def _post(gateway: Gateway, body: bytes) -> tuple[int, bytes]:
    headers = {"Content-Type": "application/cose"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{gateway.url}/v1/readings", data=body, headers=headers) as answer,
    ):
        return answer.status, await answer.read()


async def _with_clock(directory: Path, board: Any, shown: float) -> tuple[int, bytes, int]:
    """Send a reading while the clock shows a wrong time, and again once it is set."""
    now = shown
    gateway = Gateway(directory, lambda: now)
    gateway.add_device(board.signer.public, unproven=True)
    await gateway.start()
    try:
        status, body = await _post(gateway, board.seal(0))
        now = time.time()
        later, answer = await _post(gateway, board.seal(0))
        assert later == 200, answer
        (outcome,) = ack.open_ack(answer, gateway.ack_key, ORIGIN).outcomes
    finally:
        await gateway.stop()
        gateway.close()
    return status, body, outcome.result


@pytest.mark.parametrize("shown", [0.0, 100.0, 2.0**28 - 1, 2.0**40])
def test_nothing_is_kept_that_could_not_be_acknowledged(
    directory: Path, make_board: Callable[[], Any], shown: float
) -> None:
    status, body, later = asyncio.run(_with_clock(directory, make_board(), shown))
    assert status == 503
    assert b"clock shows" in body
    assert later == ack.ACCEPTED
