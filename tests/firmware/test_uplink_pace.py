"""A batch that cannot pass is made smaller, whatever the cause, and grows again."""

import asyncio
import socket
import struct
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from outgoing import RawServer, length, sealed, send_to
from sealwire.sequence import split_sequence


def test_a_batch_that_is_too_large_is_halved(send: Any, stub_gateway: Any) -> None:
    async def respond(request: web.Request) -> web.Response:
        if len(await request.read()) > 150:
            return web.Response(status=413)
        stub_gateway.respond = None
        return web.Response(status=503)

    stub_gateway.respond = respond
    said = send(4, 4)
    assert said[:2] == [[True, 4], [True, 4]]
    assert said[2:] == [["503: the gateway is too busy", 4], [True, 3]]


class SmallServer(RawServer):
    """Resets a connection on which more than ``most`` bytes are announced, ``before`` it has read them."""

    def __init__(self, answer: Callable[[bytes], bytes], most: int, before: bytes) -> None:
        super().__init__(answer)
        self.most, self.before = most, before
        self.sizes: list[int] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        self.sizes.append(length(head))
        if length(head) <= self.most:
            await self.respond(head, reader, writer)
            return
        writer.write(self.before)
        await writer.drain()
        linger = struct.pack("ii", 1, 0)  # what waits is thrown away, and the peer is reset
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        writer.transport.abort()


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 413 Too Large\r\nConnection: close\r\n\r\n"])
def test_a_server_that_resets_large_batches_gets_small_ones(
    send: Any, stub_gateway: Any, before: bytes
) -> None:
    def answer(body: bytes) -> bytes:
        items = split_sequence(body, 256)
        acknowledged = stub_gateway.acknowledge([stub_gateway.accept(item) for item in items])
        return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(acknowledged) + acknowledged

    small = SmallServer(answer, 3 * len(sealed(0)) // 2, before)
    said = send_to(small, send, 12, 30)
    assert said[-1] == [False, 0]
    assert len(stub_gateway.messages) == 12
    failed = [kept for more, kept in said if isinstance(more, str)]
    assert len(failed) < 12, "and is not asked for more than it takes again and again"


def test_after_a_413_batches_grow_again(send: Any, stub_gateway: Any) -> None:
    async def respond(request: web.Request) -> web.Response:
        await request.read()
        refused.append(request)
        if len(refused) == 4:
            stub_gateway.respond = None
        return web.Response(status=413)

    refused: list[web.Request] = []
    stub_gateway.respond = respond
    assert send(40, 10, upload_batch=16)[-1] == [False, 0]
    assert [size for _, size in stub_gateway.requests] == [1, 2, 4, 8, 16, 9]


def filtered(gateway: Any, status: int | None) -> None:
    """Have a filter before the gateway answer what holds the first message by ``status``, or a reset."""

    async def respond(request: web.Request) -> web.Response:
        items = split_sequence(await request.read(), 256)
        hated.extend(items[: not hated])
        if hated[0] not in items:
            return web.Response(body=gateway.acknowledge([gateway.accept(one) for one in items]))
        if status is None:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=status or 200, headers=AFTER if status == 503 else {})

    hated: list[bytes] = []
    gateway.respond = respond


AFTER = {"Retry-After": "0"}


@pytest.mark.parametrize("status", [400, 403, 413, 500, 503, None])
def test_one_message_that_never_passes_does_not_hold_up_the_others(
    send: Any, stub_gateway: Any, status: int | None
) -> None:
    filtered(stub_gateway, status)
    said = send(12, 30)
    assert said[-1][1] == 1
    assert len(stub_gateway.messages) == 11


def test_one_that_is_alone_is_not_sent_again_at_once(send: Any, stub_gateway: Any) -> None:
    filtered(stub_gateway, 403)
    assert send(1, 6) == [["403: the gateway forbids it", 1]] * 6


PACE = """
from mote.uplink import pace
now = None
said = []
for size_that_passes in limits:
    size = now[0] if now else 16
    said.append(size)
    if size > size_that_passes:
        now = pace.failed(now, 16, size, False, 0)
    elif now:
        now = pace.passed(now, 16)
print(json.dumps([said, now]))
"""


def test_a_limit_is_found_and_seldom_tried(micropython: Any) -> None:
    ((sizes, learnt),) = micropython(PACE, limits=[0] * 8 + [5] * 300 + [16] * 70)
    assert sizes[:9] == [16, 16, 8, 4, 2, 1, 1, 1, 1]
    assert sizes[9:11] == [2, 4]
    tried = [size for size in sizes[9:308] if size > 5]
    assert len(tried) <= 10
    assert sizes[-1] == 16
    assert learnt is None, "and once it is gone, so is its trace"


def test_one_failure_says_nothing_of_the_size(micropython: Any) -> None:
    ((sizes, _),) = micropython(PACE, limits=[0, 16, 0, 16, 0, 16, 0])
    assert set(sizes) == {16}
