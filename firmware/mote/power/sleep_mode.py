"""A board that sleeps between readings: wake, sample, seal, keep, and every n-th time send.

A boot stays awake for ten seconds at least: a chip that speaks USB itself is gone from the bus while
it sleeps, and somebody may want to reach it. A wake that does not send leaves the radio off.
"""

import asyncio

from mote import log, uptime
from mote.app import STATE_AGAIN_S, grace, next_due
from mote.errors import ClockError
from mote.network import jitter
from mote.power import wake_state
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from mote.configuration.config import Config
    from mote.device import Parts
    from mote.power.watchdog import Watchdog

_ONLINE_MS = const(30_000)  # one attempt to join, and a little of the next
_SENDING_MS = const(300_000)  # then the rest waits for the next turn
_AWAKE_MS = const(10_000)
_CLOCK_AGE_MS = const(3_600_000)

_log = log.Log("sleeper")


class Sleeper:
    """One life between two sleeps."""

    def __init__(self, parts: "Parts", settings: "Config", dog: "Watchdog") -> None:
        ticket = parts.nap
        self._parts = parts
        self._power = settings.power
        self._period_ms = settings.sample.period_s * 1000
        self._dog = dog
        self._pulse = dog.pulse("sleeper")
        self._boot = ticket is None
        self._due_ms: int = ticket.due_ms if ticket else uptime.milliseconds()
        # Boards that got their power together do not send together.
        self._wakes: int = ticket.wakes + 1 if ticket else jitter.below(self._power.send_every)

    async def run(self) -> None:
        """Do what this life is for, and sleep; never returns."""
        parts = self._parts
        self._pulse.within(2 * _SENDING_MS)
        watching = asyncio.create_task(self._dog.keep())
        if self._boot:
            await self._begin()
        if not parts.done:
            parts.read()
            if parts.done:
                _log.info("done %d" % parts.taken)
        if self._boot or self._wakes >= self._power.send_every:
            self._wakes = self._wakes if self._boot else 0
            await self._send()
        if self._boot and uptime.milliseconds() < _AWAKE_MS:
            await asyncio.sleep_ms(_AWAKE_MS - uptime.milliseconds())
        watching.cancel()
        self._sleep()

    async def _begin(self) -> None:
        await self._connect()
        await grace(self._parts)
        self._parts.state()  # each boot's number 0

    async def _connect(self) -> bool:
        """Join the network and set the clock if it is time; say whether the board is online."""
        parts = self._parts
        if parts.wifi.online.is_set():
            return True
        parts.wifi.start(self._dog.pulse("wifi"))
        try:
            await asyncio.wait_for_ms(parts.wifi.online.wait(), _ONLINE_MS)
        except asyncio.TimeoutError:
            return False
        if parts.clock.now() is None or parts.clock.age_ms > _CLOCK_AGE_MS:
            try:
                await parts.clock.synchronise()
            except (ClockError, MemoryError, ImportError) as error:
                _log.warning(str(error) or repr(error))
        return True

    async def _send(self) -> None:
        parts = self._parts
        online = await self._connect()
        daily = uptime.seconds() - parts.stated_s >= STATE_AGAIN_S
        if daily or (not parts.dated and parts.clock.now() is not None):
            parts.state()
        if not online or (parts.uplink.needs_clock and parts.clock.now() is None):
            _log.warning("not sent, kept=%d" % parts.outbox.kept)
            return
        if parts.uplink.patience_ms:
            _log.info("not sent, kept=%d: the gateway asks for patience" % parts.outbox.kept)
            return
        began = uptime.milliseconds()
        try:
            while uptime.milliseconds() - began < _SENDING_MS and await parts.uplink.send_batch():
                self._pulse.within(_SENDING_MS)
        except Exception as error:  # noqa: BLE001 - see `failed`
            why = parts.uplink.failed(error)
            _log.warning("%s; kept=%d, next at the next turn" % (why, parts.outbox.kept))

    def _sleep(self) -> None:
        parts = self._parts
        due_ms = next_due(self._due_ms, self._period_ms)
        _log.info("asleep for %d ms" % (due_ms - uptime.milliseconds()))
        wake_state.sleep(
            due_ms,
            boot=parts.identity.boot,
            sequence=parts.identity.sequence,
            previous=parts.previous,
            clock=parts.clock.state(),
            head=parts.outbox.head,
            taken=parts.taken,
            wakes=self._wakes,
            stated_s=parts.stated_s,
            dated=parts.dated,
            answered=parts.answered,
            counts=parts.counts,
            pace=parts.uplink.pace,
            due_ms=due_ms,
        )
