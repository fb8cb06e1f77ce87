"""What the log knows of a device's messages. Every number here is derived from the leaves."""

import json
import sqlite3
from typing import NamedTuple

from sealmote.gateway.store.leaves import Kind


class Leaf(NamedTuple):
    """A leaf as it was kept; `thumbprint` and identity are None for evidence. Times: Unix s."""

    number: int
    hash: bytes
    kind: int
    raw: bytes
    received: int
    log_by: int
    thumbprint: bytes | None
    boot: int | None
    sequence: int | None


class Interval(NamedTuple):
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


_LEAF = (
    "SELECT number, hash, kind, raw, received, log_by, thumbprint, boot, sequence"
    " FROM leaves LEFT JOIN devices USING (device)"
)

# Runs of consecutive numbers: within a run, number minus rank is constant. All of them come in one row,
# so that the interpreter is not asked for once for each of what may be many.
_INTERVALS = """
SELECT json_group_array(json_array(boot, first, last)) FROM (
    SELECT boot, min(sequence) AS first, max(sequence) AS last FROM (
        SELECT boot, sequence,
               sequence - row_number() OVER (PARTITION BY boot ORDER BY sequence) AS run
        FROM leaves WHERE device = ?
    ) GROUP BY boot, run ORDER BY boot, first
)
"""


def leaf_at(connection: sqlite3.Connection, number: int) -> Leaf | None:
    """Return the leaf at a place in the log."""
    row = connection.execute(f"{_LEAF} WHERE number = ?", (number,)).fetchone()
    return Leaf(*row) if row else None


def leaf_of_hash(connection: sqlite3.Connection, leaf_hash: bytes) -> Leaf | None:
    """Return the leaf of this hash."""
    row = connection.execute(f"{_LEAF} WHERE hash = ?", (leaf_hash,)).fetchone()
    return Leaf(*row) if row else None


def entries(connection: sqlite3.Connection, start: int, end: int) -> list[bytes]:
    """Return the entries start ≤ number < end, in order."""
    rows = connection.execute(
        "SELECT raw FROM leaves WHERE number >= ? AND number < ? ORDER BY number", (start, end)
    )
    return [raw for (raw,) in rows]


def readings(connection: sqlite3.Connection, chosen: Filter) -> list[Leaf]:
    """Return readings in the order of the log, at most `chosen.limit`."""
    conditions = {
        "thumbprint = ?": chosen.thumbprint,
        "boot = ?": chosen.boot,
        "coalesce(sealed, received) >= ?": chosen.since,
        "coalesce(sealed, received) < ?": chosen.until,
        "number > ?": chosen.after,
        "number < ?": chosen.below,
    }
    used = {text: value for text, value in conditions.items() if value is not None}
    where = " AND ".join([f"kind = {int(Kind.READING)}", *used])
    rows = connection.execute(
        f"{_LEAF} WHERE {where} ORDER BY number LIMIT ?", (*used.values(), chosen.limit)
    )
    return [Leaf(*row) for row in rows]


def statements(connection: sqlite3.Connection, device: int) -> list[Leaf]:
    """Return a device's statements, newest first: one a boot and one a day."""
    rows = connection.execute(
        f"{_LEAF} WHERE device = ? AND kind = ? ORDER BY number DESC",
        (device, int(Kind.STATEMENT)),
    )
    return [Leaf(*row) for row in rows]


def dating_statement(
    connection: sqlite3.Connection, thumbprint: bytes, boot: int, after: int
) -> Leaf | None:
    """Return the first statement with a time that a boot made after the number `after`."""
    row = connection.execute(
        f"{_LEAF} WHERE thumbprint = ? AND boot = ? AND sequence > ? AND kind = ?"
        " AND sealed IS NOT NULL ORDER BY sequence LIMIT 1",
        (thumbprint, boot, after, int(Kind.STATEMENT)),
    ).fetchone()
    return Leaf(*row) if row else None


def equivocations(connection: sqlite3.Connection, device: int) -> list[int]:
    """Return the leaf numbers of the evidence against a device."""
    rows = connection.execute(
        "SELECT evidence.number FROM evidence JOIN leaves ON leaves.number = evidence.first"
        " WHERE leaves.device = ? ORDER BY evidence.number",
        (device,),
    )
    return [number for (number,) in rows]


def intervals(connection: sqlite3.Connection, device: int) -> list[Interval]:
    """Return exactly which numbers of each boot are in the log, as maximal intervals."""
    (found,) = connection.execute(_INTERVALS, (device,)).fetchone()
    return [Interval(*run) for run in json.loads(found)]


def summary(connection: sqlite3.Connection, device: int) -> Summary:
    """Count what the log has of a device."""
    (messages,) = connection.execute(
        "SELECT count(*) FROM leaves WHERE device = ?", (device,)
    ).fetchone()
    last = connection.execute(
        "SELECT received FROM leaves WHERE device = ? ORDER BY number DESC LIMIT 1", (device,)
    ).fetchone()
    return Summary(messages, last[0] if last else None, len(equivocations(connection, device)))


def evidence_count(connection: sqlite3.Connection) -> int:
    """Return how many equivocations the log has evidence of."""
    (count,) = connection.execute("SELECT count(*) FROM evidence").fetchone()
    return int(count)
