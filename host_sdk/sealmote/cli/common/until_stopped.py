"""Run what goes on until somebody stops it: that is how it ends well, with exit code 0.

Everywhere else Ctrl-C interrupts work that is then not done: exit code 130.
"""

import asyncio
import signal
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager, suppress

_STOPS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def until_stopped() -> Iterator[None]:
    """Take Ctrl-C and SIGTERM as the end of the block, which is unwound.

    It must not wait for long at a time: a signal just before a wait does not end that.
    """
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with suppress(KeyboardInterrupt):
        yield


def run_until_stopped(work: Coroutine[None, None, None]) -> None:
    """Run a coroutine until its end, Ctrl-C or SIGTERM, which cancel it. Linux and macOS."""
    asyncio.run(_cancelled_by_signals(work))


async def _cancelled_by_signals(work: Coroutine[None, None, None]) -> None:
    task = asyncio.create_task(work)
    for number in _STOPS:
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task
