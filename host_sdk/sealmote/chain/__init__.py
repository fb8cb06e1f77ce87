"""Devices, logs and anchors on an EVM chain: contracts, an embedded chain, and a client for any node.

from sealmote.chain import connect, dev_account

with connect("embedded:chain.db", dev_account()) as chain:
    chain.deploy(Path("deployment.json"))
"""

from sealmote.chain.account import Account, checksum, dev_account
from sealmote.chain.client import ChainClient, connect
from sealmote.chain.deployment import Deployment
from sealmote.chain.devices import OnChainDevice
from sealmote.chain.logs import Anchor, OnChainLog
from sealmote.chain.session import TxRef

__all__ = [
    "Account",
    "Anchor",
    "ChainClient",
    "Deployment",
    "OnChainDevice",
    "OnChainLog",
    "TxRef",
    "checksum",
    "connect",
    "dev_account",
]
