"""The application: puts the device together and keeps its tasks running.

The life of a reading on the board:

1. `Sampler.take` asks the sensors.
2. `Identity.seal` gives it the next number and signs it.
3. `Outbox.append` writes it to flash: from its return on, no power cut loses it.
4. `Uplink.send_batch` posts it with others and checks the acknowledgement's signature.
5. `Outbox.settle` lets go of it.
"""

import asyncio

from mote import log, status_listener, uptime
from mote.power import safe_mode, watchdog
from mote.schedule import STATE_AGAIN_S, grace, next_due
from mote.unimport import Unimport
from sealwire._compat import TYPE_CHECKING, const

from .errors import ConfigError, MoteError, WifiError

if TYPE_CHECKING:
    from mote.configuration.config import Config
    from mote.device import Device

_TRIAL_MS = const(900_000)  # for a firmware on trial to be confirmed
_TRIAL_CHECK_MS = const(5_000)
_STATE_CHECK_MS = const(600_000)  # how often a full delivery record is looked for

_log = log.Log("app")


def run() -> None:
    """Run for ever. Returns only from what a person has to fix, with its cause in the log."""
    dog = watchdog.Watchdog()
    device = None
    try:
        with Unimport():
            from mote.power import wake_state

            woken = wake_state.take()  # first, for from here on its numbers cannot come again
        settings, awake = _configured(woken is None)
        from mote.device import Device  # after that, into the room that it gave back

        device = Device(settings, woken)
        if awake:
            asyncio.run(Awake(device, settings, dog).run())
        from mote.power.sleep_mode import (
            SleepMode,  # here: a board that never sleeps has better use for the heap
        )

        asyncio.run(SleepMode(device, settings, dog).run())
    except WifiError:
        raise  # a key could not be made without it; another start may have it
    except MoteError as error:
        _log.error(str(error))
        if isinstance(error, ConfigError):
            from mote.setup import console  # here: for boards that are not set up

            console.answer()
        if uptime.settle():
            _log.error(str(error))  # again: nobody may have heard it
    finally:
        if not (device and device.on_trial):  # else it has its starts, and the board goes back
            dog.relax()


def _configured(boot: bool) -> "tuple[Config, bool]":
    """Return the configuration and whether to stay awake. Raises `ConfigError`."""
    with Unimport():
        from mote.configuration import config
        from mote.hardware import button
        from mote.hardware.board_profiles import profile

        settings = config.load()
        log.set_level(settings.log[0].upper())
        pressed = button.look(profile(settings.board).button, config.PATH) if boot else button.FREE
    if pressed == button.HELD:
        raise ConfigError("the button was held: the configuration is forgotten")
    return settings, not settings.power.sleep or pressed == button.PRESSED


class Awake:
    """A board that stays awake."""

    def __init__(self, device: "Device", settings: "Config", dog: "watchdog.Watchdog") -> None:
        self._device = device
        self._period_ms = settings.sample.period_s * 1000
        self._dog = dog

    async def run(self) -> None:
        """Run every part until one of them ends with an error."""
        device, pulse = self._device, self._dog.pulse
        online = device.wifi.online
        await asyncio.gather(
            self._dog.keep(),
            _grow_old(),
            self._be_confirmed(),
            status_listener.keep(device),
            device.wifi.keep(pulse("wifi")),
            device.clock.keep(online, pulse("clock")),
            device.uplink.keep(online, pulse("uplink")),
            self._work(),
        )

    async def _be_confirmed(self) -> None:
        """On trial, leave the board to the watchdog if no acknowledgement comes in time."""
        if not self._device.on_trial:
            return
        pulse = self._dog.pulse("trial")
        pulse.within(_TRIAL_MS)
        while self._device.on_trial:
            await asyncio.sleep_ms(_TRIAL_CHECK_MS)
        pulse.rest()

    async def _work(self) -> None:
        await grace(self._device.clock)
        self._device.state()  # each boot's number 0
        await asyncio.gather(self._date(), self._state_again(), self._take_readings())

    async def _date(self) -> None:
        """If the first statement had no time, make another that has uptime and time together."""
        if not self._device.dated:
            await self._device.clock.known.wait()
            self._device.state()

    async def _state_again(self) -> None:
        """State anew each day, and earlier where more numbers were given up than one statement names."""
        pulse = self._dog.pulse("statements")
        while True:
            await pulse.sleep_ms(_STATE_CHECK_MS)
            daily = uptime.seconds() - self._device.stated_s >= STATE_AGAIN_S
            if daily or self._has_more_to_state():
                self._device.state()

    def _has_more_to_state(self) -> bool:
        """Say whether ranges wait that only another statement can name, the one before having gone."""
        deliveries = self._device.outbox.deliveries
        return deliveries.count > deliveries.stated and not self._device.outbox.kept

    async def _take_readings(self) -> None:
        """Take a reading each period, without drift; a period that was missed is left out."""
        pulse = self._dog.pulse("readings")
        due_ms = uptime.milliseconds()
        while not self._device.done:
            await self._device.read()
            due_ms = next_due(due_ms, self._period_ms)
            await pulse.sleep_ms(due_ms - uptime.milliseconds())
        pulse.rest()
        _log.info("done %d" % self._device.taken)


async def _grow_old() -> None:
    await asyncio.sleep_ms(safe_mode.GOOD_AFTER_S * 1000)
    safe_mode.end()
