"""Sound acknowledgements of one reading, as the board judges them that sent it."""

from collections.abc import Iterator
from dataclasses import dataclass

from tools.vectorkit.given import NOW, ORIGIN, READING, Case, sealed

from sealwire import ack, cose
from sealwire.ack import Outcome
from sealwire.bounds import CLOCK_TOLERANCE_S, MERGE_DELAY_MAX_S
from sealwire.errors import BUSY, REVOKED, UNKNOWN_DEVICE

_SENT = sealed(READING)
_LEAF = cose.leaf_hash(_SENT)
_YEARS = 10 * 365 * 86_400
_ACCEPTED, _REFUSED = Outcome(_LEAF, ack.ACCEPTED), Outcome(_LEAF, ack.REFUSED, REVOKED)


@dataclass(frozen=True)
class Answer:
    """What a gateway answered, and the board's clock then: Unix seconds, None while it is unset."""

    acknowledgement: ack.Acknowledgement
    now: int | None = NOW
    uncertainty_ms: int | None = 0

    def asked(self) -> Case:
        """Return the member `asked` of a case: what was sent, and the board's clock."""
        return {"sent": [_SENT.hex()], "now": self.now, "uncertainty_ms": self.uncertainty_ms}


def believed() -> Iterator[tuple[str, Answer]]:
    """Yield (name, answer) for what a board acts on."""
    most = NOW + MERGE_DELAY_MAX_S
    edge = NOW - CLOCK_TOLERANCE_S
    yield "a promise for a day", _answer(NOW, most)
    yield "issued 300 s before the board's time", _answer(edge, edge)
    yield "issued 301 s before it, by a clock that may be off by one", _answer(edge - 1, edge, 1000)
    yield "issued years ago, by a board without a clock", _unset(NOW - _YEARS, NOW - _YEARS)
    yield "accepted, and a duplicate of that", _answer(NOW, most, 0, _ACCEPTED, _again(most))
    yield "a duplicate first promised a day from now", _answer(NOW, NOW, 0, _again(most))


def unbelieved() -> Iterator[tuple[str, Answer]]:
    """Yield (name, answer) for what a board refuses whole."""
    astray = NOW - CLOCK_TOLERANCE_S - 1
    yield "a promise for the year 36812", _unset(NOW, 2**40 - 1)
    yield "a promise for a day and a second", _answer(NOW, NOW + MERGE_DELAY_MAX_S + 1)
    yield "a promise for before it was given", _unset(NOW, NOW - 1)
    yield "issued 301 s before the board's time", _answer(astray, NOW)
    yield "issued years ago", _answer(NOW - _YEARS, NOW - _YEARS)
    yield "issued years from now", _answer(NOW + _YEARS, NOW + _YEARS)
    yield "accepted and refused", _answer(NOW, NOW, 0, _ACCEPTED, _REFUSED)
    yield "busy, and a duplicate", _answer(NOW, NOW, 0, _retry(), _again(NOW))
    for code, name in ((UNKNOWN_DEVICE, "unknown device"), (BUSY, "busy")):
        refusal = Outcome(_LEAF, ack.REFUSED, code)
        yield f"refused for good: {name}", _answer(NOW, NOW, 0, refusal)
    other = Outcome(_LEAF, ack.DUPLICATE, None, bytes(32), NOW)
    yield "a duplicate of another leaf", _answer(NOW, NOW, 0, other)
    late = _again(NOW + MERGE_DELAY_MAX_S + 1)
    yield "a duplicate of what is still to be promised", _unset(NOW, NOW, late)
    yield "a duplicate promised before it was sealed", _unset(NOW, NOW, _again(astray))


def _answer(issued: int, log_by: int, uncertainty_ms: int = 0, *outcomes: Outcome) -> Answer:
    given = ack.Acknowledgement(ORIGIN, issued, log_by, list(outcomes or (_ACCEPTED,)))
    return Answer(given, NOW, uncertainty_ms)


def _unset(issued: int, log_by: int, *outcomes: Outcome) -> Answer:
    return Answer(_answer(issued, log_by, 0, *outcomes).acknowledgement, None, None)


def _again(first_log_by: int) -> Outcome:
    return Outcome(_LEAF, ack.DUPLICATE, None, _LEAF, first_log_by)


def _retry() -> Outcome:
    return Outcome(_LEAF, ack.RETRY, BUSY)
