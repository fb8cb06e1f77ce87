"""Proof of one leaf: path, checkpoint, anchor and device, read in one consistent state."""

import sqlite3
from dataclasses import dataclass

from sealmote.gateway.errors import DamagedError
from sealmote.gateway.store import devices, tree, tree_heads
from sealmote.gateway.store.integrity import Leaf
from sealmote.gateway.store.sqlite_errors import whole_pages
from sealmote.log.errors import ProofError
from sealmote.log.merkle import inclusion_path, verify_inclusion


@dataclass(frozen=True, slots=True)
class LeafProof:
    """A leaf, who sealed it, and its path to a signed head; the anchor if that head is anchored.

    `device` is None for evidence, which the gateway made itself.
    """

    leaf: Leaf
    device: devices.Device | None
    checkpoint: tree_heads.Checkpoint
    path: list[bytes]
    anchor: tree_heads.AnchorRow | None


def prove(
    connection: sqlite3.Connection, leaf: Leaf, published: int, size: int | None
) -> LeafProof | None:
    """Prove a leaf under the checkpoint of `size`, or of the choice below if that is None.

    That is the earliest anchored checkpoint that covers the leaf, or else the newest one
    `published`. None if the chosen one does not exist or does not cover the leaf. Raises DamagedError
    if the leaf does not lead to the checkpoint.
    """
    if size is None:
        anchored = tree_heads.anchor_covering(connection, leaf.number)
        size = anchored.size if anchored else published
    checkpoint = (
        tree_heads.checkpoint_of(connection, size) if leaf.number < size <= published else None
    )
    if checkpoint is None:
        return None
    with whole_pages("the tree"):
        path = inclusion_path(tree.node_reader(connection), leaf.number, size)
    try:
        verify_inclusion(leaf.hash, leaf.number, size, path, checkpoint.root)
    except ProofError as error:
        raise DamagedError(f"the tree of {size} leaves", str(error)) from error
    return LeafProof(
        leaf=leaf,
        device=devices.find(connection, leaf.thumbprint) if leaf.thumbprint else None,
        checkpoint=checkpoint,
        path=path,
        anchor=tree_heads.anchor_of(connection, size),
    )
