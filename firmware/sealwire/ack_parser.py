"""Acknowledgement parser of a board: step by step, into plain values.

    signed, signature, payload = reply.take_apart(answer, key.alg)
    if key.verify(signed, signature):
        issued, log_by, outcomes, challenge = reply.read(payload, origin)

Whether that can be true is for `promise` to say.

Between the steps nothing of the one before need stay loaded.
"""

from sealwire._compat import TYPE_CHECKING, const
from sealwire.bounds import TIME_MAX, TIME_MIN
from sealwire.errors import CODE_NAMES, malformed
from sealwire.outcome import ACCEPTED, DUPLICATE, REFUSED

if TYPE_CHECKING:
    Outcome = tuple[bytes, int, int | None, bytes | None, int | None]
    Challenge = tuple[bytes, bytes] | None
    ParsedAck = tuple[int, int, list[Outcome], Challenge]

MEDIA_TYPE = "application/vnd.sealmote.ack+cbor"
MAX_ACK = 32768
MAX_OUTCOMES = 256

_ORIGIN, _ISSUED, _LOG_BY, _OUTCOMES = const(1), const(2), const(3), const(4)
_CHALLENGE = const(5)


def take_apart(data: bytes, alg: int) -> tuple[bytes, bytes, bytes]:
    """Return (what was signed, the signature, the payload), none of it checked yet.

    ``alg``: the algorithm of the gateway's key. Raises `WireError`.
    """
    from sealwire import envelope  # here and below: neither step needs what the other does

    return envelope.take_apart(data, alg, MEDIA_TYPE, MAX_ACK)


def read(payload: bytes, origin: str) -> "ParsedAck":
    """Return (issued, log_by, outcomes, challenge) of an acknowledgement of the log ``origin``.

    The times are in Unix seconds, the outcomes as `outcome` has them; the challenge is (kid, nonce) or
    None. Raises `WireError` (malformed) for anything else.
    """
    named, issued, log_by, items, challenge = parse(payload)
    if named != origin:
        raise malformed("an acknowledgement of another log, %s" % named)
    outcomes: list[Outcome] = items  # type: ignore[assignment]  # one by one, in their places: heap
    for index, item in enumerate(items):
        outcomes[index] = outcome(item)
    return issued, log_by, outcomes, challenge


def parse(payload: bytes) -> "tuple[str, int, int, list[object], Challenge]":
    """Return (origin, issued, log_by, the outcomes' items, challenge). Raises `WireError` (malformed)."""
    from sealwire import cbor_decoder, check

    keys = (_ORIGIN, _ISSUED, _LOG_BY, _OUTCOMES)
    fields = check.mapping(cbor_decoder.decode(payload), "the acknowledgement", keys, (_CHALLENGE,))
    challenge = None
    if _CHALLENGE in fields:
        kid, nonce = check.array(fields[_CHALLENGE], "the challenge", 2, 2)
        challenge = check.octets(kid, "its kid", 8, 8), check.octets(nonce, "its nonce", 8, 64)
    return (
        check.text(fields[_ORIGIN], "the origin", 1, 128),
        check.integer(fields[_ISSUED], "issued", TIME_MIN, TIME_MAX),
        check.integer(fields[_LOG_BY], "log_by", TIME_MIN, TIME_MAX),
        check.array(fields[_OUTCOMES], "the outcomes", 1, MAX_OUTCOMES),
        challenge,
    )


def outcome(value: object) -> "Outcome":
    """Return an item's leaf, result, code, first leaf and first log_by. Raises `WireError` (malformed)."""
    from sealwire import check

    parts = check.array(value, "an outcome", 2, 4)
    leaf = check.octets(parts[0], "a leaf hash", 32, 32)
    result = check.integer(parts[1], "a result", ACCEPTED, REFUSED)
    if len(parts) != (2, 4, 3, 3)[result]:
        raise malformed("an outcome with too few or too many parts")
    if result == ACCEPTED:
        return leaf, result, None, None, None
    if result == DUPLICATE:
        first_leaf = check.octets(parts[2], "the first leaf", 32, 32)
        first_log_by = check.integer(parts[3], "the first log_by", TIME_MIN, TIME_MAX)
        return leaf, result, None, first_leaf, first_log_by
    return leaf, result, check.integer(parts[2], "a code", 1, len(CODE_NAMES)), None, None
