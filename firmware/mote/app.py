"""The application: put the parts together and keep them running.

The life of a reading on the board:

1. `Sampler.take` asks the sensors.
2. `Identity.seal` gives it the next number and signs it.
3. `Outbox.append` writes it to flash: from its return on, no power cut loses it.
4. `Uplink.send_batch` posts it with others and checks the acknowledgement's signature.
5. `Outbox.settle` lets go of it.
"""

import asyncio
import gc
import os
from binascii import hexlify

from sealwire._compat import TYPE_CHECKING, const
from sealwire.errors import WireError
from sealwire.keys import ALGORITHM_NAMES

from . import (
    VERSION,
    button,
    config,
    log,
    outbox,
    safe,
    slots,
    statements,
    uptime,
    watchdog,
    wifi,
)
from .board import PROFILES
from .clock import Clock
from .errors import MoteError, OutboxError
from .identity import ALGORITHMS, Identity, open_or_create
from .sampler import Sampler
from .uplink import Uplink

if TYPE_CHECKING:
    from sealwire.senml import Pack
    from sealwire.statement import Statement

_OUTBOX = "/outbox"
_GC_THRESHOLD = const(32768)
_STATE_AGAIN_S = const(86_400)
_STATE_CHECK_MS = const(600_000)  # how often a full ledger is looked for
_CLOCK_GRACE_MS = const(10_000)  # how long the first reading waits for its date

_log = log.Log("app")


def run() -> None:
    """Run for ever. Returns only from what a person has to mend, with its cause in the log."""
    dog = watchdog.Watchdog()
    try:
        settings = config.load()
        log.set_level(settings.log[0].upper())
        if button.look(PROFILES[settings.board].button) == button.HELD:
            return
        asyncio.run(App(settings, dog).run())
    except MoteError as error:
        _log.error(str(error))
    finally:
        dog.relax()


class App:
    """The parts, in the order in which each needs those before it."""

    def __init__(self, settings: config.Config, dog: "watchdog.Watchdog") -> None:
        """Open key, outbox and sensors. Raises `MoteError`."""
        self._dog = dog
        self._sample = settings.sample
        self._station = wifi.radio_on()  # before the key: os.urandom needs the radio
        self._identity, self._boot = _open_identity(settings.alg)
        gc.collect()  # the key's arithmetic leaves much behind; clear it before laying more
        max_bytes = settings.outbox or outbox.room(_OUTBOX)
        self._outbox = outbox.Outbox(_OUTBOX, max_bytes, self._identity.public.kid())
        _log.info("outbox kept=%d max_bytes=%d" % (self._outbox.kept, max_bytes))
        self._previous = self._outbox.last  # of the boots before this one: nothing is sealed yet
        self._stated_s = 0
        self._clock = Clock(settings.ntp.host, settings.ntp.port)
        self._wifi = wifi.Wifi(self._station, settings.wifi.ssid, settings.wifi.password)
        self._sampler = Sampler(settings.sample.sensors, settings.i2c)
        self._uplink = Uplink(settings, self._outbox, self._clock)
        # Everything long-lived is in place. From here on garbage is the signatures' integers, a
        # megabyte each time, and main.py's tight threshold would cost more time than it saves room.
        gc.collect()
        gc.threshold(_GC_THRESHOLD)

    async def run(self) -> None:
        """Run every part until one of them ends with an error."""
        await asyncio.gather(
            self._dog.keep(),
            self._grow_old(),
            self._wifi.keep(self._dog.pulse("wifi")),
            self._clock.keep(self._wifi.online, self._dog.pulse("clock")),
            self._uplink.keep(self._wifi.online, self._dog.pulse("uplink")),
            self._work(),
        )

    async def _grow_old(self) -> None:
        await asyncio.sleep_ms(safe.GOOD_AFTER_S * 1000)
        safe.end()

    async def _work(self) -> None:
        try:
            await asyncio.wait_for_ms(self._clock.known.wait(), _CLOCK_GRACE_MS)
        except asyncio.TimeoutError:
            _log.warning("no time yet: readings carry the uptime, a later statement dates them")
        self._state()  # each boot's number 0
        await asyncio.gather(self._date(), self._state_again(), self._take_readings())

    async def _date(self) -> None:
        """If the first statement had no time, make another that has uptime and time together."""
        if self._clock.now() is None:
            await self._clock.known.wait()
            self._state()

    async def _state_again(self) -> None:
        """State anew each day, and earlier where more numbers were given up than one statement names."""
        pulse = self._dog.pulse("statements")
        while True:
            await pulse.sleep_ms(_STATE_CHECK_MS)
            daily = uptime.seconds() - self._stated_s >= _STATE_AGAIN_S
            if daily or self._has_more_to_state():
                self._state()

    def _has_more_to_state(self) -> bool:
        """Say whether runs wait that only another statement can name, the one before having gone."""
        ledger = self._outbox.ledger
        return ledger.count >= statements.STATED_MAX and not self._outbox.kept

    async def _take_readings(self) -> None:
        """Take a reading each period, without drift; a period that was missed is left out."""
        pulse = self._dog.pulse("readings")
        period_ms = self._sample.period_s * 1000
        due_ms = uptime.milliseconds()
        taken = 0
        while not self._sample.count or taken < self._sample.count:
            pack = self._sampler.take(self._clock.now())
            if pack is None:
                _log.warning("no sensor gave a value; next try in %d s" % self._sample.period_s)
            elif self._keep(pack):
                taken += 1
                self._report(pack, taken)
            gc.collect()
            late_ms = uptime.milliseconds() - due_ms
            due_ms += (late_ms // period_ms + 1) * period_ms
            await pulse.sleep_ms(due_ms - uptime.milliseconds())
        pulse.rest()
        _log.info("done %d" % taken)

    def _report(self, pack: "Pack", taken: int) -> None:
        values = " ".join([repr(record) for record in pack.records])
        _log.info(
            "sealed %d/%s %s kept=%d"
            % (taken, self._sample.count or "-", values, self._outbox.kept)
        )

    def _state(self) -> None:
        mac = self._station.config("mac")
        made = statements.make(mac, self._boot, self._previous, self._clock, self._outbox)
        if self._keep(made):
            self._stated_s = uptime.seconds()
            _log.info("stated kept=%d" % self._outbox.kept)

    def _keep(self, content: "Pack | Statement") -> bool:
        """Seal and put on flash; say whether it is there."""
        boot, sequence = self._boot, self._identity.sequence
        try:
            sealed = self._identity.seal(content, self._clock.now())
        except WireError as error:
            _log.warning("number %d cannot be sealed: %s" % (sequence, error))
            self._outbox.give_up(boot, sequence)
            return False
        try:
            self._outbox.append(boot, sequence, sealed)
        except OutboxError as error:
            _log.warning("number %d is not kept: %s" % (sequence, error))
            return False
        return True


def _open_identity(alg: str) -> tuple[Identity, int]:
    """Return the key and this boot's number, which is taken: from here on it can seal."""
    opened = slots.Slots(slots.find_partition())
    identity = open_or_create(opened, ALGORITHMS[alg], os.urandom)
    boot = identity.begin_boot()
    name = ALGORITHM_NAMES[identity.public.alg]
    thumbprint = hexlify(identity.public.thumbprint()).decode()
    _log.info("sealmote %s boot=%d alg=%s thumbprint=%s" % (VERSION, boot, name, thumbprint))
    if name != alg:
        _log.warning(
            "the board's key is %s and stays so; alg in /config.json says %s" % (name, alg)
        )
    return identity, boot
