"""Growing the tree: the few hashes a log must remember, and what each batch of leaves adds.

Appending touches only the right edge. A `Frontier` is that edge, the roots of the complete
subtrees that make up the tree (one for each 1 in the binary size), so a log appends and knows
its root without reading back a single node.

    grown, nodes = append(frontier, leaf_hashes)
    # nodes[level][i] is node (level, (frontier.size >> level) + i): store these, then grown.root()
"""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from sealmote.log.errors import TreeError
from sealmote.log.merkle import EMPTY_ROOT, NodeReader, check_hashes, check_size, node_hash


@dataclass(frozen=True)
class Frontier:
    """The right edge of a tree: its size in leaves, its complete subtrees' roots, largest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def __post_init__(self) -> None:
        check_size(self.size)
        check_hashes(self.hashes)
        if len(self.hashes) != self.size.bit_count():
            raise TreeError(f"a tree of {self.size} leaves has {self.size.bit_count()} edge hashes")

    @classmethod
    def read(cls, read: NodeReader, size: int) -> "Frontier":
        """Take up a log of `size` leaves from where its nodes are kept: at most 64 reads."""
        return cls(size, tuple(read(level, (size >> level) - 1) for level in _levels(size)))

    def root(self) -> bytes:
        """Return the tree's root (RFC 9162 section 2.1.1)."""
        if not self.hashes:
            return EMPTY_ROOT
        *rest, root = self.hashes
        for left in reversed(rest):
            root = node_hash(left, root)
        return root


def append(frontier: Frontier, leaves: Sequence[bytes]) -> tuple[Frontier, list[list[bytes]]]:
    """Return the grown frontier, and every complete node that the leaf hashes added, by level.

    `nodes[level][i]` is node (level, (frontier.size >> level) + i). Nothing is stored here: the
    caller stores the nodes and the size in one transaction, or neither.
    """
    check_hashes(leaves)
    edge = dict(zip(_levels(frontier.size), frontier.hashes, strict=True))
    nodes: list[list[bytes]] = []
    row = list(leaves)
    while row:
        level = len(nodes)
        nodes.append(row)
        if level in edge:
            row = [edge.pop(level), *row]
        if len(row) & 1:
            edge[level] = row[-1]
        row = _parents(row)
    size = frontier.size + len(leaves)
    return Frontier(size, tuple(edge[level] for level in _levels(size))), nodes


def _parents(row: list[bytes]) -> list[bytes]:
    """Hash a row in pairs; the odd one at its end is left for later."""
    # node_hash written out: this loop is the log's hot path
    return [
        sha256(b"\x01" + left + right).digest()
        for left, right in zip(row[::2], row[1::2], strict=False)
    ]


def _levels(size: int) -> list[int]:
    """Return the levels at which a tree's complete subtrees stand, largest first."""
    return [level for level in reversed(range(size.bit_length())) if size >> level & 1]
