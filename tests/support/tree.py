"""A Merkle tree in memory, for tests and benches: every complete node, by level."""

from sealmote.log.merkle import node_hash


def levels_of(leaves: list[bytes]) -> list[list[bytes]]:
    """Return ``nodes`` with ``nodes[level][index]`` for each complete subtree of 2**level leaves."""
    levels = [leaves]
    while len(levels[-1]) > 1:
        row = levels[-1]
        levels.append([node_hash(*row[at : at + 2]) for at in range(0, len(row) - 1, 2)])
    return levels
