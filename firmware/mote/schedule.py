"""Schedule: when the next reading and the next statement are due."""

import asyncio

from mote import uptime
from mote.log import Log
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from mote.network.clock import Clock

STATE_AGAIN_S = const(86_400)
ANSWER_AGAIN_S = const(60)  # what a gateway's challenges may wear the flash
_CLOCK_GRACE_MS = const(10_000)  # how long the first reading waits for its date

_log = Log("app")


async def grace(clock: "Clock") -> None:
    """Wait a little for the time, so that the first messages have one."""
    try:
        await asyncio.wait_for_ms(clock.known.wait(), _CLOCK_GRACE_MS)
    except asyncio.TimeoutError:
        _log.warning("no time yet: readings carry the uptime, a later statement dates them")


def next_due(due_ms: int, period_ms: int) -> int:
    """Return the next of the moments ``due_ms`` + n periods that is still to come."""
    late_ms = max(uptime.milliseconds() - due_ms, 0)
    return due_ms + (late_ms // period_ms + 1) * period_ms
