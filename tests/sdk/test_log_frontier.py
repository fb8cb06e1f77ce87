"""Appending by the right edge alone gives the tree that the definition gives."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmote.log import merkle
from sealmote.log.errors import TreeError
from sealmote.log.frontier import Frontier, append
from sealwire.cose import leaf_hash

Nodes = dict[tuple[int, int], bytes]


def grow(frontier: Frontier, leaves: list[bytes], nodes: Nodes) -> Frontier:
    """Append as a store would: every new node under its (level, index), none twice."""
    grown, added = append(frontier, leaves)
    for level, row in enumerate(added):
        for at, node in enumerate(row):
            key = (level, (frontier.size >> level) + at)
            assert key not in nodes
            nodes[key] = node
    return grown


@given(st.lists(st.integers(0, 70), max_size=8))
def test_batches_of_any_size_give_the_same_tree(batches: list[int]) -> None:
    total = sum(batches)
    leaves = [leaf_hash(b"%d" % index) for index in range(total)]
    frontier, nodes, done = Frontier(), Nodes(), 0
    for batch in batches:
        frontier = grow(frontier, leaves[done : done + batch], nodes)
        done += batch
        assert frontier.root() == merkle.root_of(leaves[:done])
    every_complete_node = {
        (level, index) for level in range(total.bit_length()) for index in range(total >> level)
    }
    assert set(nodes) == every_complete_node
    for (level, index), node in nodes.items():
        assert node == merkle.root_of(leaves[index << level : (index + 1) << level])


@given(st.integers(0, 600))
def test_a_restart_reads_the_same_edge(size: int) -> None:
    nodes = Nodes()
    leaves = [leaf_hash(b"%d" % index) for index in range(size)]
    frontier = grow(Frontier(), leaves, nodes)
    assert Frontier.read(lambda level, index: nodes[level, index], size) == frontier


def test_nothing_appended_changes_nothing() -> None:
    frontier, _ = append(Frontier(), [leaf_hash(b"a")])
    assert append(frontier, []) == (frontier, [])


@pytest.mark.parametrize(
    ("size", "hashes"),
    [(1, ()), (0, (bytes(32),)), (3, (bytes(32),)), (1, (bytes(31),)), (-1, (bytes(32),))],
)
def test_impossible_edges_are_refused(size: int, hashes: tuple[bytes, ...]) -> None:
    with pytest.raises(TreeError):
        Frontier(size, hashes)


def test_leaves_that_are_no_hashes_are_refused() -> None:
    with pytest.raises(TreeError, match="32 bytes"):
        append(Frontier(), [b"reading", b"reading"])
