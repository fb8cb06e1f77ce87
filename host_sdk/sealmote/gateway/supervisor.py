"""Supervisor of the service's tasks: one that ends is started again; if it keeps ending, all ends.

A task that died unseen would leave a gateway that takes readings and keeps none of its promises.
"""

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable, Coroutine

from sealmote.common.fault_log import FaultLog, describe

MOST_STARTS = 5  # of one task within
WINDOW_S = 600.0
PAUSE_S = 1.0  # before a task is started again

_logger = logging.getLogger(__name__)
Work = Callable[[], Coroutine[None, None, None]]


class Supervisor:
    """Runs tasks until `stopping` is set; `failed` says why the service cannot go on, None while it can."""

    def __init__(self, stopping: asyncio.Event, pause_s: float = PAUSE_S):
        self._stopping = stopping
        self._pause_s = pause_s
        self._tasks: list[asyncio.Task[None]] = []
        self._over = asyncio.Event()
        self._faults = FaultLog(_logger)
        self.failed: str | None = None

    def keep(self, name: str, work: Work) -> None:
        """Run `work()`, which returns once `stopping` is set, and start it again if it ends before."""
        self._tasks.append(asyncio.create_task(self._keep(name, work), name=name))

    def need(self, name: str, ended: Callable[[], str | None]) -> None:
        """Give up once `ended()` says with what it ended: what cannot be started again, as a thread."""
        self._tasks.append(asyncio.create_task(self._need(name, ended), name=name))

    async def failure(self) -> str:
        """Wait until the service cannot go on, and return why."""
        await self._over.wait()
        assert self.failed is not None
        return self.failed

    async def stop(self, patience_s: float) -> None:
        """Wait for the tasks, which `stopping` has told to end; who is late is cancelled."""
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=patience_s)
        for task in late:  # a chain that does not answer; what it was sent is found again
            task.cancel()

    async def _keep(self, name: str, work: Work) -> None:
        loop = asyncio.get_running_loop()
        ends: deque[float] = deque(maxlen=MOST_STARTS)
        while not self._stopping.is_set():
            why = await _end_of(work)
            if self._stopping.is_set():
                return
            ends.append(loop.time())
            if len(ends) == MOST_STARTS and ends[-1] - ends[0] < WINDOW_S:
                self._give_up(f"{name} ended {MOST_STARTS} times, the last time with {why}")
                return
            self._faults.report(
                "%s ended with %s: it is started again", name, why, level=logging.CRITICAL
            )
            await asyncio.sleep(self._pause_s)

    async def _need(self, name: str, ended: Callable[[], str | None]) -> None:
        while not self._stopping.is_set():
            why = ended()
            if why is not None:
                self._give_up(f"{name} ended with {why}")
                return
            await wait(self._stopping, self._pause_s)

    def _give_up(self, why: str) -> None:
        self.failed = f"{why}: start the gateway again; if it ends again, look at disk and database"
        self._faults.report("the service cannot go on: %s", self.failed, level=logging.CRITICAL)
        self._over.set()


async def _end_of(work: Work) -> str:
    """Run a task and say with what it ended."""
    try:
        await work()
    except Exception as error:  # noqa: BLE001  # whatever it was, somebody has to know
        return describe(error)
    return "no error, before it was told to"


async def wait(event: asyncio.Event, seconds: float) -> None:
    """Wait for an event, at most so long."""
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(event.wait(), seconds)
