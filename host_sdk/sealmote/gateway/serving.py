"""A gateway at work: HTTP, checkpoints and anchors, started and stopped together."""

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine
from concurrent.futures import ThreadPoolExecutor

from aiohttp import web

from sealmote.chain.errors import ChainError
from sealmote.crypto import Signer
from sealmote.gateway.anchorer import AnchorClient, Anchorer
from sealmote.gateway.config import Layout, Settings
from sealmote.gateway.errors import GatewayError
from sealmote.gateway.intake import Clock, Intake
from sealmote.gateway.lock import Lock
from sealmote.gateway.publisher import Publisher
from sealmote.gateway.store import Store
from sealmote.gateway.web.app import make_app
from sealmote.gateway.web.context import Context

_logger = logging.getLogger(__name__)

_READERS = 2
_SHUTDOWN_S = 5.0  # for requests that are being answered


class Serving:
    """Everything that runs while a gateway serves."""

    def __init__(
        self,
        layout: Layout,
        settings: Settings,
        store: Store,
        ack_signer: Signer,
        log_signer: Signer,
        clock: Clock,
        chain: AnchorClient | None,
        on_acknowledged: Callable[[bytes], None],
    ):
        self._lock = Lock(layout.lock)
        self._options = settings.options
        self._store = store
        self._publisher = Publisher(store, settings.origin, log_signer, layout.published, clock)
        self._anchorer = (
            Anchorer(store, settings.origin, log_signer, chain, clock) if chain else None
        )
        self._verifiers = ThreadPoolExecutor(os.cpu_count(), "sealmote-verify")
        self._readers = ThreadPoolExecutor(_READERS, "sealmote-read")
        self._tasks: list[asyncio.Task[None]] = []
        merge_delay_s = self._options.merge_delay_s
        context = Context(
            origin=settings.origin,
            options=self._options,
            store=store,
            intake=Intake(
                store,
                ack_signer,
                settings.origin,
                merge_delay_s,
                self._verifiers,
                clock,
                on_acknowledged,
            ),
            readers=self._readers,
            clock=clock,
            ack_key=ack_signer.public,
            log_signer=log_signer,
            published=lambda: self._publisher.published,
            halted=self._halted,
            chain_status=lambda: self._anchorer.status() if self._anchorer else None,
        )
        self._runner = web.AppRunner(
            make_app(context), access_log=None, shutdown_timeout=_SHUTDOWN_S
        )
        self.port = 0

    async def start(self, host: str, port: int) -> None:
        """Check the log against what the world knows of it, then listen; port 0 takes a free one.

        Raises RolledBackError if the log is behind a published or anchored head, or differs.
        """
        try:
            await asyncio.to_thread(self._publisher.recover)
            await asyncio.to_thread(self._check_chain)
            await self._listen(host, port)
        except BaseException:
            await self.stop()
            raise
        self._spawn(self._publisher.run(self._options.checkpoint_period_s))
        if self._anchorer:
            self._spawn(self._anchorer.run(self._options.anchor_period_s))

    async def stop(self) -> None:
        """Answer what is being worked on, and let go of the directory."""
        await self._runner.cleanup()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for pool in (self._verifiers, self._readers):
            await asyncio.to_thread(pool.shutdown)
        self._lock.release()

    def _check_chain(self) -> None:
        if self._anchorer is None:
            return
        try:
            self._anchorer.check()
        except ChainError as error:
            # Readings are taken meanwhile; the anchorer checks again before it anchors.
            _logger.warning("the chain cannot be asked for the log's head: %s", error)

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
