"""Tree heads of the log: signed checkpoints, and the anchors that the chain has of them."""

from typing import NamedTuple

from sealmote.gateway.store.session import Reader, Transaction


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


def add_checkpoint(transaction: Transaction, checkpoint: Checkpoint) -> None:
    """Keep a checkpoint; sizes strictly grow, so one of this size is refused."""
    transaction.execute("INSERT INTO checkpoints VALUES (?, ?, ?, ?)", checkpoint)


def newest_checkpoint(reader: Reader) -> Checkpoint | None:
    """Return the checkpoint of the largest size, if there is one."""
    return reader.first(Checkpoint, f"{_CHECKPOINT} ORDER BY size DESC LIMIT 1")


def checkpoint_of(reader: Reader, size: int) -> Checkpoint | None:
    """Return the checkpoint of exactly this size."""
    return reader.first(Checkpoint, f"{_CHECKPOINT} WHERE size = ?", (size,))


def every_checkpoint(reader: Reader) -> list[Checkpoint]:
    """Return all checkpoints, by size."""
    return reader.all(Checkpoint, f"{_CHECKPOINT} ORDER BY size")


def intend_anchor(transaction: Transaction, size: int, now: int) -> None:
    """Note that the checkpoint of this size is about to be sent to the chain."""
    transaction.execute(
        "INSERT INTO anchors (size, intended) VALUES (?, ?) ON CONFLICT DO NOTHING", (size, now)
    )


def record_anchor(transaction: Transaction, size: int, receipt: str, now: int) -> None:
    """Note where the chain has the checkpoint of this size; what was overtaken is dropped."""
    transaction.execute(
        "UPDATE anchors SET recorded = ?, receipt = ? WHERE size = ?", (now, receipt, size)
    )
    transaction.execute("DELETE FROM anchors WHERE recorded IS NULL AND size < ?", (size,))


def move_anchor(transaction: Transaction, size: int, receipt: str | None, now: int) -> None:
    """Note that the chain has this head elsewhere by now; with None, that it has it no more."""
    recorded = None if receipt is None else now
    transaction.execute(
        "UPDATE anchors SET recorded = ?, receipt = ? WHERE size = ?", (recorded, receipt, size)
    )


def drop_anchor(transaction: Transaction, size: int) -> None:
    """Forget that a head was on the chain."""
    transaction.execute("DELETE FROM anchors WHERE size = ?", (size,))


def pending_anchor(reader: Reader) -> AnchorRow | None:
    """Return the newest anchor that was intended and of which nobody knows whether it was sent."""
    return reader.first(AnchorRow, f"{_ANCHOR} WHERE recorded IS NULL ORDER BY size DESC LIMIT 1")


def newest_anchor(reader: Reader, below: int | None = None) -> AnchorRow | None:
    """Return the largest head that the chain has, of those smaller than ``below`` if that is given."""
    return reader.first(
        AnchorRow,
        f"{_ANCHOR} WHERE recorded IS NOT NULL AND (?1 IS NULL OR size < ?1) ORDER BY size DESC LIMIT 1",
        (below,),
    )


def anchor_covering(reader: Reader, number: int) -> AnchorRow | None:
    """Return the earliest anchor that the leaf `number` stands under."""
    return reader.first(
        AnchorRow,
        f"{_ANCHOR} WHERE recorded IS NOT NULL AND size > ? ORDER BY size LIMIT 1",
        (number,),
    )


def anchor_of(reader: Reader, size: int) -> AnchorRow | None:
    """Return the anchor of exactly this size, if the chain has it."""
    return reader.first(AnchorRow, f"{_ANCHOR} WHERE recorded IS NOT NULL AND size = ?", (size,))


def every_anchor(reader: Reader) -> list[AnchorRow]:
    """Return all anchors that the chain has, by size."""
    return reader.all(AnchorRow, f"{_ANCHOR} WHERE recorded IS NOT NULL ORDER BY size")
