"""Anchors of a checkpoint, as the API declares them."""

from sealmote.api import answers
from sealmote.chain.evm.claim import AnchorClaim
from sealmote.chain.protocols import AnchorClaim as AnyClaim
from sealmote.gateway.store.tree_heads import AnchorRow


def receipt(row: AnchorRow, claim: AnyClaim) -> answers.AnchorReceipt | None:
    """Return an anchor on an EVM chain with its head, None for one of another type."""
    if not isinstance(claim, AnchorClaim):
        return None
    return answers.AnchorReceipt(
        chain_id=claim.chain_id,
        contract=claim.contract,
        size=row.size,
        root=row.root,
        transaction=claim.transaction,
        block=claim.block,
        block_hash=claim.block_hash,
        block_time=claim.block_time,
    )
