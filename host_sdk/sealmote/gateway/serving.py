"""A gateway at work: HTTP, checkpoints and anchors, started and stopped together."""

import asyncio
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from aiohttp import web

from sealmote.crypto import Signer
from sealmote.gateway.anchorer import AnchorClient, Anchorer
from sealmote.gateway.config import Layout, Settings
from sealmote.gateway.errors import GatewayError
from sealmote.gateway.intake import Clock, Intake
from sealmote.gateway.lock import Lock
from sealmote.gateway.operator import Token
from sealmote.gateway.publisher import Publisher
from sealmote.gateway.store import Store
from sealmote.gateway.web.app import make_app
from sealmote.gateway.web.context import Context

_READERS = 2
_SHUTDOWN_S = 5.0  # for requests that are being answered


@dataclass(frozen=True, slots=True)
class Holdings:
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
        holdings: Holdings,
        chain: AnchorClient | None,
        on_acknowledged: Callable[[bytes], None],
    ):
        self._lock = Lock(holdings.layout.lock)
        self._options = holdings.settings.options
        self._publisher, self._anchorer = _head_keepers(holdings, chain)
        self._verifiers = ThreadPoolExecutor(os.cpu_count(), "sealmote-verify")
        self._readers = ThreadPoolExecutor(_READERS, "sealmote-read")
        self._stopping = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []
        app = make_app(self._context(holdings, on_acknowledged))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=_SHUTDOWN_S)
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Check the log against what the world knows of it, then listen; port 0 takes a free one.

        Raises RolledBackError if the log is behind a published or anchored head, or differs, and
        ChainError if the chain cannot be asked: only it remembers when everything here is a
        backup, and what a fork of the log accepts is lost.
        """
        try:
            await asyncio.to_thread(self._publisher.recover)
            if self._anchorer:
                await asyncio.to_thread(self._anchorer.check)
            await self._listen(host, port)
        except BaseException:
            await self.stop()
            raise
        self._spawn(self._publisher.run(self._options.checkpoint_period_s, self._stopping))
        if self._anchorer:
            self._spawn(self._anchorer.run(self._options.anchor_period_s, self._stopping))

    async def stop(self) -> None:
        """Answer what is being worked on, and let go of the directory."""
        await self._runner.cleanup()
        self._stopping.set()
        if self._tasks:
            _, late = await asyncio.wait(self._tasks, timeout=_SHUTDOWN_S)
            for task in late:  # a chain that does not answer; what it was sent is found again
                task.cancel()
        for pool in (self._verifiers, self._readers):
            await asyncio.to_thread(pool.shutdown)
        self._lock.release()

    def _context(self, holdings: Holdings, on_acknowledged: Callable[[bytes], None]) -> Context:
        settings, store, clock = holdings.settings, holdings.store, holdings.clock
        intake = Intake(
            store,
            holdings.ack_signer,
            settings.origin,
            self._options.merge_delay_s,
            self._verifiers,
            clock,
            on_acknowledged,
        )
        return Context(
            origin=settings.origin,
            options=self._options,
            store=store,
            intake=intake,
            readers=self._readers,
            clock=clock,
            ack_key=holdings.ack_signer.public,
            log_signer=holdings.log_signer,
            operator=Token(holdings.layout.operator_token),
            published=lambda: self._publisher.published,
            halted=self._halted,
            chain_status=lambda: self._anchorer.status() if self._anchorer else None,
        )

    async def _listen(self, host: str, port: int) -> None:
        await self._runner.setup()
        site = web.TCPSite(self._runner, host, port)
        try:
            await site.start()
        except OSError as error:
            raise GatewayError(
                f"cannot listen on {host} port {port}: {error.strerror}; choose another port"
            ) from error
        self.port = self._runner.addresses[0][1]

    def _spawn(self, work: Coroutine[None, None, None]) -> None:
        self._tasks.append(asyncio.create_task(work))

    def _halted(self) -> str | None:
        return self._publisher.halted or (self._anchorer.halted if self._anchorer else None)


def _head_keepers(
    holdings: Holdings, chain: AnchorClient | None
) -> tuple[Publisher, Anchorer | None]:
    """Return who signs the log's heads, and who anchors them if there is a chain."""
    origin, store, signer = holdings.settings.origin, holdings.store, holdings.log_signer
    publisher = Publisher(store, origin, signer, holdings.layout.published, holdings.clock)
    anchorer = Anchorer(store, origin, signer, chain, holdings.clock) if chain else None
    return publisher, anchorer
