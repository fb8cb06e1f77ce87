"""No answer, and nothing that the network does, keeps a simulated board from sealing and sending later."""

import re
from email.utils import formatdate
from itertools import pairwise
from typing import Any

import pytest
from aiohttp import web

from sealmote.sim import Board, Host
from sealwire.sequence import split_sequence

SLEEPS = {
    "power": {"sleep": True, "send_every": 1},
    "sample": {"period_s": 300, "count": 0, "sensors": ["chip"]},
}


@pytest.fixture
def config(board_config: dict[str, Any]) -> dict[str, Any]:
    sample = {"period_s": 60, "count": 0, "sensors": ["chip"]}
    return board_config | {"sample": sample, "upload": {"period_s": 10}}


class Refuses:
    """Answers ``status`` with the fields of ``head``; ``times``: when it was asked, Unix seconds."""

    def __init__(self, gateway: Any, status: int, head: Any) -> None:
        self.gateway, self.status, self.head = gateway, status, head
        self.times: list[int] = []
        gateway.respond = self.respond

    async def respond(self, request: web.Request) -> web.Response:
        await request.read()
        self.times.append(self.gateway.unix_s())
        return web.Response(status=self.status, headers=self.head(self.gateway.unix_s()))

    @property
    def apart(self) -> list[int]:
        return [later - earlier for earlier, later in pairwise(self.times)]


def said(board: Board, pattern: str) -> list[Any]:
    return re.findall(pattern, "\n".join(board.serial.history))


AFTER: dict[str, Any] = {
    "seconds": lambda now: {"Retry-After": "600"},
    "a date": lambda now: {"Retry-After": formatdate(now + 600, usegmt=True)},
}


@pytest.mark.parametrize(
    ("status", "kind", "more"),
    [(503, "seconds", {}), (429, "a date", {}), (500, "seconds", SLEEPS)],
    ids=["awake", "awake-date", "asleep"],
)
def test_retry_after_is_heeded(
    quick_board: Any,
    config: dict[str, Any],
    stub_gateway: Any,
    live: Any,
    status: int,
    kind: str,
    more: Any,
) -> None:
    refuses = Refuses(stub_gateway, status, AFTER[kind])
    board = quick_board(config | more)
    live(board, 1400)
    assert len(refuses.times) >= 2, "and it comes again"
    assert all(gap >= 599 for gap in refuses.apart), refuses.apart
    assert said(board, rf"{status}: the gateway .*; kept=")


@pytest.mark.parametrize("value", ["9" * 400, "Sun, 06 Nov 2094 08:49:37 GMT"])
def test_it_is_heeded_for_an_hour_at_most(
    quick_board: Any, config: dict[str, Any], stub_gateway: Any, live: Any, value: str
) -> None:
    refuses = Refuses(stub_gateway, 503, lambda _: {"Retry-After": value})
    live(quick_board(config | {"sample": {"period_s": 600, "sensors": ["chip"]}}), 4000)
    assert len(refuses.times) == 2
    assert 3600 <= refuses.apart[0] < 3700


@pytest.mark.parametrize("value", ["", "soon", "-5", "1.5", "Sun, 06 Nov 1994 08:49:37 GMT"])
def test_what_is_no_time_to_come_changes_nothing(
    quick_board: Any, config: dict[str, Any], stub_gateway: Any, live: Any, value: str
) -> None:
    refuses = Refuses(stub_gateway, 503, lambda _: {"Retry-After": value})
    live(quick_board(config), 120)
    assert len(refuses.times) > 4


@pytest.mark.parametrize("more", [{}, SLEEPS], ids=["awake", "asleep"])
def test_a_name_with_ipv6_addresses_alone_is_told_and_the_board_goes_on(
    quick_board: Any, config: dict[str, Any], live: Any, more: Any
) -> None:
    config["gateway"]["url"] = "http://six.example"
    board = quick_board(config | more)
    live(board, 400 if not more else 1900, hosts=(Host("six.example", 80, 80, "::1"),))
    assert (
        len(said(board, "six.example has IPv6 addresses alone, and a board connects by IPv4")) > 2
    )
    assert len(said(board, "app: sealed")) >= 6
    assert len(said(board, "app: sealmote")) == 1, "one boot"


def test_whatever_the_network_raises_is_a_failure_and_no_end(
    quick_board: Any, config: dict[str, Any], stub_gateway: Any, live: Any
) -> None:
    call = "    _check_name(url)\n"
    raising = "    if http.clock.now() % 2:\n        raise TypeError('no tuple')\n"
    board = quick_board(config, ("/mote/uplink/http_request.py", call, raising + call))
    live(board, 900)
    assert said(board, r"uplink: TypeError\('no tuple',\); kept=\d+, next in")
    assert len(stub_gateway.messages) >= 6
    assert len(said(board, "app: sealmote")) == 1, "one boot"


def test_a_board_that_sleeps_remembers_what_was_too_much(
    quick_board: Any, config: dict[str, Any], stub_gateway: Any, live: Any
) -> None:
    async def respond(request: web.Request) -> web.StreamResponse:
        if request.content_type == "application/cbor-seq":
            several.append(request)
            assert request.transport is not None
            request.transport.abort()
            return web.Response()
        stub_gateway.respond = None
        try:
            answer: web.StreamResponse = await stub_gateway._post(request)
            return answer
        finally:
            stub_gateway.respond = respond

    several: list[web.Request] = []
    stub_gateway.respond = respond
    board = quick_board(config | {"power": {"sleep": True, "send_every": 2}})
    live(board, 960)
    assert len(several) >= 3, "there were batches that were too large"
    assert len(stub_gateway.messages) > 8


@pytest.mark.parametrize("more", [{}, SLEEPS], ids=["awake", "asleep"])
def test_one_message_that_a_filter_hates_does_not_hold_up_the_others(
    quick_board: Any, config: dict[str, Any], stub_gateway: Any, live: Any, more: Any
) -> None:
    async def respond(request: web.Request) -> web.Response:
        items = split_sequence(await request.read(), 256)
        hated.extend(items[: not hated])
        if hated[0] in items:
            return web.Response(status=403)
        taken = [stub_gateway.accept(item) for item in items]
        return web.Response(body=stub_gateway.acknowledge(taken))

    hated: list[bytes] = []
    stub_gateway.respond = respond
    board = quick_board(config | more)
    live(board, 6000 if more else 1500)
    assert said(board, r"acknowledged \d+ kept=1$|acknowledged \d+ kept=1\n")
    assert len(stub_gateway.messages) >= 12


def test_a_gateway_that_takes_nothing_is_asked_less_and_less(
    quick_board: Any, config: dict[str, Any], stub_gateway: Any, live: Any
) -> None:
    refuses = Refuses(stub_gateway, 403, lambda _: {})
    live(quick_board(config | {"sample": {"period_s": 600, "sensors": ["chip"]}}), 4000)
    assert len(refuses.times) < 100, "two for each pause, which grows to 300 s"
