"""The application: put the parts together and keep them running.

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
from mote.unimport import Passing
from sealwire._compat import TYPE_CHECKING, const

from .errors import ConfigError, MoteError, WifiError

if TYPE_CHECKING:
    from mote.configuration.config import Config
    from mote.device import Parts

STATE_AGAIN_S = const(86_400)
_STATE_CHECK_MS = const(600_000)  # how often a full ledger is looked for
_CLOCK_GRACE_MS = const(10_000)  # how long the first reading waits for its date

_log = log.Log("app")


def run() -> None:
    """Run for ever. Returns only from what a person has to mend, with its cause in the log."""
    dog = watchdog.Watchdog()
    try:
        with Passing():
            from mote.power import wake_state

            ticket = wake_state.take()  # first, for from here on its numbers cannot come again
        settings, awake = _configured(ticket is None)
        from mote.device import Parts  # after that, into the room that it gave back

        parts = Parts(settings, ticket)
        if awake:
            asyncio.run(Awake(parts, settings, dog).run())
        from mote.power.sleep_mode import (
            Sleeper,  # here: a board that never sleeps has better use for the heap
        )

        asyncio.run(Sleeper(parts, settings, dog).run())
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
        dog.relax()


def _configured(boot: bool) -> "tuple[Config, bool]":
    """Return the configuration and whether to stay awake. Raises `ConfigError`."""
    with Passing():
        from mote.configuration import config
        from mote.hardware import button
        from mote.hardware.board_profiles import profile

        settings = config.load()
        log.set_level(settings.log[0].upper())
        pressed = button.look(profile(settings.board).button) if boot else button.FREE
    if pressed == button.HELD:
        raise ConfigError("the button was held: the configuration is forgotten")
    return settings, not settings.power.sleep or pressed == button.PRESSED


class Awake:
    """A board that stays awake."""

    def __init__(self, parts: "Parts", settings: "Config", dog: "watchdog.Watchdog") -> None:
        self._parts = parts
        self._period_ms = settings.sample.period_s * 1000
        self._dog = dog

    async def run(self) -> None:
        """Run every part until one of them ends with an error."""
        parts, pulse = self._parts, self._dog.pulse
        online = parts.wifi.online
        await asyncio.gather(
            self._dog.keep(),
            _grow_old(),
            status_listener.keep(parts),
            parts.wifi.keep(pulse("wifi")),
            parts.clock.keep(online, pulse("clock")),
            parts.uplink.keep(online, pulse("uplink")),
            self._work(),
        )

    async def _work(self) -> None:
        await grace(self._parts)
        self._parts.state()  # each boot's number 0
        await asyncio.gather(self._date(), self._state_again(), self._take_readings())

    async def _date(self) -> None:
        """If the first statement had no time, make another that has uptime and time together."""
        if not self._parts.dated:
            await self._parts.clock.known.wait()
            self._parts.state()

    async def _state_again(self) -> None:
        """State anew each day, and earlier where more numbers were given up than one statement names."""
        pulse = self._dog.pulse("statements")
        while True:
            await pulse.sleep_ms(_STATE_CHECK_MS)
            daily = uptime.seconds() - self._parts.stated_s >= STATE_AGAIN_S
            if daily or self._has_more_to_state():
                self._parts.state()

    def _has_more_to_state(self) -> bool:
        """Say whether runs wait that only another statement can name, the one before having gone."""
        ledger = self._parts.outbox.ledger
        return ledger.count > ledger.stated and not self._parts.outbox.kept

    async def _take_readings(self) -> None:
        """Take a reading each period, without drift; a period that was missed is left out."""
        pulse = self._dog.pulse("readings")
        due_ms = uptime.milliseconds()
        while not self._parts.done:
            self._parts.read()
            due_ms = next_due(due_ms, self._period_ms)
            await pulse.sleep_ms(due_ms - uptime.milliseconds())
        pulse.rest()
        _log.info("done %d" % self._parts.taken)


async def grace(parts: "Parts") -> None:
    """Wait a little for the time, so that the first messages have one."""
    try:
        await asyncio.wait_for_ms(parts.clock.known.wait(), _CLOCK_GRACE_MS)
    except asyncio.TimeoutError:
        _log.warning("no time yet: readings carry the uptime, a later statement dates them")


def next_due(due_ms: int, period_ms: int) -> int:
    """Return the next of the moments ``due_ms`` + n periods that is still to come."""
    late_ms = max(uptime.milliseconds() - due_ms, 0)
    return due_ms + (late_ms // period_ms + 1) * period_ms


async def _grow_old() -> None:
    await asyncio.sleep_ms(safe_mode.GOOD_AFTER_S * 1000)
    safe_mode.end()
