"""Wake state: what a board needs to go on after deep sleep, in RTC memory, good for one wake.

A wake is not a boot: boot number, sequence and uptime go on. The state is taken out before anything is
sealed under it, so that whatever happens in that life its numbers cannot come again: only a life
that ends in order writes another one. Any other end, and RTC memory that was lost or damaged, makes
the next start a new boot, which has numbers of its own.
"""

import time
from collections import namedtuple

import machine

from mote import uptime
from mote.power.rtc_memory import Retained
from sealwire.errors import WireError

# boot, sequence: of the next message · previous: last number of an earlier boot, or None · clock:
# `Clock.state` · head: `Outbox.head` · taken: readings of sample.count · wakes: since the last sending ·
# stated_s: uptime of the last statement · dated: whether one of them had a time · answered: nonce of
# the last challenge answered, or None · counts: `Device.counts` · pace: `Uplink.pace` ·
# due_ms: uptime of the next reading · uptime_ms, rtc_ms: uptime and RTC when it fell asleep
WakeState = namedtuple(
    "WakeState",
    "boot sequence previous clock head taken wakes stated_s dated answered counts pace due_ms"
    " uptime_ms rtc_ms",
)
_FIELDS = 15


def take() -> WakeState | None:
    """Return the state if this is a wake, and None if it is a boot. From here on it is void."""
    retained = Retained()
    data = retained.state
    if data:
        retained.state = b""
        retained.save()
    if machine.reset_cause() != machine.DEEPSLEEP_RESET or not data:
        return None
    from sealwire import cbor  # here and below: only a board that sleeps needs it

    try:
        fields = cbor.decode(data)
    except WireError:
        return None
    if not isinstance(fields, list) or len(fields) != _FIELDS:
        return None  # another firmware's
    state = WakeState(*fields)
    uptime.resume(state.uptime_ms + max(_rtc_ms() - state.rtc_ms, 0))
    return state


def sleep(until_ms: int, **known: object) -> None:
    """Sleep until that uptime, and be woken with what is ``known``; never returns."""
    from sealwire import cbor

    now = uptime.milliseconds()
    retained = Retained()
    retained.young = False  # this life ends in order
    retained.state = cbor.encode(list(WakeState(uptime_ms=now, rtc_ms=_rtc_ms(), **known)))
    retained.save()
    machine.deepsleep(max(until_ms - uptime.milliseconds(), 1))


def _rtc_ms() -> int:
    return time.time_ns() // 1_000_000
