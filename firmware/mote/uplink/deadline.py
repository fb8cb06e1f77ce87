"""Time limits for the steps of a request."""

import asyncio

from mote.errors import SilentError


async def within(milliseconds: int, step, doing: str):  # type: ignore[no-untyped-def]  # any awaitable
    """Return what ``step`` does, or raise `SilentError` when it takes longer."""
    try:
        return await asyncio.wait_for_ms(step, milliseconds)
    except asyncio.TimeoutError:
        raise SilentError("%s took longer than %d s" % (doing, milliseconds // 1000))
