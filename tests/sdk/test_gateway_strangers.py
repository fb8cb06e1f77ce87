"""Strangers wait behind boards: in which order work is done, and what nobody can take from others."""

import asyncio
import contextlib
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forging import LATER, forge, forged
from patience import PATIENCE_S
from sealmote.gateway import BusyError, intake
from sealmote.gateway.limits.concurrency_limit import ConcurrencyLimit
from sealmote.gateway.limits.fair_queue import FairQueue, Usage
from sealmote.gateway.reports.accounting import Claims, account
from sealmote.gateway.store.queries import Range
from sealwire import ack
from sealwire.errors import BAD_SIGNATURE


def post(live: Any, body: bytes) -> Any:
    return live.request("POST", "/v1/readings", body, Content_Type="application/cbor-seq")


def test_boards_do_not_wait_for_the_bad_signatures_of_others(
    live: Any, board: Any, stuck: threading.Event
) -> None:
    """Under the same key hint, from the same address, while the strangers' checks do not end."""
    body = forged(board, 256)
    with ThreadPoolExecutor(6) as strangers:
        answers = [strangers.submit(post, live, body) for _ in range(6)]
        live.wait(lambda: live.gateway._serving._intake._suspect_places._taken.total() == 6)
        for start in range(0, 400, 80):
            taken = live.post(*(board.seal(start + number) for number in range(80)))
            assert {outcome.result for outcome in taken.outcomes} == {ack.ACCEPTED}
        assert not any(answer.done() for answer in answers)
        stuck.set()
        for answer in answers:
            outcomes = live.opened(answer.result(PATIENCE_S)).outcomes
            assert [outcome.code for outcome in outcomes] == [BAD_SIGNATURE] * 256


def test_who_sends_too_many_bad_batches_is_turned_away_late(
    live: Any, board: Any, stuck: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "_SUSPECTS_WAIT_S", (0.2, 0.2))
    body = forged(board, 2)
    places = live.gateway._serving._intake._suspect_places
    with ThreadPoolExecutor(8) as strangers:
        answers = [strangers.submit(post, live, body) for _ in range(8)]
        live.wait(lambda: places._taken.total() == 8)  # one source's share of 128
        begin = time.monotonic()
        refused = post(live, body)
        assert time.monotonic() - begin >= 0.2
        assert refused.status == 503
        assert "with bad messages" in refused.json["detail"]
        assert post(live, board.seal(0)).status == 200
        stuck.set()
        assert {answer.result(PATIENCE_S).status for answer in answers} == {200}


def test_a_batch_with_one_bad_message_is_answered_whole(live: Any, board: Any) -> None:
    batch = [board.seal(number) for number in range(100)]
    batch[50] = forge(board, 50, LATER)
    results = [outcome.result for outcome in live.post(*batch).outcomes]
    assert results == [ack.ACCEPTED] * 50 + [ack.REFUSED] + [ack.ACCEPTED] * 49


def test_bodies_that_do_not_come_take_no_board_its_place(live: Any, board: Any) -> None:
    """More of them than requests are worked on at once."""
    head = b"POST /v1/readings HTTP/1.1\r\nHost: x\r\nContent-Type: application/cose\r\n"
    with contextlib.ExitStack() as held:
        for _ in range(2 * live.gateway.settings.limits.max_requests):
            slow = held.enter_context(socket.create_connection(("127.0.0.1", live.port)))
            slow.sendall(head + b"Content-Length: 1000\r\n\r\n\xd2")
        for number in range(5):
            assert post(live, board.seal(number)).status == 200


def test_the_account_of_many_gaps_takes_time_by_their_number() -> None:
    """By their square, 300,000 would take ten minutes: far beyond what a busy machine adds."""
    many = 300_000
    begin = time.monotonic()
    (found,) = account(
        [Range(1, 2 * number, 2 * number) for number in range(many)],
        [Claims(2, (1, 2 * many), (1, many), [])],
    )
    assert time.monotonic() - begin < PATIENCE_S
    assert len(found.missing) == many // 2
    assert len(found.missing) + len(found.awaited) == many


def in_turns(width: int, work: Callable[[FairQueue], Any], rest: float = 0.0) -> Any:
    async def run() -> Any:
        with ThreadPoolExecutor(width) as threads:
            return await asyncio.wait_for(work(FairQueue(threads, width, rest)), PATIENCE_S)

    return asyncio.run(run())


@given(st.lists(st.integers(0, 5), min_size=1, max_size=12))
def test_the_least_rank_goes_first_and_among_equals_the_first(ranks: list[int]) -> None:
    done: list[tuple[int, int]] = []

    async def work(queue: FairQueue) -> None:
        release = threading.Event()
        first = asyncio.create_task(queue.run((0.0,), release.wait))
        await asyncio.sleep(0)
        rest = [
            asyncio.create_task(queue.run((float(rank),), lambda n=n, r=rank: done.append((r, n))))
            for n, rank in enumerate(ranks)
        ]
        await asyncio.sleep(0)
        release.set()
        await asyncio.gather(first, *rest)

    in_turns(1, work)
    assert done == sorted((rank, number) for number, rank in enumerate(ranks))


def test_a_turn_that_nobody_waits_for_any_more_is_another_s() -> None:
    async def work(queue: FairQueue) -> str:
        release = threading.Event()
        running = asyncio.create_task(queue.run((0.0,), release.wait))
        await asyncio.sleep(0)
        left = asyncio.create_task(queue.run((1.0,), lambda: "left"))
        given_up = asyncio.create_task(queue.run((0.0,), lambda: "given up"))
        await asyncio.sleep(0)
        given_up.cancel()
        running.cancel()  # its thread goes on, and holds the place until it ends
        release.set()
        result, _ = await left
        return str(result)

    assert in_turns(1, work) == "left"


def test_a_piece_that_fails_gives_its_place_back() -> None:
    async def work(queue: FairQueue) -> int:
        failures = 0
        for _ in range(3):
            try:
                await queue.run((0.0,), lambda: 1 // 0)
            except ZeroDivisionError:
                failures += 1
        return failures

    assert in_turns(1, work, rest=1.0) == 3


def test_use_is_halved_every_ten_seconds_and_the_quietest_is_forgotten() -> None:
    now = [0.0]
    usage = Usage(lambda: now[0])
    usage.add("a", 8.0)
    now[0] = 20.0
    assert usage.of("a") == pytest.approx(2.0)
    usage.add("a", 1.0)
    assert usage.of("a") == pytest.approx(3.0)
    for number in range(5000):
        usage.add(f"other {number}", 1.0)
    assert usage.of("a") == 0.0
    assert len(usage._used) <= 4096


def test_places_are_bounded_in_all_and_for_each_source() -> None:
    places = ConcurrencyLimit("requests", 3, 2)
    with places.held("a"), places.held("a"):
        with pytest.raises(BusyError, match="2 requests are being worked on"), places.held("a"):
            pass
        with places.held("b"), pytest.raises(BusyError), places.held("c"):
            pass
        with places.held("c"):
            pass
    with places.held("a"):
        pass
    assert not places._taken
