"""Rollback check: the log still leads to every head that was published or anchored."""

import json

from sealmote.chain import registry
from sealmote.chain.anchors import to_dict
from sealmote.chain.protocols import Anchor, AnchorClaim
from sealmote.gateway.errors import DamagedError, RolledBackError
from sealmote.gateway.store import tree, tree_heads
from sealmote.gateway.store.session import Reader
from sealmote.log import checkpoint
from sealmote.log.errors import LogError
from sealmote.log.note import NoteKey
from sealmote.models import JsonError, ModelError
from sealmote.models.jsontext import loads

_NEXT_STEP = (
    "restore the newest copy of the database; if there is none, this log has ended: make a gateway"
    " with another origin, and keep this directory as evidence"
)


def check_head(reader: Reader, size: int, expected: bytes, where: str) -> None:
    """Raise RolledBackError unless the log begins with the head (`size`, `expected`).

    `where` says who knows that head, as in "the chain". DamagedError if that cannot be read.
    """
    own = tree.size(reader)
    if size > own:
        raise RolledBackError(
            f"{where} has a head of {size} leaves, the database has {own}: it is an older copy, and"
            f" signing on would fork the log; {_NEXT_STEP}"
        )
    if tree.root(reader, size) != expected:
        raise RolledBackError(
            f"{where} has another head of {size} leaves than the database: the log was forked or"
            f" the database damaged; {_NEXT_STEP}"
        )


def check_own_heads(reader: Reader) -> None:
    """Raise RolledBackError unless the leaves lead to the newest checkpoint and anchor kept here."""
    newest = tree_heads.newest_checkpoint(reader)
    if newest is not None:
        check_head(reader, newest.size, newest.root, "the newest checkpoint")
    anchor = tree_heads.newest_anchor(reader)
    if anchor is not None:
        check_head(reader, anchor.size, anchor.root, "the newest recorded anchor")


def check_note(row: tree_heads.Checkpoint, key: NoteKey) -> None:
    """Raise DamagedError unless the checkpoint's note is by this key, and for its size and root."""
    name = f"the checkpoint of {row.size} leaves"
    try:
        head = checkpoint.verify(row.note, key)
    except LogError as error:
        raise DamagedError(name, str(error)) from error
    if (head.size, head.root) != (row.size, row.root):
        raise DamagedError(name, "its note is of another head")


def receipt_of(row: tree_heads.AnchorRow) -> AnchorClaim:
    """Return where the chain has an anchor; DamagedError unless that is whole, and of its size and root."""
    name = f"the anchor of {row.size} leaves"
    try:
        noted = loads(row.receipt or "null")
    except JsonError as error:
        raise DamagedError(name, "its receipt cannot be read") from error
    if not isinstance(noted, dict):
        raise DamagedError(name, "its receipt cannot be read")
    if (noted.pop("size", None), noted.pop("root", None)) != (row.size, row.root.hex()):
        raise DamagedError(name, "its receipt is of another head")
    try:
        return registry.read_claim(noted)
    except ModelError as error:
        raise DamagedError(name, f"its receipt cannot be: {error}") from error


def to_receipt(anchor: Anchor) -> str:
    """Return what `receipt_of` reads: the claim that proofs repeat, and the head's size and root."""
    return json.dumps({**to_dict(anchor.claim), "size": anchor.size, "root": anchor.root.hex()})
