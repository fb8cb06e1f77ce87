"""Queue of read queries: fair among those who ask, and without delaying those who write.

What is asked runs in threads of its own, two at a time, each of which then rests for three times as long as
it worked. Who had little of that lately goes first.
"""

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from functools import partial
from typing import Concatenate, ParamSpec, TypeVar

from sealmote.gateway.limits.concurrency_limit import ConcurrencyLimit
from sealmote.gateway.limits.fair_queue import FairQueue, Usage
from sealmote.gateway.store import Store
from sealmote.gateway.store.session import Reader

P = ParamSpec("P")
T = TypeVar("T")

WIDTH = 2
_REST = 3.0
_SHARE = 2  # one source has half of the places at most


class QueryQueue:
    """Reads for whoever asks; at most `most` requests that read are worked on."""

    def __init__(self, store: Store, threads: Executor, most: int):
        self._store = store
        self._queue = FairQueue(threads, WIDTH, _REST)
        self._usage = Usage()
        self._places = ConcurrencyLimit("requests", most, max(1, most // _SHARE))

    def request(self, source: str) -> AbstractContextManager[None]:
        """Hold a place for a whole request; BusyError if there is none."""
        return self._places.held(source)

    async def read(
        self,
        source: str,
        query: Callable[Concatenate[Reader, P], T],
        *args: P.args,
        **kwargs: P.kwargs,
    ) -> T:
        """Run a query of the store. Keep it short: whatever is long is asked for in pieces."""
        piece = partial(self._store.read, query, *args, **kwargs)
        result, seconds = await self._queue.run((self._usage.of(source),), piece)
        self._usage.add(source, seconds)
        return result
