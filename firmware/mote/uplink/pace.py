"""Batch size and pauses, learnt from what became of the batches before.

A batch that is too large is halved, and so is one that fails again, whatever the cause: a server or a
proxy that resets, and a path that loses long packets, do not say so. It is doubled after a success;
where the larger one fails at once, only after twice as many, up to 64. A single message that fails again
and again, for a filter that takes it for something else, lets the next one go before it.

What is learnt is None while all is well, and else a list, which outlives deep sleep: how many messages at
once · the uptime before which the gateway wants nothing · failures in a row · successes with so many ·
how many of these it takes to try more · whether nothing of this size has passed since it grew.
"""

from mote import uptime
from mote.log import Log
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from mote.storage.segment import Kept

    from .uplink import Uplink

    Pace = list[int]

_SIZE, _FROM_S, _FAILURES, _SUCCESSES, _PROOF, _GROWN = range(6)
_REPEATED = const(2)
_PROOF_MAX = const(64)


_log = Log("uplink")


def learn(uplink: "Uplink", error: Exception, count: int, batch: "list[Kept]") -> bool:
    """Learn from a batch of ``count`` that failed by ``error``; say whether to go on at once.

    That is with fewer, or, every second time, behind the only one, which ``batch`` has then.
    """
    # For the gateway, or for this board's heap:
    too_large = isinstance(error, MemoryError) or getattr(error, "too_large", False)
    grown = uplink.pace and uplink.pace[_GROWN]
    patience_s = getattr(error, "patience_s", 0)
    uplink.pace = failed(uplink.pace, uplink.most, count, too_large, patience_s)
    if patience_s:
        return False
    if count == 1:
        if not batch or uplink.outbox.kept == 1 or uplink.pace[_FAILURES] % 2:
            return False
        uplink.outbox.pass_over(batch)
    elif not (too_large or grown):
        return False
    if not isinstance(error, MemoryError):  # it was not sent, and a line may be too much now
        _log.warning("%s; next with %d" % (uplink.failed(error), uplink.pace[_SIZE]))
    return True


def failed(pace: "Pace | None", most: int, count: int, too_large: bool, patience_s: int) -> "Pace":
    """Return what is learnt from a batch of ``count`` messages that has failed.

    ``most``: how many there may ever be · ``patience_s``: for how long the gateway wants to be left alone.
    """
    pace = pace or [most, 0, 0, 0, 1, 0]
    pace[_FROM_S] = uptime.seconds() + patience_s
    pace[_FAILURES] += 1
    if too_large or pace[_GROWN] or pace[_FAILURES] >= _REPEATED:
        if pace[_GROWN]:
            pace[_PROOF] = min(pace[_PROOF] * 2, _PROOF_MAX)
        pace[_SIZE], pace[_SUCCESSES], pace[_GROWN] = max(count // 2, 1), 0, 0
    return pace


def passed(pace: "Pace", most: int) -> "Pace | None":
    """Return what is learnt from a batch that has passed."""
    if pace[_GROWN]:
        pace[_PROOF] = 1
    pace[_FAILURES] = pace[_GROWN] = 0
    pace[_SUCCESSES] += 1
    if pace[_SIZE] >= most:
        return None
    if pace[_SUCCESSES] >= pace[_PROOF]:
        pace[_SIZE], pace[_SUCCESSES], pace[_GROWN] = min(pace[_SIZE] * 2, most), 0, 1
    return pace
