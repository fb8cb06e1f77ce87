"""Service of one gateway: listeners, checkpoints and anchors, started and stopped together."""

import asyncio
import logging
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from sealmote.chain.protocols import AnchorService
from sealmote.common.fault_log import FaultLog, describe
from sealmote.crypto import Signer
from sealmote.errors import SealmoteError
from sealmote.gateway.clock import Clock, ClockWatch, Known
from sealmote.gateway.directory.layout import Layout
from sealmote.gateway.directory.lock import Lock
from sealmote.gateway.directory.operator_token import Token
from sealmote.gateway.errors import GatewayError
from sealmote.gateway.exports.registry import exporters
from sealmote.gateway.ingress.http import SHUTDOWN_S, HttpListener
from sealmote.gateway.ingress.listener import Listener, ListenerFactory
from sealmote.gateway.ingress.registry import HTTP
from sealmote.gateway.intake import Intake
from sealmote.gateway.limits import query_queue
from sealmote.gateway.publishing.anchorer import Anchorer
from sealmote.gateway.publishing.publisher import Publisher
from sealmote.gateway.readiness import Readiness
from sealmote.gateway.settings import Settings
from sealmote.gateway.store import Store, integrity
from sealmote.gateway.supervisor import Supervisor
from sealmote.gateway.web.context import Context
from sealmote.gateway.web.report_cache import ReportCache

