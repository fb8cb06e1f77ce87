"""Queries of leaves: readings, statements, ranges and counts, all derived from the leaves."""

import json
from typing import NamedTuple

from sealmote.gateway.errors import DamagedError
from sealmote.gateway.store import integrity, tree
from sealmote.gateway.store.challenges import Challenge
from sealmote.gateway.store.devices import Device
from sealmote.gateway.store.integrity import Damage, Leaf
from sealmote.gateway.store.leaves import Kind
from sealmote.gateway.store.session import Reader
from sealwire.statement import Statement


class Page(NamedTuple):
    """Leaves, those in between that are damaged, and the cursor of what follows, None if nothing does."""

    leaves: list[Leaf]
    damaged: list[Damage]
    after: int | None


class Range(NamedTuple):
    """Numbers first..last of one boot, all of them in the log."""

    boot: int
    first: int
    last: int


class Summary(NamedTuple):
    """How much the log has of one device and when the last of it arrived (Unix seconds)."""

    messages: int
    last_seen: int | None
    equivocations: int


class Filter(NamedTuple):
    """Which readings to return; None leaves a field open.

    `since` ≤ time < `until` in Unix seconds, where a reading's time is the board's own (iat) or,
    while its clock was unset, the time of its arrival. `after` is the leaf number to go on from,
    `below` the one to stop at.
    """

    thumbprint: bytes | None = None
    boot: int | None = None
    since: int | None = None
    until: int | None = None
    after: int | None = None
    below: int | None = None
    limit: int = 100


_MOST_PROBED = 256  # leaves that are tried one by one, in one go

# Ranges of consecutive numbers: within one, number minus rank is constant. All of them come in one row,
# so that the interpreter is not asked for once for each of what may be many.
_RANGES = """
SELECT json_group_array(json_array(boot, first, last)) FROM (
    SELECT boot, min(sequence) AS first, max(sequence) AS last FROM (
        SELECT boot, sequence,
               sequence - row_number() OVER (PARTITION BY boot ORDER BY sequence) AS stretch
        FROM leaves WHERE device = ? AND boot IS NOT NULL AND sequence IS NOT NULL
    ) GROUP BY boot, stretch ORDER BY boot, first
)
"""


def leaf_at(reader: Reader, number: int) -> Leaf | None:
    """Return the leaf at a place in the log; DamagedError if it is not as it was written."""
    return _first(integrity.select(reader, "WHERE number = ?", (number,)))


def leaf_of_hash(reader: Reader, leaf_hash: bytes) -> Leaf | None:
    """Return the leaf of this hash; DamagedError if it is not as it was written."""
    return _first(integrity.select(reader, "WHERE hash = ?", (leaf_hash,)))


def entries(reader: Reader, start: int, end: int) -> list[bytes]:
    """Return the entries start ≤ number < end, in order; DamagedError if one has not its hash."""
    return [entry.raw for entry in tree.entries(reader, start, end)]


def readings(reader: Reader, chosen: Filter) -> Page:
    """Return readings in the order of the log, at most `chosen.limit`, and which are damaged.

    Where a page of the database cannot be read, what is around it is found leaf by leaf.
    """
    where, values = _conditions(chosen)
    try:
        rest = f"{where} ORDER BY number LIMIT ?"
        rows = integrity.select(reader, rest, (*values, chosen.limit + 1))
    except DamagedError:
        return _probed(reader, chosen)
    leaves, damaged = integrity.sound(rows[: chosen.limit])
    more = len(rows) > chosen.limit
    return Page(leaves, damaged, rows[chosen.limit - 1].number if more else None)


def _probed(reader: Reader, chosen: Filter) -> Page:
    where, values = _conditions(chosen)
    begin = 0 if chosen.after is None else chosen.after + 1
    end = tree.checked_size(reader)
    end = end if chosen.below is None else min(end, chosen.below)
    page = Page([], [], None)
    for number in range(begin, end):
        if len(page.leaves) == chosen.limit or number - begin == _MOST_PROBED:
            return page._replace(after=number - 1)
        try:
            rows = integrity.select(reader, f"{where} AND number = ?", (*values, number))
            leaves, damaged = integrity.sound(rows)
        except DamagedError as error:
            leaves, damaged = [], [Damage(number, str(error))]
        page.leaves.extend(leaves)
        page.damaged.extend(damaged)
    return page


