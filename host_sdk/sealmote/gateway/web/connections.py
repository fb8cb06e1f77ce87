"""HTTP connections: how many each source may have, and how long each may be silent.

aiohttp hands a request on once its header is complete; what comes before is bounded here:

    no byte, or part of a header    as long as a request's body may take, from the first moment
    a body that does not come       the same again (`request_body.py` answers 408)
    an answer that is not read, or  KEPT_S after the answer was handed over
    a connection that is kept alive

There is a bound on connections in all, and one for each source. At either, a connection of the source that
has most makes room: the longest-waiting of those that never had a request answered, or else of all. Boards
are done soon, whoever holds connections open is not. Only where all of them are being worked on is the new
one turned away. What is no request is answered late once its source has sent much of it.
"""

import asyncio
import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from itertools import chain
from typing import cast

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.web_request import BaseRequest

from sealmote.common.fault_log import FaultLog
from sealmote.gateway.limits.fair_queue import Usage
from sealmote.gateway.limits.network_source import source_of
from sealmote.gateway.web.problem import Problem

KEPT_S = 30.0
FEW = 16  # answers of late that something is no request; who asks for more of them is answered late
PAUSE_S = 1.0
SHARE = 4  # one source has a fourth of all connections at most
SERVER = "sealmote"  # RFC 9110 section 10.2.4; a version would say which faults to try

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nConnection: close\r\n"
    b"Content-Length: 0\r\n\r\n"
)


Queue = dict["Client", None]


