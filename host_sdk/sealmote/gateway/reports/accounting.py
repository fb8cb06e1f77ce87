"""Account of a device's sequence numbers: a pure function of the log's ranges and statements.

A board says in signed statements which numbers it gave up (`dropped`), up to which nothing waits any
more (`acknowledged_to`), and which was the last before this boot (`previous_last`). The log says
which numbers it has. From both follows the class of each number of a boot, in this order:

    logged    it is in the log, whatever else was said of it
    dropped   the board says that it gave it up, and why: for want of room, or a gateway refused it
    missing   the board says that it was acknowledged, and it is not in the log: either it went to
              another gateway, or this one acknowledged it and hides it
    awaited   it was taken, and nobody has said yet what became of it: it may be in the outbox

No statement changes what a number is worth once it is logged, and none can make one awaited again.
"""

import math
from bisect import bisect_right
from collections.abc import Iterable
from operator import itemgetter
from typing import TYPE_CHECKING, NamedTuple

from sealmote.gateway.store.queries import Range
from sealwire import message
from sealwire.statement import Statement

if TYPE_CHECKING:
    from sealwire.statement import Range as DroppedRange

Ranges = list[tuple[int, int]]
"""First..last sequence numbers each, ascending, none touching the next."""


class Claims(NamedTuple):
    """What one statement claims of sequence numbers; `boot` is its own."""

    boot: int
    previous_last: tuple[int, int] | None
    acknowledged_to: tuple[int, int] | None
    dropped: "list[DroppedRange]"


class Drop(NamedTuple):
    """Why numbers were dropped: cause and refusal as `statement.Account` has them."""

    first: int
    last: int
    cause: int | None
    refusal: bytes | None


class BootAccount(NamedTuple):
    """The numbers of one boot, each in exactly one of the four lists.

    `last` is the last number as a later boot stated it, None until then: more may come. `drops` say
    why those of `dropped` were, in the ranges that the board stated; a number may have two causes.
    """

    boot: int
    last: int | None
    logged: Ranges
    dropped: Ranges
    missing: Ranges
    awaited: Ranges
    drops: tuple[Drop, ...] = ()

    @property
    def closed(self) -> bool:
        """Whether every number of the boot is logged or dropped, and no more can come."""
        return self.last is not None and not self.missing and not self.awaited


def claims(raw: bytes) -> Claims:
    """Return what a statement's message claims of sequence numbers; TypeError for any other message."""
    parsed = message.parse(raw)
    if not isinstance(parsed.content, Statement):
        raise TypeError("no statement")
    account = parsed.content.account
    return Claims(
        parsed.header.boot, account.previous_last, account.acknowledged_to, account.dropped
    )


def account(logged: Iterable[Range], statements: Iterable[Claims]) -> list[BootAccount]:
    """Return the account of every boot that the log or a statement knows of, by boot."""
    statements = list(statements)
    in_log: dict[int, Ranges] = {}
    for interval in logged:
        in_log.setdefault(interval.boot, []).append((interval.first, interval.last))
    given_up: dict[int, list[Drop]] = {}
    for one in statements:
        for boot, first, last, cause, refusal in one.dropped:
            given_up.setdefault(boot, []).append(Drop(first, last, cause, refusal))
    lasts = _lasts(statements)
    settled = max((one.acknowledged_to for one in statements if one.acknowledged_to), default=None)
    known = {*in_log, *given_up, *lasts, *([settled[0]] if settled else [])}
    return [
        _boot(boot, lasts.get(boot), in_log.get(boot, []), given_up.get(boot, []), settled)
        for boot in sorted(known)
    ]


def _lasts(statements: list[Claims]) -> dict[int, int]:
    lasts: dict[int, int] = {}
    for one in statements:
        if one.previous_last is not None:
            boot, last = one.previous_last
            lasts[boot] = max(last, lasts.get(boot, 0))
    return lasts


def _boot(
    boot: int,
    last: int | None,
    logged: Ranges,
    given_up: list[Drop],
    settled: tuple[int, int] | None,
) -> BootAccount:
    logged = _united(logged)
    dropped = _without(_united([(one.first, one.last) for one in given_up]), logged)
    ends = [span[1] for span in (logged[-1:] + dropped[-1:])]
    if last is not None:
        ends.append(last)
    if settled and settled[0] == boot:
        ends.append(settled[1])
    rest = _without([(0, max(ends))], _united(logged + dropped))
    missing, awaited = _divided(rest, -1 if settled is None else _last_settled(boot, settled))
    why = _drops(given_up, dropped)
    return BootAccount(boot, last, logged, dropped, missing, awaited, why)


def _drops(given_up: list[Drop], dropped: Ranges) -> tuple[Drop, ...]:
    """Return each cause with its ranges as they were stated, where any of their numbers is dropped.

    What a statement of version 1 leaves unsaid is left out where another names the same range.
    """
    by_cause: dict[tuple[int | None, bytes | None], Ranges] = {}
    for one in given_up:
        by_cause.setdefault((one.cause, one.refusal), []).append((one.first, one.last))
    unsaid = by_cause.pop((None, None), [])
    found = [Drop(*span, *why) for why, ranges in by_cause.items() for span in _united(ranges)]
    named = {(one.first, one.last) for one in found}
    found += [
        Drop(*span, None, None) for span in _united([span for span in unsaid if span not in named])
    ]
    meeting = [one for one in found if _meets(one, dropped)]
    return tuple(sorted(meeting, key=lambda one: (one.first, one.last, one.refusal or b"")))


def _meets(one: Drop, ranges: Ranges) -> bool:
    """Say whether any number of a range is in others, ascending and disjoint."""
    at = bisect_right(ranges, one.last, key=itemgetter(0))
    return at > 0 and ranges[at - 1][1] >= one.first


def _last_settled(boot: int, settled: tuple[int, int]) -> float:
    """Return up to which number of a boot nothing waits any more; -1 if all may wait."""
    if boot != settled[0]:
        return math.inf if boot < settled[0] else -1
    return settled[1]


def _divided(ranges: Ranges, bound: float) -> tuple[Ranges, Ranges]:
    """Return the numbers up to `bound`, and those beyond it."""
    at = bisect_right(ranges, bound, key=itemgetter(0))
    upto, beyond = ranges[:at], ranges[at:]
    if upto and upto[-1][1] > bound:  # the range that the bound divides
        first, last = upto.pop()
        upto.append((first, int(bound)))
        beyond.insert(0, (int(bound) + 1, last))
    return upto, beyond


def _united(ranges: Ranges) -> Ranges:
    """Return the union of any ranges."""
    united: Ranges = []
    for first, last in sorted(ranges):
        if united and first <= united[-1][1] + 1:
            united[-1] = (united[-1][0], max(last, united[-1][1]))
        else:
            united.append((first, last))
    return united


def _without(ranges: Ranges, taken: Ranges) -> Ranges:
    """Return `ranges` but for the numbers in `taken`; both ascending and disjoint."""
    left: Ranges = []
    others = iter([*taken, None])
    other = next(others)
    for start, last in ranges:
        first = start
        while other and other[1] < first:
            other = next(others)
        while other and other[0] <= last:
            if first < other[0]:
                left.append((first, other[0] - 1))
            first = other[1] + 1
            if other[1] > last:
                break
            other = next(others)
        if first <= last:
            left.append((first, last))
    return left
