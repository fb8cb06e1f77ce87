"""Plausibility of a signed acknowledgement: what a board checks before it deletes anything.

A signature says who promises, not that the promise is worth anything. One that contradicts itself,
what the board has sealed, or its clock is refused whole (docs/spec/wire.md, "What a board believes").
"""

from sealwire._compat import TYPE_CHECKING
from sealwire.bounds import CLOCK_TOLERANCE_S, MERGE_DELAY_MAX_S
from sealwire.errors import BUSY, CODE_NAMES, UNKNOWN_DEVICE, malformed
from sealwire.outcome import ACCEPTED, DUPLICATE, REFUSED, leaf_hash

if TYPE_CHECKING:
    from sealwire.ack_parser import ParsedAck

_LATER = (UNKNOWN_DEVICE, BUSY)  # codes that say "not now" (docs/spec/wire.md, "Codes")


def results(
    parsed: "ParsedAck", messages: list[bytes], now: int | None, doubt_ms: int
) -> dict[bytes, tuple[int, int | None]]:
    """Return the result and code of each message, by leaf hash, out of what `reply.read` returned.

    ``messages``: those that were sent · ``now``: what the board's clock shows (Unix seconds), None while
    it is unset · ``doubt_ms``: how far off it may be. Raises `WireError` for what cannot be true.
    """
    issued, log_by, outcomes, _ = parsed
    _judge_times(issued, log_by, now, doubt_ms)
    found: dict[bytes, tuple[int, int | None]] = {}
    for leaf, result, code, first_leaf, first_log_by in outcomes:
        # A message that was sent twice is accepted once, and a duplicate of that then.
        if leaf in found and _verdict(*found[leaf]) != _verdict(result, code):
            raise malformed("contradictory outcomes for one message")
        if result == REFUSED and code in _LATER:
            raise malformed("refused for good, and for later: %s" % CODE_NAMES[code])
        if result == DUPLICATE:
            assert first_log_by is not None
            if first_leaf != leaf:
                raise malformed("a duplicate of what this board has not sealed")
            if first_log_by - issued > MERGE_DELAY_MAX_S:
                raise malformed("a duplicate whose first promise is still to come")
            _judge_first(leaf, first_log_by, messages, doubt_ms)
        found[leaf] = (result, code)
    return found


def _judge_times(issued: int, log_by: int, now: int | None, doubt_ms: int) -> None:
    if not 0 <= log_by - issued <= MERGE_DELAY_MAX_S:
        raise malformed(
            "log_by is %d s after issued; 0..%d are believed" % (log_by - issued, MERGE_DELAY_MAX_S)
        )
    if now is None:
        return
    tolerance_s = CLOCK_TOLERANCE_S + (doubt_ms + 999) // 1000
    if abs(issued - now) > tolerance_s:
        raise malformed(
            "the gateway's clock is %d s off this board's; %d are believed: see which of the two is wrong"
            % (issued - now, tolerance_s)
        )


def _verdict(result: int, code: int | None) -> tuple[int, int | None]:
    """Return what an outcome says of its message: in the log, for later, or refused for which reason."""
    if result == REFUSED:
        return REFUSED, code
    return ACCEPTED if result == DUPLICATE else result, None


def _judge_first(leaf: bytes, first_log_by: int, messages: list[bytes], doubt_ms: int) -> None:
    """Raise `WireError` for a first promise that fell due before its message was sealed."""
    from sealwire import cose, header  # here: duplicates are rare

    for message in messages:
        if leaf_hash(message) == leaf:
            iat = header.Header.parse(cose.parse(message, len(message)).protected).iat
            if iat is not None and iat - first_log_by > CLOCK_TOLERANCE_S + doubt_ms // 1000:
                raise malformed("a duplicate that was promised before it was sealed")
