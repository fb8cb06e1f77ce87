"""The log's hashes as the database keeps them: all leaves, and every eighth level above.

Those are the levels of C2SP tlog-tiles, so a tile is one range of rows; a node between two of
them is computed from at most 128 rows below it.
"""

import sqlite3

from sealmote.gateway.errors import DamagedError, StoreError
from sealmote.gateway.store.sqlite_errors import whole_pages
from sealmote.log.merkle import NodeReader, root_of
from sealwire.cose import leaf_hash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT

_LEAVES = "SELECT hash FROM leaves WHERE number >= ? AND number < ? ORDER BY number"
_ENTRIES = "SELECT number, hash, raw FROM leaves WHERE number >= ? AND number < ? ORDER BY number"
_NODES = "SELECT hash FROM nodes WHERE level = ? AND number >= ? AND number < ? ORDER BY number"


def size(connection: sqlite3.Connection) -> int:
    """Return how many leaves the log has."""
    (last,) = connection.execute("SELECT max(number) FROM leaves").fetchone()
    return 0 if last is None else int(last) + 1


def tile(connection: sqlite3.Connection, level: int, start: int, end: int) -> list[bytes]:
    """Return the roots number start ≤ n < end of full subtrees of 256**level leaves.

    Raises StoreError unless the log has all of them.
    """
    if level == 0:
        rows = connection.execute(_LEAVES, (start, end))
    else:
        rows = connection.execute(_NODES, (level, start, end))
    hashes = [item for (item,) in rows]
    if len(hashes) != end - start:
        raise StoreError(f"the log has no hashes {start} to {end - 1} at tile level {level}")
    return hashes


def hashed_leaves(
    connection: sqlite3.Connection, start: int, end: int
) -> list[tuple[bytes, bytes]]:
    """Return hash and entry of the leaves start ≤ n < end.

    DamagedError if one has not its hash, StoreError unless the log has all of them.
    """
    with whole_pages(f"one of the leaves {start} to {end - 1}"):
        rows = connection.execute(_ENTRIES, (start, end)).fetchall()
    for number, digest, raw in rows:
        if not isinstance(raw, bytes) or leaf_hash(raw) != digest:
            raise DamagedError(f"leaf {number}", "its bytes do not have its hash")
    if len(rows) != end - start:
        raise StoreError(f"the log has no leaves {start} to {end - 1}")
    return [(digest, raw) for _, digest, raw in rows]


def sound_tile(connection: sqlite3.Connection, level: int, start: int, end: int) -> list[bytes]:
    """Return what `tile` does; DamagedError unless each hash is that of what lies below it."""
    if level == 0:
        return [digest for digest, _ in hashed_leaves(connection, start, end)]
    with whole_pages(f"tile level {level}"):
        hashes = tile(connection, level, start, end)
        for number, digest in enumerate(hashes, start):
            below = tile(connection, level - 1, number << TILE_HEIGHT, (number + 1) << TILE_HEIGHT)
            if root_of(below) != digest:
                raise DamagedError(
                    f"hash {number} of tile level {level}", "it is not that of what lies below it"
                )
    return hashes


def node_reader(connection: sqlite3.Connection) -> NodeReader:
    """Return what reads node (level, index) of the tree, for proofs and roots."""

    def read(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        return root_of(tile(connection, tile_level, index << height, (index + 1) << height))

    return read


def close_subtrees(connection: sqlite3.Connection, grown: int) -> None:
    """Keep the root of each subtree of 256**level leaves that is full at the size `grown`."""
    level = 0
    while grown and grown % TILE_WIDTH == 0:
        root = root_of(tile(connection, level, grown - TILE_WIDTH, grown))
        level, grown = level + 1, grown // TILE_WIDTH
        connection.execute("INSERT INTO nodes VALUES (?, ?, ?)", (level, grown - 1, root))
