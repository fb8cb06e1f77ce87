"""Sleep mode: wake, sample, seal, keep, every n-th time send, and deep sleep.

A boot stays awake for ten seconds at least: a chip that speaks USB itself is gone from the bus while
it sleeps, and somebody may want to reach it. A wake that does not send leaves the radio off.
"""

import asyncio

from mote import log, uptime
from mote.errors import ClockError
from mote.network import jitter
from mote.power import wake_state
from mote.schedule import STATE_AGAIN_S, grace, next_due
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from mote.configuration.config import Config
    from mote.device import Device
    from mote.power.watchdog import Watchdog

_ONLINE_MS = const(30_000)  # one attempt to join, and a little of the next
_SENDING_MS = const(300_000)  # then the rest waits for the next turn
_AWAKE_MS = const(10_000)
_CLOCK_AGE_MS = const(3_600_000)

_log = log.Log("sleeper")


class SleepMode:
    """One life between two sleeps."""

    def __init__(self, device: "Device", settings: "Config", dog: "Watchdog") -> None:
        woken = device.woken
        self._device = device
        self._power = settings.power
        self._period_ms = settings.sample.period_s * 1000
        self._dog = dog
        self._pulse = dog.pulse("sleeper")
        self._boot = woken is None
        self._due_ms: int = woken.due_ms if woken else uptime.milliseconds()
        # Boards that got their power together do not send together.
        self._wakes: int = woken.wakes + 1 if woken else jitter.below(self._power.send_every)

    async def run(self) -> None:
        """Do what this life is for, and sleep; never returns."""
        device = self._device
        self._pulse.within(2 * _SENDING_MS)
        watching = asyncio.create_task(self._dog.keep())
        if self._boot:
            await self._begin()
        if not device.done:
            await device.read()
            if device.done:
                _log.info("done %d" % device.taken)
        if self._boot or self._wakes >= self._power.send_every:
            self._wakes = self._wakes if self._boot else 0
            await self._send()
        if self._boot and uptime.milliseconds() < _AWAKE_MS:
            await asyncio.sleep_ms(_AWAKE_MS - uptime.milliseconds())
        watching.cancel()
        self._sleep()

    async def _begin(self) -> None:
        await self._connect()
        await grace(self._device.clock)
        self._device.state()  # each boot's number 0

    async def _connect(self) -> bool:
        """Join the network and set the clock if it is time; say whether the board is online."""
        device = self._device
        if device.wifi.online.is_set():
            return True
        device.wifi.start(self._dog.pulse("wifi"))
        try:
            await asyncio.wait_for_ms(device.wifi.online.wait(), _ONLINE_MS)
        except asyncio.TimeoutError:
            return False
        if device.clock.now() is None or device.clock.age_ms > _CLOCK_AGE_MS:
            try:
                await device.clock.synchronise()
            except (ClockError, MemoryError, ImportError) as error:
                _log.warning(str(error) or repr(error))
        return True

    async def _send(self) -> None:
        device = self._device
        online = await self._connect()
        daily = uptime.seconds() - device.stated_s >= STATE_AGAIN_S
        if daily or (not device.dated and device.clock.now() is not None):
            device.state()
        if not online or (device.uplink.needs_clock and device.clock.now() is None):
            _log.warning("not sent, kept=%d" % device.outbox.kept)
            return
        if device.uplink.pause_ms:
            _log.info("not sent, kept=%d: the gateway asks for patience" % device.outbox.kept)
            return
        began = uptime.milliseconds()
        try:
            while uptime.milliseconds() - began < _SENDING_MS and await device.uplink.send_batch():
                self._pulse.within(_SENDING_MS)
        except Exception as error:  # noqa: BLE001 - see `failed`
            why = device.uplink.failed(error)
            _log.warning("%s; kept=%d, next at the next turn" % (why, device.outbox.kept))

    def _sleep(self) -> None:
        device = self._device
        due_ms = next_due(self._due_ms, self._period_ms)
        _log.info("asleep for %d ms" % (due_ms - uptime.milliseconds()))
        wake_state.sleep(
            due_ms,
            boot=device.identity.boot,
            sequence=device.identity.sequence,
            previous=device.previous,
            clock=device.clock.state(),
            head=device.outbox.head,
            taken=device.taken,
            wakes=self._wakes,
            stated_s=device.stated_s,
            dated=device.dated,
            answered=device.answered,
            counts=device.counts,
            pace=device.uplink.pace,
            due_ms=due_ms,
        )
