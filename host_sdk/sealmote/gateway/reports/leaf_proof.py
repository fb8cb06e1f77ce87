"""Proof of one leaf: path, checkpoint, anchor and device, read in one consistent state."""

from dataclasses import dataclass

from sealmote.gateway.errors import DamagedError
from sealmote.gateway.store import devices, tree, tree_heads
from sealmote.gateway.store.integrity import Leaf
from sealmote.gateway.store.session import Reader
from sealmote.log.errors import ProofError
from sealmote.log.merkle import verify_inclusion


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


def prove(reader: Reader, leaf: Leaf, published: int, size: int | None) -> LeafProof | None:
    """Prove a leaf under the checkpoint of `size`, or of the choice below if that is None.

    That is the earliest anchored checkpoint that covers the leaf, or else the newest one
    `published`. None if the chosen one does not exist or does not cover the leaf. Raises DamagedError
    if the leaf does not lead to the checkpoint.
    """
    if size is None:
        anchored = tree_heads.anchor_covering(reader, leaf.number)
        size = anchored.size if anchored else published
    checkpoint = tree_heads.checkpoint_of(reader, size) if leaf.number < size <= published else None
    if checkpoint is None:
        return None
    path = tree.inclusion_path(reader, leaf.number, size)
    try:
        verify_inclusion(leaf.hash, leaf.number, size, path, checkpoint.root)
    except ProofError as error:
        raise DamagedError(f"the tree of {size} leaves", str(error)) from error
    return LeafProof(
        leaf=leaf,
        device=devices.find(reader, leaf.thumbprint) if leaf.thumbprint else None,
        checkpoint=checkpoint,
        path=path,
        anchor=tree_heads.anchor_of(reader, size),
    )
