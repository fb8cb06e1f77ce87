"""Acknowledgement: a gateway's signed result for each message of a batch (docs/spec/wire.md).

    {1: origin, 2: issued, 3: log_by, 4: [[leaf, result, ...], ...], ? 5: [kid, nonce]}
        [leaf, 0]                             accepted
        [leaf, 1, first leaf, first log_by]   duplicate, with the first acceptance's promise
        [leaf, 2, code]                       retry: keep it and send it again
        [leaf, 3, code]                       refused for good

A board deletes a reading on this word alone, so it checks the signature against the pinned key first.
Under 5 the gateway challenges the board with that kid to make a statement with this nonce.
"""

from sealwire import ack_parser, cbor, envelope
from sealwire.ack_parser import MAX_ACK as MAX_ACK  # noqa: PLC0414 - part of this module too
from sealwire.ack_parser import MAX_OUTCOMES as MAX_OUTCOMES  # noqa: PLC0414 - part of this module too
from sealwire.ack_parser import MEDIA_TYPE as MEDIA_TYPE  # noqa: PLC0414 - part of this module too

from ._compat import TYPE_CHECKING, const
from .errors import malformed
from .outcome import ACCEPTED as ACCEPTED  # noqa: PLC0414 - part of this module too
from .outcome import DUPLICATE as DUPLICATE  # noqa: PLC0414 - part of this module too
from .outcome import REFUSED as REFUSED  # noqa: PLC0414 - part of this module too
from .outcome import RETRY as RETRY  # noqa: PLC0414 - part of this module too

if TYPE_CHECKING:
    from .keys import PublicKey, Signer

_ORIGIN, _ISSUED, _LOG_BY, _OUTCOMES = const(1), const(2), const(3), const(4)
_CHALLENGE = const(5)


class Outcome:
    """The word on one message, known by its leaf hash (32 bytes).

    ``code`` says why for RETRY and REFUSED (`errors.CODE_NAMES`); ``first_leaf`` and
    ``first_log_by`` repeat the promise of the first acceptance for DUPLICATE. None elsewhere.
    """

    def __init__(
        self,
        leaf: bytes,
        result: int,
        code: int | None = None,
        first_leaf: bytes | None = None,
        first_log_by: int | None = None,
    ) -> None:
        self.leaf = leaf
        self.result = result
        self.code = code
        self.first_leaf = first_leaf
        self.first_log_by = first_log_by

    def item(self) -> list[object]:
        """Return the outcome ready to encode."""
        if self.result == ACCEPTED:
            return [self.leaf, self.result]
        if self.result == DUPLICATE:
            return [self.leaf, self.result, self.first_leaf, self.first_log_by]
        return [self.leaf, self.result, self.code]

    @staticmethod
    def read(value: object) -> "Outcome":
        """Read one item. Raises `WireError` (malformed)."""
        return Outcome(*ack_parser.outcome(value))


class Acknowledgement:
    """The gateway of log ``origin`` answers at ``issued``; what it accepted is in the log by ``log_by``.

    Times in Unix seconds; ``outcomes`` in the order of the messages; ``challenge``: the kid of the
    board that is asked for a statement, and the nonce (8 to 64 bytes) it is to carry, or None.
    """

    def __init__(
        self,
        origin: str,
        issued: int,
        log_by: int,
        outcomes: list[Outcome],
        challenge: tuple[bytes, bytes] | None = None,
    ) -> None:
        self.origin = origin
        self.issued = issued
        self.log_by = log_by
        self.outcomes = outcomes
        self.challenge = challenge

    def encode(self) -> bytes:
        """Return the payload to sign. Raises `WireError` for what `parse` would refuse."""
        fields: dict[int, object] = {
            _ORIGIN: self.origin,
            _ISSUED: self.issued,
            _LOG_BY: self.log_by,
            _OUTCOMES: [outcome.item() for outcome in self.outcomes],
        }
        if self.challenge is not None:
            fields[_CHALLENGE] = self.challenge
        payload = cbor.encode(fields)
        Acknowledgement.parse(payload)
        return payload

    @staticmethod
    def parse(payload: bytes) -> "Acknowledgement":
        """Read a payload. Raises `WireError` (malformed) unless it is exactly an acknowledgement."""
        origin, issued, log_by, items, challenge = ack_parser.parse(payload)
        outcomes = [Outcome.read(item) for item in items]
        return Acknowledgement(origin, issued, log_by, outcomes, challenge)


def seal(key: "Signer", acknowledgement: Acknowledgement) -> bytes:
    """Sign an acknowledgement with the gateway's key; returns the message."""
    return envelope.seal(key, MEDIA_TYPE, acknowledgement.encode())


def open_ack(data: bytes, key: "PublicKey", origin: str) -> Acknowledgement:
    """Return what the gateway said. Raises `WireError` unless ``key`` signed it for that ``origin``."""
    payload = envelope.open_payload(data, key, MEDIA_TYPE, MAX_ACK)
    acknowledgement = Acknowledgement.parse(payload)
    if acknowledgement.origin != origin:
        raise malformed("an acknowledgement of another log, %s" % acknowledgement.origin)
    return acknowledgement
