"""Whether the log still is what the world was told: after a crash, or a restored backup."""

import sqlite3

from sealmote.gateway.errors import RolledBackError
from sealmote.gateway.store import heads, tree
from sealmote.log.merkle import root

_NEXT_STEP = (
    "restore the newest copy of the database; if there is none, this log has ended: make a gateway"
    " with another origin, and keep this directory as evidence"
)


def check_head(connection: sqlite3.Connection, size: int, expected: bytes, where: str) -> None:
    """Raise RolledBackError unless the log begins with the head (`size`, `expected`).

    `where` says who knows that head, as in "the chain".
    """
    own = tree.size(connection)
    if size > own:
        raise RolledBackError(
            f"{where} has a head of {size} leaves, the database has {own}: it is an older copy, and"
            f" signing on would fork the log; {_NEXT_STEP}"
        )
    if root(tree.node_reader(connection), size) != expected:
        raise RolledBackError(
            f"{where} has another head of {size} leaves than the database: the log was forked or"
            f" the database damaged; {_NEXT_STEP}"
        )


def check_own_heads(connection: sqlite3.Connection) -> None:
    """Raise RolledBackError unless the leaves lead to the newest checkpoint and anchor kept here."""
    newest = heads.newest_checkpoint(connection)
    if newest is not None:
        check_head(connection, newest.size, newest.root, "the newest checkpoint")
    anchor = heads.newest_anchor(connection)
    if anchor is not None:
        check_head(connection, anchor.size, anchor.root, "the newest recorded anchor")
