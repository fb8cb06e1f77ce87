"""The log's hashes as the database keeps them: all leaves, and every eighth level above.

Those are the levels of C2SP tlog-tiles, so a tile is one range of rows; a node between two of
them is computed from at most 128 rows below it.
"""

from typing import NamedTuple

from sealmote.gateway.errors import DamagedError, StoreError
from sealmote.gateway.store.session import Reader, Transaction
from sealmote.gateway.store.sqlite_errors import whole_pages
from sealmote.log import merkle
from sealmote.log.merkle import NodeReader, root_of
from sealwire.cose import leaf_hash

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT

_LEAVES = "SELECT hash FROM leaves WHERE number >= ? AND number < ? ORDER BY number"
_ENTRIES = "SELECT number, hash, raw FROM leaves WHERE number >= ? AND number < ? ORDER BY number"
_NODES = "SELECT hash FROM nodes WHERE level = ? AND number >= ? AND number < ? ORDER BY number"


class Entry(NamedTuple):
    """A leaf's place, its hash, and the bytes that have it."""

    number: int
    hash: bytes
    raw: bytes


def size(reader: Reader) -> int:
    """Return how many leaves the log has."""
    last = reader.value("SELECT max(number) FROM leaves")
    return 0 if last is None else int(last) + 1


def checked_size(reader: Reader) -> int:
    """Return what `size` does; DamagedError if the page that has it cannot be read."""
    with whole_pages("the log's end"):
        return size(reader)


def tile(reader: Reader, level: int, start: int, end: int) -> list[bytes]:
    """Return the roots number start ≤ n < end of full subtrees of 256**level leaves.

    Raises StoreError unless the log has all of them.
    """
    if level == 0:
        hashes = reader.column(_LEAVES, (start, end))
    else:
        hashes = reader.column(_NODES, (level, start, end))
    if len(hashes) != end - start:
        raise StoreError(f"the log has no hashes {start} to {end - 1} at tile level {level}")
    return hashes


def entries(reader: Reader, start: int, end: int) -> list[Entry]:
    """Return the entries start ≤ number < end, in order.

    DamagedError if one has not its hash, StoreError unless the log has all of them.
    """
    with whole_pages(f"one of the leaves {start} to {end - 1}"):
        found = reader.all(Entry, _ENTRIES, (start, end))
    for entry in found:
        if not isinstance(entry.raw, bytes) or leaf_hash(entry.raw) != entry.hash:
            raise DamagedError(f"leaf {entry.number}", "its bytes do not have its hash")
    if len(found) != end - start:
        raise StoreError(f"the log has no leaves {start} to {end - 1}")
    return found


def sound_tile(reader: Reader, level: int, start: int, end: int) -> list[bytes]:
    """Return what `tile` does; DamagedError unless each hash is that of what lies below it."""
    if level == 0:
        return [entry.hash for entry in entries(reader, start, end)]
    with whole_pages(f"tile level {level}"):
        hashes = tile(reader, level, start, end)
        for number, digest in enumerate(hashes, start):
            below = tile(reader, level - 1, number << TILE_HEIGHT, (number + 1) << TILE_HEIGHT)
            if root_of(below) != digest:
                raise DamagedError(
                    f"hash {number} of tile level {level}", "it is not that of what lies below it"
                )
    return hashes


def root(reader: Reader, size: int) -> bytes:
    """Return the root hash of the first `size` leaves (RFC 9162); DamagedError if that cannot be read."""
    with whole_pages("the tree"):
        return merkle.root(node_reader(reader), size)


def inclusion_path(reader: Reader, number: int, size: int) -> list[bytes]:
    """Return the path of a leaf to that root; DamagedError if that cannot be read."""
    with whole_pages("the tree"):
        return merkle.inclusion_path(node_reader(reader), number, size)


def kept_nodes(reader: Reader, level: int) -> int:
    """Return of how many full subtrees of 256**level leaves the root is kept."""
    return int(reader.value("SELECT count(*) FROM nodes WHERE level = ?", (level,)))


def node_reader(reader: Reader) -> NodeReader:
    """Return what reads node (level, index) of the tree, for proofs and roots."""

    def read(level: int, index: int) -> bytes:
        tile_level, height = divmod(level, TILE_HEIGHT)
        return root_of(tile(reader, tile_level, index << height, (index + 1) << height))

    return read


def close_subtrees(transaction: Transaction, grown: int) -> None:
    """Keep the root of each subtree of 256**level leaves that is full at the size `grown`."""
    level = 0
    while grown and grown % TILE_WIDTH == 0:
        digest = root_of(tile(transaction, level, grown - TILE_WIDTH, grown))
        level, grown = level + 1, grown // TILE_WIDTH
        transaction.execute("INSERT INTO nodes VALUES (?, ?, ?)", (level, grown - 1, digest))
