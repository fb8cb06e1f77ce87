"""Watchdog: the hardware is fed only while every task is back when it promised.

Armed for 120 s. What can keep the event loop from turning, at the most:

    42 s   looking up a name: lwIP asks each of three servers after 0, 1, 2 and 4 s and gives it up
           after 7 (core/dns.c, DNS_MAX_RETRIES 4), for an IPv4 address and then for an IPv6 one
    15 s   the arithmetic of a TLS handshake without hardware: two signatures and a key exchange
    15 s   a signature made or checked in plain Python, without native code
    10 s   dropping the oldest segment, and littlefs making room for its own

The watchdog cannot be switched off, and outlives a soft reset. Where the application ends for a
person to take over, it is set to a day.
"""

import asyncio

import machine

from mote import uptime
from mote.log import Log
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from collections.abc import Awaitable

TIMEOUT_MS = const(120_000)
_FEED_MS = const(5_000)
_GRACE_MS = const(120_000)  # a promise may be late by what another task blocks
_DAY_MS = const(86_400_000)

_log = Log("watchdog")


class Pulse:
    """One task's promises. Without one it is waiting for something that need never come."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._due_ms: int | None = None

    @property
    def late(self) -> bool:
        """Whether a promise is broken."""
        return self._due_ms is not None and uptime.milliseconds() > self._due_ms + _GRACE_MS

    def within(self, milliseconds: int) -> None:
        """Promise to be back by then."""
        self._due_ms = uptime.milliseconds() + milliseconds

    def rest(self) -> None:
        """Promise nothing: the task has ended, or waits for an event."""
        self._due_ms = None

    async def sleep_ms(self, milliseconds: int) -> None:
        """Sleep, and promise to wake up."""
        self.within(milliseconds)
        await asyncio.sleep_ms(milliseconds)

    async def wait(self, event: "Awaitable[object]") -> None:
        """Wait for what need never come."""
        self.rest()
        await event
        self.within(0)


class Watchdog:
    """Arms the hardware when `keep` begins, and feeds it."""

    def __init__(self) -> None:
        self._pulses: list[Pulse] = []
        self._armed = False

    def pulse(self, name: str) -> Pulse:
        """Return the pulse of one more task."""
        made = Pulse(name)
        self._pulses.append(made)
        return made

    async def keep(self) -> None:
        """Feed for ever, while no promise is broken."""
        self._armed = True
        hardware = machine.WDT(timeout=TIMEOUT_MS)
        reported: list[str] = []
        while True:
            late = [pulse.name for pulse in self._pulses if pulse.late]
            if not late:
                hardware.feed()
            elif late != reported:
                _log.error("no progress from %s: left to the watchdog" % ", ".join(late))
            reported = late
            await asyncio.sleep_ms(_FEED_MS)

    def relax(self) -> None:
        """Give a person a day, if the hardware is armed: it bites in the middle of a copy too."""
        if self._armed:
            machine.WDT(timeout=_DAY_MS)
