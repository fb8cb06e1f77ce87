"""Serving from a program of its own, on the fastest event loop there is, until it is told to stop."""

import asyncio
import signal
import sys
from collections.abc import Callable, Coroutine
from importlib.util import find_spec
from typing import TypeVar

from sealmote.gateway.anchorer import AnchorClient
from sealmote.gateway.gateway import Gateway

T = TypeVar("T")


def run(
    gateway: Gateway,
    host: str = "127.0.0.1",
    port: int = 8080,
    chain: AnchorClient | None = None,
    on_started: Callable[[str], None] = lambda _: None,
) -> None:
    """Serve until SIGINT or SIGTERM; `on_started` is told the URL. Raises what `start` raises."""
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
    chain: AnchorClient | None,
    on_started: Callable[[str], None],
) -> None:
    stop = asyncio.Event()
    if sys.platform != "win32":  # there Ctrl-C raises KeyboardInterrupt, as ever
        for number in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(number, stop.set)
    await gateway.start(host, port, chain)
    try:
        on_started(gateway.url)
        await stop.wait()
    finally:
        await gateway.stop()
