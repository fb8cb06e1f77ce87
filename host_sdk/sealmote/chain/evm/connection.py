"""Connections to an EVM chain for who knows a chain by its protocols alone (`sealmote.chain.registry`)."""

from collections.abc import Sequence
from pathlib import Path

from sealmote.chain.evm.claim import AnchorClaim
from sealmote.chain.evm.client import ChainClient
from sealmote.chain.evm.contracts.deployment import Deployment
from sealmote.chain.evm.rpc.targets import open_node
from sealmote.chain.evm.transactions.account import Account, dev_account
from sealmote.chain.protocols import ACCOUNT_VARIABLE, Payer
from sealmote.chain.protocols import AnchorClaim as AnyClaim
from sealwire.registration import Terms


def account_of(payer: Payer) -> Account:
    """Return the account that a user named: a file, the development account, or the environment."""
    if payer.is_dev:
        return dev_account()
    return Account.load(payer.file) if payer.file else Account.from_environment(ACCOUNT_VARIABLE)


def check_targets(targets: Sequence[str]) -> None:
    """Do what `Connections.check_targets` says."""
    open_node(targets, make=False).close()


def connect(
    targets: Sequence[str], deployment: Path, payer: Payer | None, *, is_patient: bool
) -> ChainClient:
    """Do what `Connections.connect` says."""
    node = open_node(targets, make=False)
    try:
        chain = ChainClient(node, account_of(payer) if payer else None)
        contracts = Deployment.load(deployment)
        if is_patient:
            chain.expect(contracts)
        else:
            chain.use(contracts)
    except BaseException:
        node.close()
        raise
    return chain


def connect_as_claimed(
    targets: Sequence[str], claims: Sequence[AnyClaim], terms: Terms
) -> ChainClient:
    """Do what `Connections.connect_as_claimed` says; of several claims, the one on the nodes' chain."""
    chain = ChainClient(open_node(targets, make=False))
    try:
        named = [claim for claim in claims if isinstance(claim, AnchorClaim)]
        here = [claim for claim in named if claim.chain_id == chain.chain_id]
        claim = (here or named)[0]
        chain.use(Deployment(claim.chain_id, terms.contract, claim.contract, 0))
    except BaseException:
        chain.close()
        raise
    return chain
