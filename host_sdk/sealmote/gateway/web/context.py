"""Context of request handlers: the gateway's parts that they use."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Concatenate, ParamSpec, TypeVar

from aiohttp import web

from sealmote.api.answers import ChainStatus
from sealmote.common.fault_log import FaultLog
from sealmote.crypto import Signer
from sealmote.gateway.clock import Clock
from sealmote.gateway.directory.operator_token import Token
from sealmote.gateway.exports.exporter import Exporter
from sealmote.gateway.intake import Intake
from sealmote.gateway.limits.network_source import source_of
from sealmote.gateway.limits.query_queue import QueryQueue
from sealmote.gateway.settings import Options
from sealmote.gateway.store import Store
from sealmote.gateway.store.session import Reader
from sealmote.gateway.store.tree_heads import Checkpoint
from sealmote.gateway.web.report_cache import ReportCache
from sealwire.keys import PublicKey

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Context:
    """The gateway as its handlers see it.

    `operator` says who may ask what is for the operator, `published` returns the newest checkpoint
    that may be shown, `halted` why nothing is accepted (None while all is well), `listeners` what keeps
    each way in from accepting, `chain_status` what to say of the chain, `clock_warning` what speaks against
    the clock, `damaged` what a start saw of the database. `faults` is where the log's lines go.
    """

    origin: str
    options: Options
    store: Store
    intake: Intake
    queries: QueryQueue
    reports: ReportCache
    exporters: Mapping[str, Exporter]
    clock: Clock
    ack_key: PublicKey
    log_signer: Signer
    operator: Token
    published: Callable[[], Checkpoint | None]
    halted: Callable[[], str | None]
    listeners: Callable[[], dict[str, str | None]]
    chain_status: Callable[[], ChainStatus | None]
    clock_warning: Callable[[], str | None]
    damaged: Callable[[], list[str]]
    faults: FaultLog

    async def read(
        self,
        request: web.Request,
        query: Callable[Concatenate[Reader, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a query of the store for the one who sent the request, when it is their turn."""
        return await self.queries.read(source_of(request.remote), query, *args, **kwargs)


CONTEXT = web.AppKey("context", Context)
