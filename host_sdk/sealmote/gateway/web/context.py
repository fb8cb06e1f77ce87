"""What a request handler can reach."""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from aiohttp import web

from sealmote.crypto import Signer
from sealmote.gateway.config import Options
from sealmote.gateway.intake import Clock, Intake
from sealmote.gateway.operator import Token
from sealmote.gateway.store import Store
from sealmote.gateway.store.heads import Checkpoint
from sealwire.keys import PublicKey

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    """The gateway as its handlers see it.

    `operator` says who may ask what is for the operator, `published` returns the newest checkpoint
    that may be shown, `halted` why nothing more may be accepted (None while all is well),
    `chain_status` what to say of the chain. Reading handlers run in `readers`, apart from the
    intake's threads.
    """

    origin: str
    options: Options
    store: Store
    intake: Intake
    readers: Executor
    clock: Clock
    ack_key: PublicKey
    log_signer: Signer
    operator: Token
    published: Callable[[], Checkpoint | None]
    halted: Callable[[], str | None]
    chain_status: Callable[[], dict[str, object] | None]

    async def read(
        self,
        query: Callable[Concatenate[sqlite3.Connection, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a query of the store in a reading thread."""

        def call() -> T:
            return self.store.read(query, *args, **kwargs)

        return await asyncio.get_running_loop().run_in_executor(self.readers, call)


CONTEXT = web.AppKey("context", Context)
