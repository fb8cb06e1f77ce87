"""Startup: load signer and key, reserve a boot number, restore the wake state."""

import sys
from binascii import hexlify

from mote import VERSION
from mote.attestation import signer
from mote.errors import MoteError, WifiError
from mote.log import Log
from mote.schedule import ANSWER_AGAIN_S
from mote.storage import slots
from mote.unimport import Unimport
from sealwire._compat import TYPE_CHECKING
from sealwire.keys import ALGORITHM_NAMES

if TYPE_CHECKING:
    from mote.attestation.identity import Identity
    from mote.device import Device
    from mote.power.wake_state import WakeState

_log = Log("app")


def get_ready(alg: int, woken: "WakeState | None") -> None:
    """Prepare the signer, of ``alg`` for a new key, and switch the radio on; a wake may do without."""
    signer.prepare(alg)
    if woken is None:
        with Unimport():
            from mote.network.wifi_driver import radio_on

            try:
                radio_on()
            except WifiError as error:
                _log.warning("%s: readings are kept" % error)


def random(size: int) -> bytes:
    """Return random bytes, fit for keys. Raises `WifiError` where the radio does not start."""
    with Unimport():
        from mote.network import wifi_driver

        return wifi_driver.random(size)


def open_slots() -> slots.Slots:
    """Return where the key is kept. Raises `SlotError`."""
    return slots.Slots(slots.find_partition())


def on_trial() -> bool:
    """Say whether this firmware is on trial: whether the loader started it as that."""
    from mote.storage import trial  # here: gone with this module when the start is over

    try:
        record = trial.Trial(slots.Slots(slots.find_partition(trial.PARTITION)))
    except MoteError:
        return False  # the loader has said so
    return record.phase == trial.RUNNING and sys.argv == [trial.LABELS[record.other]]


def take_boot(identity: "Identity", alg: str, woken: "WakeState | None") -> "WakeState | None":
    """Take this boot's number: from here on the key can seal. Returns ``woken``, if it fits the key."""
    if woken and woken.boot == identity.last_boot:
        identity.resume_boot(woken.boot, woken.sequence)
        _log.debug("awake again: boot=%d sequence=%d" % (woken.boot, woken.sequence))
        return woken
    boot = identity.begin_boot()
    name = ALGORITHM_NAMES[identity.public.alg]
    thumbprint = hexlify(identity.public.thumbprint()).decode()
    _log.info("sealmote %s boot=%d alg=%s thumbprint=%s" % (VERSION, boot, name, thumbprint))
    if name != alg:
        _log.warning(
            "the board's key is %s and stays so; alg in the configuration says %s" % (name, alg)
        )
    return None


def resume(device: "Device", woken: "WakeState") -> None:
    """Go on where the life before this one fell asleep."""
    device.previous = tuple(woken.previous) if woken.previous else None
    device.taken, device.stated_s, device.dated = woken.taken, woken.stated_s, woken.dated
    device.answered = woken.answered
    if woken.answered:  # with a statement, and that one or a later one was the last
        device.answer_from_s = woken.stated_s + ANSWER_AGAIN_S
    if woken.sequence:
        device.outbox.last = (woken.boot, woken.sequence - 1)
    if woken.clock:
        device.clock.resume(woken.clock)
    device.uplink.pace = woken.pace
    counts = woken.counts  # as `Device.counts` gives them
    device.uplink.least_free, device.uplink.failures = counts[:2]
    device.wifi.joins, device.sampler.failures = counts[2:4]
    device.outbox.deliveries.dropped += counts[4]  # to what taking stock has found just now