class Connections:
    """The open connections, at most `most`; each has `header_s` seconds for a request's header."""

    def __init__(self, most: int, header_s: float, faults: FaultLog):
        self._most = most
        self._most_each = max(1, most // SHARE)
        self.header_s = header_s
        self.faults = faults
        self._open = 0
        self._sizes: dict[str, int] = {}  # of those, by source
        # By source, those that never had a request answered and those that had; the longest-waiting first.
        self._waiting: dict[str, tuple[Queue, Queue]] = {}
        self._garbage = Usage()

    def factory(self, server: web.Server) -> "Callable[[], SilentConnection]":
        """Return what makes the protocol of a new connection, for `loop.create_server`."""
        loop = asyncio.get_running_loop()

        def make(client: Client) -> Connection:
            return Connection(self, client, server, loop)

        return lambda: SilentConnection(self, make)

    def close(self) -> None:
        """End the connections on which nobody has asked for anything."""
        for queues in list(self._waiting.values()):
            for client in [*queues[0], *queues[1]]:
                client.abort()

    def admit(self, new: "Client") -> bool:
        """Count a connection, making room for it if need be; False if it has to go."""
        source = new.source
        self._open += 1
        self._sizes[source] = self._sizes.get(source, 0) + 1
        self.wait(new)
        if self._sizes[source] > self._most_each:
            return self._make_room(source, new)
        if self._open > self._most:
            return self._make_room(max(self._sizes, key=self._sizes.__getitem__), new)
        return True

    def forget(self, gone: "Client") -> None:
        """Count a connection no more."""
        self.work(gone)
        self._open -= 1
        self._sizes[gone.source] -= 1
        if not self._sizes[gone.source]:
            del self._sizes[gone.source]

    def wait(self, one: "Client") -> None:
        """Note that the client is to do something: it may be asked to make room."""
        self._waiting.setdefault(one.source, ({}, {}))[one.answered][one] = None

    def work(self, one: "Client") -> None:
        """Note that the client waits for us."""
        queues = self._waiting.get(one.source, ({}, {}))
        for queue in queues:
            queue.pop(one, None)
        if not any(queues):
            self._waiting.pop(one.source, None)

    def pause_of(self, source: str) -> float:
        """Count bytes of a source that are no request; return how many seconds their answer is to wait."""
        self._garbage.add(source, 1.0)
        return PAUSE_S if self._garbage.of(source) > FEW else 0.0

    def _make_room(self, source: str, new: "Client") -> bool:
        oldest = next(chain(*self._waiting.get(source, ())), new)
        self.faults.report(
            "too many connections, the most of them from %s", source, level=logging.WARNING
        )
        self.work(oldest)  # it cannot make room twice
        if oldest is new:
            return False
        oldest.abort()
        return True


class Client:
    """Who holds a connection, and how long it may keep still."""

    def __init__(self, transport: asyncio.Transport):
        peer = transport.get_extra_info("peername")
        self.source = source_of(peer[0] if isinstance(peer, tuple) else None)
        self.answered = False  # whether a request was answered with what it asked for
        self.transport = transport
        self._timer: asyncio.TimerHandle | None = None

    def give(self, seconds: float) -> None:
        """End the connection in so many seconds."""
        self.take_back()
        self._timer = asyncio.get_running_loop().call_later(seconds, self.abort)

    def take_back(self) -> None:
        """Set it no time."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def abort(self) -> None:
        """End the connection now, whatever was not sent."""
        self.transport.abort()


class _Late(web.Response):
    """An answer that is sent after a pause: who sends what is no request would be back at once."""

    def __init__(self, answer: web.Response, pause_s: float):
        super().__init__(status=answer.status, headers=answer.headers, body=answer.body)
        self._pause_s = pause_s

    async def prepare(self, request: BaseRequest) -> AbstractStreamWriter | None:
        """Wait; others may have the connection meanwhile, if there are too many."""
        if self._pause_s:
            await asyncio.sleep(self._pause_s)
        return await super().prepare(request)


class SilentConnection(asyncio.Protocol):
    """A connection on which nothing has come yet: it costs no parser and no task."""

    def __init__(self, known: Connections, make: "Callable[[Client], Connection]"):
        self._known = known
        self._make = make

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, or turn it away."""
        self._transport = cast("asyncio.Transport", transport)  # of another family in uvloop
        self._client = Client(self._transport)
        if self._known.admit(self._client):
            self._client.give(self._known.header_s)
        else:
            self._transport.write(_FULL)
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        """Have what comes read as requests from here on."""
        connection = self._make(self._client)
        self._transport.set_protocol(connection)
        connection.connection_made(self._transport)
        connection.data_received(data)

    def connection_lost(self, error: BaseException | None) -> None:
        """Let it go."""
        del error
        self._client.take_back()
        self._known.forget(self._client)


class Connection(web.RequestHandler):
    """One connection's requests, one after another."""

    def __init__(
        self,
        known: Connections,
        client: Client,
        server: web.Server,
        loop: asyncio.AbstractEventLoop,
    ):
        super().__init__(server, loop=loop, access_log=None, auto_decompress=False)  # type: ignore[arg-type]  # None is no log
        self._known = known
        self._client = client

    def connection_lost(self, error: BaseException | None) -> None:
        """Let it go."""
        self._client.take_back()
        self._known.forget(self._client)
        super().connection_lost(error)

    @contextmanager
    def serving(self) -> Iterator[None]:
        """Mark a request whose header is there; what it takes has limits of its own."""
        self._client.take_back()
        try:
            yield
        finally:
            self._known.work(self._client)  # to the end of those that wait
            if not self._client.transport.is_closing():
                self._known.wait(self._client)
                self._client.give(KEPT_S)

    def received(self) -> None:
        """Note that the whole request is there."""
        self._known.work(self._client)

    def answered(self) -> None:
        """Note that the request was answered with what it asked for."""
        self._client.answered = True

    def handle_error(
        self,
        request: BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer a request that is no HTTP, and end the connection."""
        del message  # it quotes the request, as the log's line does
        self._known.faults.report(
            "%s sent what is no request", request.remote, error=exc, level=logging.WARNING
        )
        if request.writer.output_size > 0:
            raise ConnectionError("an answer that was begun cannot be another one")
        problem = Problem(HTTPStatus(status), "this is no HTTP request", "send HTTP/1.1 (RFC 9112)")
        response = _Late(problem.response(), self._known.pause_of(self._client.source))
        response.headers["Server"] = SERVER
        response.force_close()
        return response

    def log_exception(self, text: str, *values: object, **more: object) -> None:
        """Log what aiohttp would log with a traceback."""
        error = more.get("exc_info")
        self._known.faults.report(
            text, *values, error=error if isinstance(error, BaseException) else None
        )
