"""An acknowledgement (see `ack`) as a board reads it: step by step, and into plain values.

    signed, signature, payload = reply.take_apart(answer, key.alg)
    if key.verify(signed, signature):
        results, challenge = reply.read(payload, origin)

Between the steps nothing of the one before need stay loaded.
"""

from ._compat import const
from .bounds import TIME_MAX, TIME_MIN
from .errors import CODE_NAMES, malformed
from .outcome import ACCEPTED, DUPLICATE, REFUSED

MEDIA_TYPE = "application/vnd.sealmote.ack+cbor"
MAX_ACK = 32768
MAX_OUTCOMES = 256

_ORIGIN, _ISSUED, _LOG_BY, _OUTCOMES = const(1), const(2), const(3), const(4)
_CHALLENGE = const(5)


def take_apart(data: bytes, alg: int) -> tuple[bytes, bytes, bytes]:
    """Return (what was signed, the signature, the payload), none of it checked yet.

    ``alg``: the algorithm of the gateway's key. Raises `WireError`.
    """
    from . import envelope  # here and below: neither step needs what the other does

    return envelope.take_apart(data, alg, MEDIA_TYPE, MAX_ACK)


def read(
    payload: bytes, origin: str
) -> tuple[dict[bytes, tuple[int, int | None]], tuple[bytes, bytes] | None]:
    """Return the result and code of each message, by leaf hash, and the challenge (kid, nonce) or None.

    Raises `WireError` (malformed) unless it is an acknowledgement of the log ``origin``.
    """
    named, _, _, items, challenge = parse(payload)
    if named != origin:
        raise malformed("an acknowledgement of another log, %s" % named)
    results = {}
    for item in items:
        leaf, result, code, _, _ = outcome(item)
        results[leaf] = (result, code)
    return results, challenge


def parse(
    payload: bytes,
) -> tuple[str, int, int, list[object], tuple[bytes, bytes] | None]:
    """Return (origin, issued, log_by, the outcomes' items, challenge). Raises `WireError` (malformed)."""
    from . import check, decoding

    keys = (_ORIGIN, _ISSUED, _LOG_BY, _OUTCOMES)
    fields = check.mapping(decoding.decode(payload), "the acknowledgement", keys, (_CHALLENGE,))
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


def outcome(value: object) -> tuple[bytes, int, int | None, bytes | None, int | None]:
    """Return an item's leaf, result, code, first leaf and first log_by. Raises `WireError` (malformed)."""
    from . import check

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
