"""Service of one gateway: listeners, checkpoints and anchors, started and stopped together."""

import asyncio
import logging
import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from aiohttp import web

from sealmote import listening
from sealmote.crypto import Signer
from sealmote.faults import Faults
from sealmote.gateway.clock import Clock, ClockWatch, Known
from sealmote.gateway.config import Layout, Settings
from sealmote.gateway.directory.lock import Lock
from sealmote.gateway.directory.operator_token import Token
from sealmote.gateway.errors import GatewayError, NotAcceptingError
from sealmote.gateway.intake import Intake
from sealmote.gateway.limits import query_queue
from sealmote.gateway.limits.open_files import room_for
from sealmote.gateway.publishing.anchorer import AnchorClient, Anchorer
from sealmote.gateway.publishing.publisher import Publisher
from sealmote.gateway.store import Store, integrity
from sealmote.gateway.supervisor import Supervisor
from sealmote.gateway.web.app import make_app
from sealmote.gateway.web.connections import Connections
from sealmote.gateway.web.context import Context

_SHUTDOWN_S = 5.0  # for requests that are being answered
_BACKLOG = 1024  # connections that nobody has looked at yet
_HALTED_RETRY_S = 60  # a person has to act
_DOUBT_RETRY_S = 10
_MOST_LINES = 10  # about what is damaged; the status has all that was seen


@dataclass(frozen=True, slots=True)
class OpenDirectory:
    """What an open gateway directory holds."""

    layout: Layout
    settings: Settings
    store: Store
    ack_signer: Signer
    log_signer: Signer
    clock: Clock


