"""Tree heads of the log: signed checkpoints, and the anchors that the chain has of them."""

import sqlite3
from typing import NamedTuple


class Checkpoint(NamedTuple):
    """A signed head. `note` is the C2SP tlog-checkpoint; `issued` in Unix seconds."""

    size: int
    root: bytes
    note: bytes
    issued: int


class AnchorRow(NamedTuple):
    """A head that is meant to be on the chain, and is once `receipt` (JSON) says where."""

    size: int
    root: bytes
    intended: int
    recorded: int | None
    receipt: str | None


_CHECKPOINT = "SELECT size, root, note, issued FROM checkpoints"
_ANCHOR = (
    "SELECT size, root, intended, recorded, receipt FROM anchors JOIN checkpoints USING (size)"
)


def add_checkpoint(connection: sqlite3.Connection, checkpoint: Checkpoint) -> None:
    """Keep a checkpoint; sizes strictly grow, so one of this size is refused."""
    connection.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?)", checkpoint)


def newest_checkpoint(connection: sqlite3.Connection) -> Checkpoint | None:
    """Return the checkpoint of the largest size, if there is one."""
    row = connection.execute(f"{_CHECKPOINT} ORDER BY size DESC LIMIT 1").fetchone()
    return Checkpoint(*row) if row else None


def checkpoint_of(connection: sqlite3.Connection, size: int) -> Checkpoint | None:
    """Return the checkpoint of exactly this size."""
    row = connection.execute(f"{_CHECKPOINT} WHERE size = ?", (size,)).fetchone()
    return Checkpoint(*row) if row else None


def every_checkpoint(connection: sqlite3.Connection) -> list[Checkpoint]:
    """Return all checkpoints, by size."""
    return [Checkpoint(*row) for row in connection.execute(f"{_CHECKPOINT} ORDER BY size")]


def intend_anchor(connection: sqlite3.Connection, size: int, now: int) -> None:
    """Note that the checkpoint of this size is about to be sent to the chain."""
    connection.execute(
        "INSERT INTO anchors (size, intended) VALUES (?, ?) ON CONFLICT DO NOTHING", (size, now)
    )


def record_anchor(connection: sqlite3.Connection, size: int, receipt: str, now: int) -> None:
    """Note where the chain has the checkpoint of this size; what was overtaken is dropped."""
    connection.execute(
        "UPDATE anchors SET recorded = ?, receipt = ? WHERE size = ?", (now, receipt, size)
    )
    connection.execute("DELETE FROM anchors WHERE recorded IS NULL AND size < ?", (size,))


def move_anchor(connection: sqlite3.Connection, size: int, receipt: str | None, now: int) -> None:
    """Note that the chain has this head elsewhere by now; with None, that it has it no more."""
    recorded = None if receipt is None else now
    connection.execute(
        "UPDATE anchors SET recorded = ?, receipt = ? WHERE size = ?", (recorded, receipt, size)
    )


def drop_anchor(connection: sqlite3.Connection, size: int) -> None:
    """Forget that a head was on the chain."""
    connection.execute("DELETE FROM anchors WHERE size = ?", (size,))


def pending_anchor(connection: sqlite3.Connection) -> AnchorRow | None:
    """Return the newest anchor that was intended and of which nobody knows whether it was sent."""
    row = connection.execute(
        f"{_ANCHOR} WHERE recorded IS NULL ORDER BY size DESC LIMIT 1"
    ).fetchone()
    return AnchorRow(*row) if row else None


def newest_anchor(connection: sqlite3.Connection, below: int | None = None) -> AnchorRow | None:
    """Return the largest head that the chain has, of those smaller than ``below`` if that is given."""
    row = connection.execute(
        f"{_ANCHOR} WHERE recorded IS NOT NULL AND (?1 IS NULL OR size < ?1) ORDER BY size DESC LIMIT 1",
        (below,),
    ).fetchone()
    return AnchorRow(*row) if row else None


def anchor_covering(connection: sqlite3.Connection, number: int) -> AnchorRow | None:
    """Return the earliest anchor that the leaf `number` stands under."""
    row = connection.execute(
        f"{_ANCHOR} WHERE recorded IS NOT NULL AND size > ? ORDER BY size LIMIT 1", (number,)
    ).fetchone()
    return AnchorRow(*row) if row else None


def anchor_of(connection: sqlite3.Connection, size: int) -> AnchorRow | None:
    """Return the anchor of exactly this size, if the chain has it."""
    row = connection.execute(
        f"{_ANCHOR} WHERE recorded IS NOT NULL AND size = ?", (size,)
    ).fetchone()
    return AnchorRow(*row) if row else None


def every_anchor(connection: sqlite3.Connection) -> list[AnchorRow]:
    """Return all anchors that the chain has, by size."""
    rows = connection.execute(f"{_ANCHOR} WHERE recorded IS NOT NULL ORDER BY size")
    return [AnchorRow(*row) for row in rows]
