"""Identity: the board's key and its counters in one record, for a restored key must repeat nothing.

Every message carries (boot, sequence). The boot number is written to flash before the first message
of that boot is sealed, and the sequence counts in RAM from 0; so no pair is ever used twice,
whatever moment the power fails at. The secret stays in here: nothing returns, prints or logs it.
"""

from mote.errors import IdentityError
from sealwire import keys
from sealwire._compat import TYPE_CHECKING, const
from sealwire.sealer import Sealer

if TYPE_CHECKING:
    from collections.abc import Callable

    from mote.storage.slots import Slots
    from sealwire.registration import Terms
    from sealwire.senml import Pack

_VERSION = const(1)
_COUNTER_MAX = const(0xFFFFFFFF)

ALGORITHMS = {"ES256": keys.ES256, "ES256K": keys.ES256K}


class Identity:
    """The key in the identity partition; `open_or_create` makes one on a new board."""

    def __init__(self, slots: "Slots") -> None:
        """Read the record. Raises `IdentityError` where it is not one that this firmware writes."""
        assert slots.payload is not None
        alg, self._secret, self._last_boot = _decode(slots.payload)
        self._slots: Slots | None = slots  # until the boot has its number
        self._key = keys.SecretKey(alg, self._secret)
        self._sealer = Sealer(self._key)
        self.public = self._key.public
        self.boot: int | None = None  # this boot's number, None before `begin_boot`
        self._next = 0

    @property
    def sequence(self) -> int:
        """The number that the next message of this boot takes."""
        return self._next

    @property
    def last_boot(self) -> int:
        """The highest boot number that was taken, 0 on a new board."""
        return int(self._last_boot)

    def begin_boot(self) -> int:
        """Take the next boot number and return it; durable before anything is sealed under it."""
        if self.boot is not None:
            raise IdentityError("this boot has its number already")
        # A damaged slot is mostly a write that the power cut, and its number was never used. But it may
        # be the newest record decayed, whose number was: so that one is left out.
        assert self._slots is not None
        boot = self._last_boot + (2 if self._slots.doubtful else 1)
        if boot > _COUNTER_MAX:
            raise IdentityError(
                "the boot counter is at its end: this key seals no more; rotate the key"
            )
        self._slots.write(_encode(self.public.alg, self._secret, boot))
        self._last_boot = self.boot = boot
        self._slots = None
        return boot

    def resume_boot(self, boot: int, sequence: int) -> None:
        """Go on with a boot after deep sleep; ``sequence`` is the next number.

        The caller's word for it has to be good once only: it is gone before anything is sealed.
        """
        if self.boot is not None or boot != self._last_boot:
            raise IdentityError("the boot to go on with is not this key's last one")
        self.boot = boot
        self._next = sequence
        self._slots = None

    def seal(self, content: "Pack | bytes", iat: int | None) -> bytes:
        """Return the sealed message under the next number; iat in Unix seconds or None.

        ``content``: a reading's pack, or a statement as it is encoded. The number is spent even if
        sealing fails: a gap can be accounted for, a repetition cannot.
        """
        sequence = self.spend()
        assert self.boot is not None
        return self._sealer.seal(content, self.boot, sequence, iat)

    def spend(self) -> int:
        """Take the next number and return it: what is not sealed under it is given up."""
        if self.boot is None:
            raise IdentityError("nothing is sealed before the boot has its number")
        if self._next > _COUNTER_MAX:
            raise IdentityError(
                "the sequence is at its end: restart the board for a new boot number"
            )
        sequence = self._next
        self._next += 1
        return sequence

    def register(self, terms: "Terms") -> bytes:
        """Return this key's own signature over registration terms; it takes no number."""
        from sealwire import registration  # here: only provisioning needs it

        return registration.seal(self._key, terms)


def open_or_create(slots: "Slots", alg: int, random: "Callable[[int], bytes]") -> Identity:
    """Return the board's identity, with a new key of ``alg`` where the board has none.

    ``random`` has to be a true source: on the ESP32 os.urandom is one only while the radio is on.
    An existing key keeps its own algorithm.
    """
    if slots.payload is None:
        slots.create(_encode(alg, keys.draw_secret(alg, random), 0))
    return Identity(slots)


def _encode(alg: int, secret: bytes, boot: int) -> bytes:
    from sealwire import cbor  # here and below: only a start reads or writes it

    return cbor.encode([_VERSION, alg, secret, boot])


def _decode(record: bytes) -> tuple[int, bytes, int]:
    from sealwire import cbor

    fields = cbor.decode(record)
    if not isinstance(fields, list) or len(fields) != 4 or fields[0] != _VERSION:
        raise IdentityError(
            "the identity record is of another firmware's version; install that one"
        )
    return fields[1], fields[2], fields[3]
