"""Fair queue: work for threads, in an order that nobody can buy by sending more.

Work is handed over in small pieces. Of the pieces that wait, the one with the least rank goes first, and
among equals the one that came first.
"""

import asyncio
import heapq
import itertools
import math
import time
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Executor
from typing import TypeVar

T = TypeVar("T")
Rank = tuple[float, ...]

_MOST_SOURCES = 4096
_HALF_LIFE_S = 10.0


class FairQueue:
    """Lets `width` pieces of work run at a time in an executor. For one event loop.

    After a piece its place stays empty for `rest` times as long as the piece took, so that work of this
    kind leaves the processor to others.
    """

    def __init__(self, executor: Executor, width: int, rest: float = 0.0):
        self._executor = executor
        self._free = width
        self._rest = rest
        self._waiting: list[tuple[Rank, int, asyncio.Future[None]]] = []
        self._numbers = itertools.count()

    async def run(self, rank: Rank, piece: Callable[[], T]) -> tuple[T, float]:
        """Return what `piece()` returns, once it is its turn, and how many seconds it took."""
        await self._turn(rank)
        loop = asyncio.get_running_loop()
        try:
            work = loop.run_in_executor(self._executor, _timed, piece)
        except BaseException:
            self._release()
            raise
        # The place is held by the thread, also when nobody waits for the result any more.
        work.add_done_callback(self._rest_of)
        return await asyncio.shield(work)

    def _rest_of(self, work: "asyncio.Future[tuple[T, float]]") -> None:
        took_s = 0.0 if work.cancelled() or work.exception() else work.result()[1]
        if self._rest and took_s:
            asyncio.get_running_loop().call_later(took_s * self._rest, self._release)
        else:
            self._release()

    async def _turn(self, rank: Rank) -> None:
        if self._free:
            self._free -= 1
            return
        turn = asyncio.get_running_loop().create_future()
        heapq.heappush(self._waiting, (rank, next(self._numbers), turn))
        try:
            await turn
        except asyncio.CancelledError:
            if turn.done() and not turn.cancelled():  # it was given the place in that moment
                self._release()
            raise

    def _release(self) -> None:
        while self._waiting:
            _, _, turn = heapq.heappop(self._waiting)
            if not turn.done():
                turn.set_result(None)
                return
        self._free += 1


class Usage:
    """How much each source had lately, as in seconds of work; halved every ten seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._used: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def of(self, source: str) -> float:
        """Return how much a source had."""
        used, since = self._used.get(source, (0.0, 0.0))
        return used * math.exp2((since - self._clock()) / _HALF_LIFE_S)

    def add(self, source: str, amount: float) -> None:
        """Count what was done for a source; the one that was quiet longest is forgotten."""
        self._used[source] = (self.of(source) + amount, self._clock())
        self._used.move_to_end(source)
        if len(self._used) > _MOST_SOURCES:
            self._used.popitem(last=False)


def _timed(piece: Callable[[], T]) -> tuple[T, float]:
    begin = time.perf_counter()
    result = piece()
    return result, time.perf_counter() - begin
