"""Times of readings whose board's clock was unset, derived from a later statement of the same boot.

The reading carries the board's uptime, the statement uptime and time together; both are signed. The
board's word is all that this is, as with any time of its own.
"""

from collections.abc import Iterable
from typing import NamedTuple

from sealmote.gateway.errors import DamagedError
from sealmote.gateway.store import queries
from sealmote.gateway.store.integrity import Damage, Leaf
from sealmote.gateway.store.session import Reader
from sealwire import message
from sealwire.senml import UPTIME, Pack
from sealwire.statement import Statement


def derived_times(reader: Reader, leaves: Iterable[Leaf]) -> tuple[dict[int, int], list[Damage]]:
    """Return Unix seconds by leaf number for those readings that a statement dates.

    And of which readings the statement is damaged: they get no time.
    """
    times: dict[int, int] = {}
    damaged: list[Damage] = []
    found: dict[tuple[bytes, int], _LookUp] = {}  # the last one of each boot
    for leaf in leaves:
        uptime = _uptime(leaf.parsed())
        if uptime is None or leaf.thumbprint is None or leaf.boot is None or leaf.sequence is None:
            continue
        who = (leaf.thumbprint, leaf.boot)
        if who not in found or not found[who].serves(leaf.sequence):
            try:
                found[who] = _look_up(reader, *who, leaf.sequence)
            except DamagedError as error:
                damaged.append(Damage(leaf.number, f"it has no derived time, for {error}"))
                continue
        zero = found[who].zero
        if zero is not None:
            times[leaf.number] = zero + uptime
    return times, damaged


class _LookUp(NamedTuple):
    """`zero`: the Unix time at which the boot's uptime was 0, by the statement numbered `to`.

    None if no statement after the number `since` tells it.
    """

    since: int
    to: int
    zero: int | None

    def serves(self, sequence: int) -> bool:
        """Say whether the statement, or that there is none, holds for this number too."""
        return sequence >= self.since if self.zero is None else sequence < self.to


def _uptime(parsed: message.Message) -> int | None:
    """Return a reading's uptime in seconds, None for one that has a time of its own."""
    if parsed.header.iat is not None or not isinstance(parsed.content, Pack):
        return None
    return next(record.mantissa for record in parsed.content.records if record.name == UPTIME)


def _look_up(reader: Reader, thumbprint: bytes, boot: int, sequence: int) -> _LookUp:
    leaf = queries.dating_statement(reader, thumbprint, boot, sequence)
    if leaf is None:
        return _LookUp(sequence, sequence, None)
    parsed = leaf.parsed()
    if not isinstance(parsed.content, Statement) or parsed.header.iat is None:
        raise TypeError(f"leaf {leaf.number} is no statement with a time")
    return _LookUp(sequence, parsed.header.sequence, parsed.header.iat - parsed.content.uptime)
