"""The device: key, outbox, clock, sensors and network together, and what is done with all of them."""

import gc
from binascii import hexlify

import machine

from mote import log, uptime
from mote.attestation.identity import ALGORITHMS, open_or_create
from mote.errors import OutboxError
from mote.network import clock, rtc, wifi
from mote.network.connectivity import Connectivity
from mote.schedule import ANSWER_AGAIN_S
from mote.sensors.sampler import Sampler
from mote.storage import outbox
from mote.unimport import Unimport
from mote.uplink.uplink import Uplink
from sealwire._compat import TYPE_CHECKING, const
from sealwire.errors import WireError

if TYPE_CHECKING:
    from mote.configuration.config import Config
    from mote.power.wake_state import WakeState
    from sealwire.senml import Pack

_GC_THRESHOLD = const(32768)

_log = log.Log("app")


class Device:
    """Key, outbox, clock, sensors, network; and what is done with all of them: `read` and `state`.

    ``woken``: the state that a wake goes on from; None at a boot, also where it does not fit the key ·
    ``previous``: the highest (boot, sequence) that was kept before this boot · ``taken``: readings of
    this boot · ``stated_s``: uptime of the last statement · ``dated``: whether one of this boot's had a
    time · ``answered``: the nonce of the challenge that was answered last, or None · ``answer_from_s``: the
    uptime before which none is answered · ``on_trial``: whether this firmware has still to be confirmed.
    """

    def __init__(self, settings: "Config", woken: "WakeState | None" = None) -> None:
        """Open them, in the order in which each needs those before it. Raises `MoteError`."""
        self._sample = settings.sample
        drift_ppm = rtc.ASLEEP_PPM if settings.power.sleep else rtc.CRYSTAL_PPM
        with Unimport():
            from mote import startup

            alg = ALGORITHMS[settings.alg]
            startup.get_ready(alg, woken)
            self.identity = open_or_create(startup.open_slots(), alg, startup.random)
            self.on_trial = startup.on_trial()
            self.woken = woken = startup.take_boot(self.identity, settings.alg, woken)
            gc.collect()  # the key's arithmetic leaves much behind; clear it before laying more
            max_bytes = settings.outbox or outbox.room(outbox.PATH)
            kid, head = self.identity.public.kid(), woken.head if woken else None
            self.outbox = outbox.Outbox(outbox.PATH, max_bytes, kid, head)
            self.previous: tuple[int, int] | None = self.outbox.last  # nothing is sealed yet
            self.taken, self.stated_s, self.dated = 0, 0, False
            self.answered: bytes | None = None
            self.answer_from_s = 0  # uptime
            connectivity = Connectivity()
            self.clock = clock.Clock(settings.ntp.host, settings.ntp.port, drift_ppm, connectivity)
            self.wifi = wifi.Wifi(settings.wifi.ssid, settings.wifi.password, connectivity)
            self.sampler = Sampler(settings.sample.sensors, settings.i2c)
            self.uplink = Uplink(
                settings, self.outbox, self.clock, self.answer, connectivity, self.acknowledged
            )
            if woken:
                startup.resume(self, woken)
            else:
                _log.info("outbox kept=%d max_bytes=%d" % (self.outbox.kept, max_bytes))
        # Everything long-lived is in place. From here on garbage is the signatures' integers, a
        # megabyte each time, and main.py's tight threshold would cost more time than it saves room.
        gc.collect()
        gc.threshold(_GC_THRESHOLD)

    @property
    def counts(self) -> list[int]:
        """What is counted since the boot began: the statement's counters but for the last."""
        uplink, dropped = self.uplink, self.outbox.deliveries.dropped
        return [
            uplink.least_free,
            uplink.failures,
            self.wifi.joins,
            self.sampler.failures,
            dropped,
        ]

    @property
    def mac(self) -> bytes:
        """The station's, 6 bytes: the chip's own, which needs no radio to be read."""
        return machine.unique_id()

    @property
    def done(self) -> bool:
        """Whether all of sample.count are taken."""
        return bool(0 < self._sample.count <= self.taken)

    async def read(self) -> None:
        """Take a reading, seal it, keep it."""
        pack = await self.sampler.take(self.clock.now)
        if pack is None:
            _log.warning("no sensor gave a value; next try in %d s" % self._sample.period_s)
        elif self._keep(pack):
            self.taken += 1
            values = " ".join([repr(record) for record in pack.records])
            count = self._sample.count or "-"
            _log.info("sealed %d/%s %s kept=%d" % (self.taken, count, values, self.outbox.kept))
        gc.collect()

    def state(self, nonce: bytes | None = None) -> bool:
        """Make a statement, seal it, keep it; ``nonce``: of the challenge that it answers."""
        self.uplink.note_heap()
        try:
            encoded = self._encode(nonce)
        except WireError as error:
            self._give_up(self.identity.spend(), error)
            return False
        except (MemoryError, ImportError) as error:
            if not self.identity.sequence:
                raise  # a boot's number 0 has to be one
            _log.warning("no statement (%s): made later" % error)
            return False
        if not self._keep(encoded):
            return False
        self.stated_s = uptime.seconds()
        self.dated = self.dated or self.clock.now() is not None
        _log.info("stated kept=%d" % self.outbox.kept)
        return True

    def answer(self, kid: bytes, nonce: bytes) -> None:
        """Answer a gateway's challenge, unless it is another board's, has been answered, or is too soon.

        The gateway repeats it until the answer is there.
        """
        now_s = uptime.seconds()
        own = kid == self.identity.public.kid()
        if not own or nonce == self.answered or now_s < self.answer_from_s:
            return
        self.answer_from_s = now_s + ANSWER_AGAIN_S
        if self.state(nonce):
            self.answered = nonce
            _log.info("challenge answered")

    def acknowledged(self) -> None:
        """Confirm a firmware that is on trial: everything that a reading needs has worked with it."""
        if not self.on_trial:
            return
        with Unimport():
            from mote.storage import slots, trial

            trial.Trial(slots.Slots(slots.find_partition(trial.PARTITION))).confirm()
        self.on_trial = False
        _log.info("the firmware on trial is confirmed")

    def _encode(self, nonce: bytes | None) -> bytes:
        with Unimport():
            from mote.attestation import (
                statement,  # its name goes with this function, before anything is sealed
            )

            return statement.encode(self, nonce)

    def _keep(self, content: "Pack | bytes") -> bool:
        """Seal and put on flash; say whether it is there."""
        boot, sequence = self.identity.boot, self.identity.sequence
        assert boot is not None
        try:
            with Unimport():  # the first of its shape loads what checks it
                sealed = self.identity.seal(content, self.clock.now())
        except WireError as error:
            self._give_up(sequence, error)
            return False
        try:
            self.outbox.append(boot, sequence, sealed)
        except OutboxError as error:
            _log.warning("number %d is not kept: %s" % (sequence, error))
            return False
        if log.debugging():
            _log.debug("message " + hexlify(sealed).decode())
        return True

    def _give_up(self, sequence: int, error: WireError) -> None:
        """Account for a number that cannot be sealed."""
        boot = self.identity.boot
        assert boot is not None
        _log.warning("number %d cannot be sealed: %s" % (sequence, error))
        self.outbox.give_up(boot, sequence)
