"""What only a start needs: the signer, the key, its number of this boot; and to go on after a sleep."""

from binascii import hexlify

from mote import VERSION
from mote.attestation import signer
from mote.device import ANSWER_AGAIN_S
from mote.errors import WifiError
from mote.log import Log
from mote.storage import slots
from mote.unimport import Passing
from sealwire._compat import TYPE_CHECKING
from sealwire.keys import ALGORITHM_NAMES

if TYPE_CHECKING:
    from mote.attestation.identity import Identity
    from mote.device import Parts
    from mote.power.wake_state import Nap

_log = Log("app")


def get_ready(alg: int, nap: "Nap | None") -> None:
    """Prepare the signer, of ``alg`` for a new key, and switch the radio on; a wake may do without."""
    signer.prepare(alg)
    if nap is None:
        with Passing():
            from mote.network.wifi_driver import radio_on

            try:
                radio_on()
            except WifiError as error:
                _log.warning("%s: readings are kept" % error)


def random(size: int) -> bytes:
    """Return random bytes, fit for keys. Raises `WifiError` where the radio does not start."""
    with Passing():
        from mote.network import wifi_driver

        return wifi_driver.random(size)


def open_slots() -> slots.Slots:
    """Return where the key is kept. Raises `SlotError`."""
    return slots.Slots(slots.find_partition())


def take_boot(identity: "Identity", alg: str, nap: "Nap | None") -> "Nap | None":
    """Take this boot's number: from here on the key can seal. Returns the ticket, if it fits the key."""
    if nap and nap.boot == identity.last_boot:
        identity.resume_boot(nap.boot, nap.sequence)
        _log.debug("awake again: boot=%d sequence=%d" % (nap.boot, nap.sequence))
        return nap
    boot = identity.begin_boot()
    name = ALGORITHM_NAMES[identity.public.alg]
    thumbprint = hexlify(identity.public.thumbprint()).decode()
    _log.info("sealmote %s boot=%d alg=%s thumbprint=%s" % (VERSION, boot, name, thumbprint))
    if name != alg:
        _log.warning(
            "the board's key is %s and stays so; alg in the configuration says %s" % (name, alg)
        )
    return None


def resume(parts: "Parts", nap: "Nap") -> None:
    """Go on where the life before this one fell asleep."""
    parts.previous = tuple(nap.previous) if nap.previous else None
    parts.taken, parts.stated_s, parts.dated = nap.taken, nap.stated_s, nap.dated
    parts.answered = nap.answered
    if nap.answered:  # with a statement, and that one or a later one was the last
        parts.answer_from_s = nap.stated_s + ANSWER_AGAIN_S
    if nap.sequence:
        parts.outbox.last = (nap.boot, nap.sequence - 1)
    if nap.clock:
        parts.clock.resume(nap.clock)
    parts.uplink.pace = nap.pace
    counts = nap.counts  # as `Parts.counts` gives them
    parts.uplink.least_free, parts.uplink.failures = counts[:2]
    parts.wifi.joins, parts.sampler.failures = counts[2:4]
    parts.outbox.ledger.dropped += counts[4]  # to what taking stock has found just now