def _conditions(chosen: Filter) -> tuple[str, tuple[object, ...]]:
    """Return the WHERE of what was chosen, and its values."""
    conditions = {
        "thumbprint = ?": chosen.thumbprint,
        "boot = ?": chosen.boot,
        "coalesce(sealed, received) >= ?": chosen.since,
        "coalesce(sealed, received) < ?": chosen.until,
        "number > ?": chosen.after,
        "number < ?": chosen.below,
    }
    used = {text: value for text, value in conditions.items() if value is not None}
    where = " AND ".join([f"WHERE kind = {int(Kind.READING)}", *used])
    return where, tuple(used.values())


def statements(reader: Reader, device: int) -> tuple[list[Leaf], list[Damage]]:
    """Return a device's statements, newest first: one a boot and one a day; and which are damaged."""
    rest = "WHERE device = ? AND kind = ? ORDER BY number DESC"
    return integrity.sound(integrity.select(reader, rest, (device, int(Kind.STATEMENT))))


def dating_statement(reader: Reader, thumbprint: bytes, boot: int, after: int) -> Leaf | None:
    """Return the first statement with a time that a boot made after the number `after`.

    DamagedError if it is not as it was written.
    """
    return _first(
        integrity.select(
            reader,
            "WHERE thumbprint = ? AND boot = ? AND sequence > ? AND kind = ?"
            " AND sealed IS NOT NULL ORDER BY sequence LIMIT 1",
            (thumbprint, boot, after, int(Kind.STATEMENT)),
        )
    )


def equivocations(reader: Reader, device: int) -> list[int]:
    """Return the leaf numbers of the evidence against a device."""
    return reader.column(
        "SELECT evidence.number FROM evidence JOIN leaves ON leaves.number = evidence.first"
        " JOIN leaves AS pair ON pair.number = evidence.number"
        " WHERE leaves.device = ? AND pair.kind = ? ORDER BY evidence.number",
        (device, int(Kind.EVIDENCE)),
    )


def ranges(reader: Reader, device: int) -> list[Range]:
    """Return exactly which numbers of each boot are in the log, as maximal ranges."""
    return [Range(*one) for one in json.loads(reader.value(_RANGES, (device,)))]


def newest_leaf(reader: Reader, device: int) -> int | None:
    """Return the number of a device's newest leaf, None if it has none."""
    found: int | None = reader.value("SELECT max(number) FROM leaves WHERE device = ?", (device,))
    return found


def summary(reader: Reader, device: int) -> Summary:
    """Count what the log has of a device."""
    messages = reader.value("SELECT count(*) FROM leaves WHERE device = ?", (device,))
    last = reader.column(
        "SELECT received FROM leaves WHERE device = ? ORDER BY number DESC LIMIT 1", (device,)
    )
    return Summary(messages, last[0] if last else None, len(equivocations(reader, device)))


def answer(reader: Reader, device: Device, challenge: Challenge) -> Leaf | None:
    """Return the leaf that answered a device's challenge, None while it is open.

    DamagedError if what is noted for it is no statement of the device with that nonce.
    """
    if challenge.answered is None:
        return None
    leaf = leaf_at(reader, challenge.answered)
    said = leaf and leaf.thumbprint == device.thumbprint and leaf.parsed().content
    if not isinstance(said, Statement) or said.nonce != challenge.nonce:
        name = f"the challenge {challenge.nonce.hex()}"
        raise DamagedError(name, f"leaf {challenge.answered} does not answer it")
    return leaf


def evidence_count(reader: Reader) -> int:
    """Return how many equivocations the log has evidence of."""
    return int(reader.value("SELECT count(*) FROM evidence"))


def _first(rows: list[integrity.LeafRow]) -> Leaf | None:
    return integrity.leaf_of(rows[0]) if rows else None
