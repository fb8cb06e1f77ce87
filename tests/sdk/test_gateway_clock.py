"""A gateway whose clock is wrong, as on a small computer that has just been switched on."""

import asyncio
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sealmote.gateway import Gateway
from sealmote.gateway.clock import LATEST, RELEASED, fault, warning
from sealmote.gateway.errors import ClockError
from sealwire import ack

ORIGIN = "sealmote.example/test"
IN_2001, IN_2045 = 1_000_000_000.0, 2_366_841_600.0
DAY = 86_400


async def _post(gateway: Gateway, body: bytes) -> tuple[int, bytes]:
    headers = {"Content-Type": "application/cose"}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{gateway.url}/v1/readings", data=body, headers=headers) as answer,
    ):
        return answer.status, await answer.read()


async def _status(gateway: Gateway) -> Any:
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{gateway.url}/v1/status") as answer,
    ):
        return await answer.json()


async def _with_clock(directory: Path, board: Any, shown: float) -> tuple[int, bytes, Any, int]:
    """Send a reading while the clock shows a wrong time, and again once it is set."""
    now = time.time()
    gateway = Gateway(directory, lambda: now)
    gateway.add_device(board.signer.public, unproven=True)
    await gateway.start()
    try:
        now = shown
        status, body = await _post(gateway, board.seal(0))
        state = await _status(gateway)
        now = time.time()
        later, answer = await _post(gateway, board.seal(0))
        assert later == 200, answer
        assert (await _status(gateway))["halted"] is None
        (outcome,) = ack.open_ack(answer, gateway.ack_key, ORIGIN).outcomes
    finally:
        await gateway.stop()
        gateway.close()
    return status, body, state, outcome.result


@pytest.mark.parametrize("shown", [0.0, IN_2001, RELEASED - 1.0, LATEST + 1.0, IN_2045, 2.0**40])
def test_nothing_is_promised_by_a_clock_that_cannot_be_right(
    directory: Path, make_board: Callable[[], Any], shown: float
) -> None:
    status, body, state, later = asyncio.run(_with_clock(directory, make_board(), shown))
    assert status == 503
    assert b"the gateway's clock shows" in body
    assert b"set it, as by NTP" in body
    assert "clock shows" in state["halted"]
    assert state["clock"] == state["halted"]
    assert state["size"] == 0
    assert later == ack.ACCEPTED


@pytest.mark.parametrize("shown", [IN_2001, IN_2045])
def test_nothing_is_noted_by_a_clock_that_cannot_be_right(
    directory: Path, make_board: Callable[[], Any], shown: float
) -> None:
    key = make_board().signer.public
    with Gateway.open(directory) as gateway:
        gateway.add_device(key, unproven=True)
    with Gateway(directory, lambda: shown) as gateway:
        for deed in (
            lambda: gateway.add_device(make_board().signer.public, unproven=True),
            lambda: gateway.revoke_device(key.thumbprint()),
            lambda: gateway.challenge_device(key.thumbprint()),
        ):
            with pytest.raises(ClockError, match="clock shows"):
                deed()
        assert [device.revoked for device in gateway.list_devices()] == [None]


def test_the_release_is_not_in_the_future() -> None:
    assert RELEASED <= time.time() <= LATEST
    assert fault(time.time()) is None


@pytest.mark.parametrize(
    ("known", "words"),
    [
        ({}, None),
        ({"the newest checkpoint": RELEASED + 10 * DAY}, None),
        ({"the newest checkpoint": RELEASED + 10 * DAY + 299}, None),
        ({"the newest checkpoint": RELEASED + 11 * DAY}, "the newest checkpoint is of 2026-11-12"),
        (
            {"the newest checkpoint": RELEASED, "the chain's newest block": RELEASED + 12 * DAY},
            "the chain's newest block is of 2026-11-13",
        ),
        ({"the chain's newest block": RELEASED - 356 * DAY}, "more than a year before"),
    ],
)
def test_a_clock_is_held_to_what_is_known_of_the_time(
    known: dict[str, int], words: str | None
) -> None:
    found = warning(RELEASED + 10 * DAY, known)
    assert (found is None) if words is None else (found is not None and words in found)


async def _behind(directory: Path, board: Any) -> Any:
    """Serve with a clock that is an hour behind the newest checkpoint."""
    behind = time.time() - 3600
    gateway = Gateway(directory, lambda: behind)
    await gateway.start()
    try:
        assert (await _post(gateway, board.seal(1)))[0] == 200
        return await _status(gateway)
    finally:
        await gateway.stop()
        gateway.close()


def test_a_clock_behind_the_newest_checkpoint_is_warned_of(
    directory: Path, make_live: Any, make_board: Any, caplog: pytest.LogCaptureFixture
) -> None:
    board = make_board()
    live = make_live(directory)
    live.gateway.add_device(board.signer.public, unproven=True)
    live.post(board.seal(0))
    live.wait_published(1)
    live.stop()
    file = directory / "gateway.toml"  # the next checkpoint would have the wrong time itself
    file.write_text(
        file.read_text()
        .replace("checkpoint_period_s = 0.05", "checkpoint_period_s = 3600")
        .replace("merge_delay_s = 120", "merge_delay_s = 7200")
    )
    with caplog.at_level(logging.WARNING):
        state = asyncio.run(_behind(directory, board))
    assert "the newest checkpoint is of" in state["clock"]
    assert state["halted"] is None
    assert any("see which is wrong" in record.getMessage() for record in caplog.records)
