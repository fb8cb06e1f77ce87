"""Run a gateway as a program of its own, on the fastest event loop there is, until SIGINT or SIGTERM."""

import asyncio
import gc
import logging
import signal
import sys
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from typing import Any, TypeVar

from sealmote.chain.protocols import AnchorService
from sealmote.common.fault_log import FaultLog
from sealmote.gateway.errors import ServiceError
from sealmote.gateway.gateway import Gateway
from sealmote.gateway.limits.open_files import raise_limit

T = TypeVar("T")

# A thread that has work for the interpreter lets go of it so soon (5 ms by default): a post passes it some
# twenty times, so two that read the log would make it ten times as long.
_SWITCH_S = 0.0005

_faults = FaultLog(logging.getLogger(__name__))


def run(
    gateway: Gateway,
    host: str = "127.0.0.1",
    port: int = 8080,
    chain: AnchorService | None = None,
    on_started: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until SIGINT or SIGTERM; `on_started` is told the URL.

    Raises what `start` raises, and ServiceError if the service ends by itself.
    """
    raise_limit(gateway.settings.limits.max_connections)
    sys.setswitchinterval(_SWITCH_S)
    run_loop(_serve(gateway, host, port, chain, on_started))


def run_loop(work: Coroutine[None, None, T]) -> T:
    """Run a coroutine to its end, with uvloop where that is installed (it is not for Windows)."""
    if find_spec("uvloop") is None:
        return asyncio.run(work)
    import uvloop  # noqa: PLC0415  # optional, and asked for above

    result: T = uvloop.run(work)
    return result


async def _serve(
    gateway: Gateway,
    host: str,
    port: int,
    chain: AnchorService | None,
    on_started: Callable[[str], None],
) -> None:
    stop = asyncio.Event()
    asyncio.get_running_loop().set_exception_handler(_report)
    if sys.platform != "win32":  # there Ctrl-C raises KeyboardInterrupt, as ever
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    if not await _started(stop, gateway.start(host, port, chain)):
        return
    gc.freeze()  # what is loaded by now stays: looking through it again and again stops every thread
    try:
        on_started(gateway.url)
        await _until(stop, gateway)
    finally:
        await gateway.stop()


async def _started(stop: asyncio.Event, work: Coroutine[None, None, None]) -> bool:
    """Start; False where it was told to stop before, as while a listener waits for its broker."""
    starting = asyncio.create_task(work)
    stopped = asyncio.create_task(stop.wait())
    await asyncio.wait([starting, stopped], return_when=asyncio.FIRST_COMPLETED)
    stopped.cancel()
    if not starting.done():
        starting.cancel()
        await asyncio.wait([starting])
        if starting.cancelled():
            return False
    await starting
    return True


async def _until(stop: asyncio.Event, gateway: Gateway) -> None:
    """Wait to be told to stop; ServiceError if the service ends before."""
    stopped = asyncio.create_task(stop.wait())
    failed = asyncio.create_task(gateway.failure())
    try:
        await asyncio.wait([stopped, failed], return_when=asyncio.FIRST_COMPLETED)
        if failed.done():
            raise ServiceError(f"the gateway ended by itself: {failed.result()}")
    finally:
        stopped.cancel()
        failed.cancel()


def _report(_loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Log what the event loop met with outside of any request: one line, as for every other fault."""
    _faults.report(context["message"], error=context.get("exception"))