class Serving:
    """Everything that runs while a gateway serves."""

    def __init__(
        self,
        opened: OpenDirectory,
        chain: AnchorClient | None,
        on_acknowledged: Callable[[bytes], None],
    ):
        self._operator = Token(opened.layout.operator_token)  # before the lock: it can be refused
        self._lock = Lock(opened.layout.lock)
        self._options = opened.settings.options
        self._store = opened.store
        self._publisher, self._anchorer = _head_keepers(opened, chain)
        self._clock = ClockWatch(opened.clock, self._known_times)
        self._width = max(2, os.cpu_count() or 1)
        self._verifiers = ThreadPoolExecutor(self._width + 1, "sealmote-verify")
        self._readers = ThreadPoolExecutor(query_queue.WIDTH, "sealmote-read")
        self._signing = ThreadPoolExecutor(1, "sealmote-publish")  # never waits for a thread
        self._stopping = asyncio.Event()
        self._supervisor = Supervisor(self._stopping)
        self._faults = Faults(logging.getLogger(__name__))
        most = room_for(self._options.max_connections)
        self._connections = Connections(most, self._options.body_timeout_s, self._faults)
        app = make_app(self._context(opened, on_acknowledged))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        self._damaged: list[str] = []
        self._listener: asyncio.Server | None = None
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Check the log against what the world knows of it, then listen; port 0 takes a free one.

        Raises RolledBackError if the log is behind a published or anchored head, or differs. If the
        chain cannot be asked, it listens and takes nothing yet: only the chain remembers when
        everything here is a backup, and what a fork of the log accepts is lost.
        """
        try:
            await asyncio.to_thread(self._publisher.recover)
            await asyncio.to_thread(self._look)
            if self._anchorer:
                await self._anchorer.start()
            await self._listen(host, port)
        except BaseException:
            await self.stop()
            raise
        self._watch()

    def _look(self) -> None:
        self._damaged = self._store.read(integrity.check_newest)
        for what in self._damaged[:_MOST_LINES]:
            self._faults.report(what)

    async def failure(self) -> str:
        """Wait until the service cannot go on, and return why."""
        return await self._supervisor.failure()

    async def stop(self) -> None:
        """Answer what is being worked on, and let go of the directory."""
        if self._listener is not None:
            self._listener.close()
        await self._runner.cleanup()
        self._connections.close()
        self._stopping.set()
        await self._supervisor.stop(_SHUTDOWN_S)
        for pool in (self._verifiers, self._readers, self._signing):
            await asyncio.to_thread(pool.shutdown)
        self._lock.release()

    def _watch(self) -> None:
        options, publisher, anchorer = self._options, self._publisher, self._anchorer
        publish = partial(
            publisher.run,
            options.checkpoint_period_s,
            self._stopping,
            self._signing,
            self._may_sign,
        )
        self._supervisor.keep("the publisher", publish)
        if anchorer:
            anchor = partial(anchorer.run, options.anchor_period_s, self._stopping)
            self._supervisor.keep("the anchorer", anchor)
        self._supervisor.keep("the clock's watch", partial(self._clock.run, self._stopping))
        self._supervisor.need("the writer", self._store.writer_ended)

    def _context(self, opened: OpenDirectory, on_acknowledged: Callable[[bytes], None]) -> Context:
        settings, store, clock = opened.settings, opened.store, opened.clock
        self._intake = Intake(
            store,
            opened.ack_signer,
            settings.origin,
            self._options.merge_delay_s,
            self._verifiers,
            self._width,
            self._options.max_requests,
            clock,
            self._shut,
            on_acknowledged,
        )
        return Context(
            origin=settings.origin,
            options=self._options,
            store=store,
            intake=self._intake,
            queries=query_queue.QueryQueue(store, self._readers, self._options.max_requests),
            clock=clock,
            ack_key=opened.ack_signer.public,
            log_signer=opened.log_signer,
            operator=self._operator,
            published=lambda: self._publisher.published,
            halted=lambda: self._halted() or self._doubt(),
            chain_status=lambda: self._anchorer.status() if self._anchorer else None,
            clock_warning=self._clock.warning,
            damaged=lambda: self._damaged,
            faults=self._faults,
        )

    async def _listen(self, host: str, port: int) -> None:
        await self._runner.setup()
        assert self._runner.server is not None
        factory = self._connections.factory(self._runner.server)
        try:
            self._listener = await asyncio.get_running_loop().create_server(
                factory, host, port, backlog=_BACKLOG
            )
        except OSError as error:
            raise GatewayError(listening.explain(host, port, error)) from error
        self.port = self._listener.sockets[0].getsockname()[1]

    def _shut(self) -> None:
        """Raise NotAcceptingError if a promise that was made now might not be kept."""
        if halted := self._halted():
            raise NotAcceptingError(halted, _HALTED_RETRY_S)
        if doubt := self._doubt():
            raise NotAcceptingError(doubt, _DOUBT_RETRY_S)

    def _may_sign(self) -> bool:
        """Say whether the log can fork no more than it has: before the chain was asked, it could."""
        return self._anchorer is None or self._anchorer.doubt() is None

    def _halted(self) -> str | None:
        anchorer = self._anchorer
        return (
            self._supervisor.failed
            or self._publisher.halted
            or (anchorer.halted if anchorer else None)
        )

    def _known_times(self) -> Known:
        published, anchorer = self._publisher.published, self._anchorer
        known = {} if published is None else {"the newest checkpoint": published.issued}
        if anchorer is not None and anchorer.chain_time is not None:
            known["the chain's newest block"] = anchorer.chain_time
        return known

    def _doubt(self) -> str | None:
        if fault := self._clock.fault():
            return fault
        if self._anchorer and (doubt := self._anchorer.doubt()):
            return doubt
        options = self._options
        return self._publisher.doubt(options.merge_delay_s - options.checkpoint_period_s)


def _head_keepers(
    opened: OpenDirectory, chain: AnchorClient | None
) -> tuple[Publisher, Anchorer | None]:
    """Return who signs the log's heads, and who anchors them if there is a chain."""
    origin, store, signer = opened.settings.origin, opened.store, opened.log_signer
    publisher = Publisher(store, origin, signer, opened.layout.published, opened.clock)
    anchorer = Anchorer(store, origin, signer, chain, opened.clock) if chain else None
    return publisher, anchorer