_LISTENER_STOP_S = 30.0  # then it is left to itself
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
    """Everything that runs while a gateway serves.

    `listeners` are the ways in beside HTTP, by their names.
    """

    def __init__(
        self,
        opened: OpenDirectory,
        chain: AnchorService | None,
        on_acknowledged: Callable[[bytes], None],
        address: tuple[str, int],
        listeners: Mapping[str, ListenerFactory],
    ):
        self._operator = Token(opened.layout.operator_token)  # before the lock: it can be refused
        self._lock = Lock(opened.layout.lock)
        self._options = opened.settings
        self._store = opened.store
        self._publisher, self._anchorer = _head_keepers(opened, chain)
        self._clock = ClockWatch(opened.clock, self._known_times)
        self._width = max(2, os.cpu_count() or 1)
        self._verifiers = ThreadPoolExecutor(self._width + 1, "sealmote-verify")
        self._readers = ThreadPoolExecutor(query_queue.WIDTH, "sealmote-read")
        self._signing = ThreadPoolExecutor(1, "sealmote-publish")  # never waits for a thread
        self._stopping = asyncio.Event()
        self._supervisor = Supervisor(self._stopping)
        self._faults = FaultLog(logging.getLogger(__name__))
        self._readiness = Readiness(
            self._supervisor,
            self._publisher,
            self._anchorer,
            self._clock,
            self._options.log.merge_delay_s - self._options.log.checkpoint_period_s,
        )
        self._intake = self._make_intake(opened, on_acknowledged)
        self._http = HttpListener(self._context(opened), *address)
        self._listeners: dict[str, Listener] = {HTTP: self._http}
        self._factories = listeners
        self._damaged: list[str] = []

    @property
    def port(self) -> int:
        """The port that HTTP is served on."""
        return self._http.port

    async def start(self) -> None:
        """Check the log against what the world knows of it, then open every way in.

        Raises RolledBackError if the log is behind a published or anchored head, or differs. If the
        chain cannot be asked, it listens and takes nothing yet: only the chain remembers when
        everything here is a backup, and what a fork of the log accepts is lost.
        """
        try:
            await asyncio.to_thread(self._publisher.recover)
            await asyncio.to_thread(self._check_newest)
            if self._anchorer:
                await self._anchorer.start()
            self._watch()  # a listener that begins slowly keeps no head of what another took
            for name, make in self._factories.items():
                self._listeners[name] = make(self._intake)
            for name, listener in self._listeners.items():
                await _begin(name, listener)
        except BaseException:
            await self.stop()
            raise

    async def failure(self) -> str:
        """Wait until the service cannot go on, and return why."""
        return await self._supervisor.failure()

    async def stop(self) -> None:
        """Answer what is being worked on, and let go of the directory."""
        await asyncio.gather(*(self._end(*item) for item in self._listeners.items()))
        self._stopping.set()
        await self._supervisor.stop(SHUTDOWN_S)
        for pool in (self._verifiers, self._readers, self._signing):
            await asyncio.to_thread(pool.shutdown)
        self._lock.release()

    async def _end(self, name: str, listener: Listener) -> None:
        """Stop a listener; one that cannot is reported, and the directory is let go of all the same."""
        try:
            async with asyncio.timeout(_LISTENER_STOP_S):
                await listener.stop()
        except Exception as error:  # noqa: BLE001  # a plugin's, it may be anything
            self._faults.report("the listener %s does not stop", name, error=error)

    def _check_newest(self) -> None:
        self._damaged = self._store.read(integrity.check_newest)
        for what in self._damaged[:_MOST_LINES]:
            self._faults.report(what)

    def _watch(self) -> None:
        options, publisher, anchorer = self._options, self._publisher, self._anchorer
        publish = partial(
            publisher.run,
            options.log.checkpoint_period_s,
            self._stopping,
            self._signing,
            self._readiness.may_sign,
        )
        self._supervisor.keep("the publisher", publish)
        if anchorer:
            anchor = partial(anchorer.run, options.chain.anchor_period_s, self._stopping)
            self._supervisor.keep("the anchorer", anchor)
        self._supervisor.keep("the clock's watch", partial(self._clock.run, self._stopping))
        self._supervisor.need("the writer", self._store.writer_ended)

    def _make_intake(
        self, opened: OpenDirectory, on_acknowledged: Callable[[bytes], None]
    ) -> Intake:
        return Intake(
            opened.store,
            opened.ack_signer,
            opened.settings.origin,
            self._options.log.merge_delay_s,
            self._verifiers,
            self._width,
            self._options.limits.max_requests,
            opened.clock,
            self._readiness.check,
            on_acknowledged,
        )

    def _context(self, opened: OpenDirectory) -> Context:
        return Context(
            origin=opened.settings.origin,
            options=self._options,
            store=opened.store,
            intake=self._intake,
            queries=query_queue.QueryQueue(
                opened.store, self._readers, self._options.limits.max_requests
            ),
            reports=ReportCache(),
            exporters=exporters(self._faults),
            clock=opened.clock,
            ack_key=opened.ack_signer.public,
            log_signer=opened.log_signer,
            operator=self._operator,
            published=lambda: self._publisher.published,
            halted=self._readiness.fault,
            listeners=self._health,
            chain_status=lambda: self._anchorer.status() if self._anchorer else None,
            clock_warning=self._clock.warning,
            damaged=lambda: self._damaged,
            faults=self._faults,
        )

    def _health(self) -> dict[str, str | None]:
        """Return what keeps each way in from accepting, None where nothing does."""
        return {name: _health_of(listener) for name, listener in self._listeners.items()}

    def _known_times(self) -> Known:
        published, anchorer = self._publisher.published, self._anchorer
        known = {} if published is None else {"the newest checkpoint": published.issued}
        if anchorer is not None and anchorer.chain_time is not None:
            known["the chain's newest block"] = anchorer.chain_time
        return known


async def _begin(name: str, listener: Listener) -> None:
    try:
        await listener.start()
    except SealmoteError:
        raise
    except Exception as error:  # a plugin's, it may be anything
        raise GatewayError(
            f"the listener {name} cannot start: {describe(error)}: correct [ingress.{name}] in"
            " gateway.toml, or remove it"
        ) from error


def _health_of(listener: Listener) -> str | None:
    try:
        return listener.health()
    except Exception as error:  # noqa: BLE001  # a plugin's, it may be anything
        return f"it cannot say how it is: {describe(error)}"


def _head_keepers(
    opened: OpenDirectory, chain: AnchorService | None
) -> tuple[Publisher, Anchorer | None]:
    """Return who signs the log's heads, and who anchors them if there is a chain."""
    origin, store, signer = opened.settings.origin, opened.store, opened.log_signer
    publisher = Publisher(store, origin, signer, opened.layout.published, opened.clock)
    anchorer = Anchorer(store, origin, signer, chain, opened.clock) if chain else None
    return publisher, anchorer
