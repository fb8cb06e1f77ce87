"""Connection of one account to a chain and its contracts, which devices and logs share."""

import threading
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Self

from sealmote.chain.errors import (
    DeploymentError,
    EarlierContractError,
    NodeReplyError,
    WrongChainError,
)
from sealmote.chain.evm.contracts.abi import contract
from sealmote.chain.evm.contracts.bound_contract import BoundContract
from sealmote.chain.evm.contracts.deployment import Deployment
from sealmote.chain.evm.rpc.api import Api, Block, Log, Receipt
from sealmote.chain.evm.rpc.node import Node
from sealmote.chain.evm.transactions.account import Account, checksum
from sealmote.chain.evm.transactions.sender import Sender
from sealwire import cose
from sealwire.keys import PublicKey
from sealwire.registration import MAX_REGISTRATION

TIMEOUT_S = 120.0
ZERO_ADDRESS, ZERO_WORD = bytes(20), bytes(32)

# The code of earlier contracts, without immutables: SHA-256 of the runtime bytecode.
_EARLIER = {
    "40f428a093a0b5784c942e733c43ab4ccf7e332734816c0cc4af06d5b2a85ca1",  # device_registry, 1
    "3733c18db803c21fbcbabf71342bba85fd800033d0d458f489cb7b059241fc2f",  # log_anchor, 1
}


@dataclass(frozen=True)
class TxRef:
    """Where a transaction stands."""

    tx_hash: bytes
    block_number: int
    block_hash: bytes


class Session:
    """One account's view of a chain and its contracts. Any thread may use it."""

    def __init__(self, node: Node, account: Account | None = None, timeout_s: float = TIMEOUT_S):
        """Take a node, of which nothing is asked yet. It is closed with the client."""
        self.api = Api(node)
        self._chain_id: int | None = None
        self._sender = Sender(self.api, lambda: self.chain_id, account, timeout_s)
        self._lock = threading.RLock()
        self._deployment: Deployment | None = None
        self._is_certain = False  # that the contracts in use are ours

    def close(self) -> None:
        """Let go of the node."""
        self.api.node.close()

    def __enter__(self) -> Self:
        """Use it in a with statement."""
        return self

    def __exit__(self, *what: object) -> None:
        """Close it."""
        self.close()

    @property
    def chain_id(self) -> int:
        """The chain's number (EIP-155), as its node says."""
        if self._chain_id is None:
            self._chain_id = self.api.chain_id()
        return self._chain_id

    @property
    def address(self) -> bytes:
        """The account's address, 20 bytes. Raises AccountError if there is none."""
        return self._sender.account.address

    def newest_block(self) -> Block:
        """Return the newest block."""
        return self.api.newest_block()

    def newest_block_number(self) -> int:
        """Return the number of the newest block."""
        return self.api.newest_block().number

    @property
    def deployment(self) -> Deployment:
        """The contracts in use. Raises DeploymentError before `deploy`, `use` or `expect`."""
        if self._deployment is None:
            raise DeploymentError("no contracts: deploy them, or name a deployment file")
        return self._deployment

    def use(self, deployment: Deployment) -> None:
        """Use contracts that stand already, once it is certain that it is they.

        Raises WrongChainError, or DeploymentError if other code stands at the addresses.
        """
        if deployment.chain_id != self.chain_id:
            raise WrongChainError(
                f"{self.api.node.name} is chain {self.chain_id}, but the contracts are on chain"
                f" {deployment.chain_id}: name that chain's node, or deploy here"
            )
        self._check_code(deployment.registry, contract("device_registry").runtime)
        self._check_code(deployment.anchor, anchor_code(deployment.registry))
        self._deployment, self._is_certain = deployment, True

    def expect(self, deployment: Deployment) -> None:
        """Use contracts of which the chain is asked, as `use` does, when one is first needed.

        For a chain that cannot be reached yet.
        """
        self._deployment, self._is_certain = deployment, False

    @property
    def device_registry(self) -> BoundContract:
        """The registry contract itself, for what this client has no method for."""
        return self._bound("device_registry", lambda deployment: deployment.registry)

    @property
    def log_anchor(self) -> BoundContract:
        """The anchor contract itself, for what this client has no method for."""
        return self._bound("log_anchor", lambda deployment: deployment.anchor)

    def _bound(self, name: str, address: Callable[[Deployment], bytes]) -> BoundContract:
        deployment = self.deployment
        if not self._is_certain:
            self.use(deployment)
        return BoundContract(
            contract(name), address(deployment), deployment.block, self.api, self._sender
        )

    def _check_code(self, address: bytes, expected: bytes) -> None:
        code = self.api.code(address)
        if code == expected:
            return
        if sha256(code).hexdigest() in _EARLIER or sha256(code[:-32]).hexdigest() in _EARLIER:
            raise EarlierContractError(
                f"at {checksum(address)} on chain {self.chain_id} stands a contract of an earlier"
                " version of Sealmote, under which an owner could take back what was anchored by"
                " revoking or releasing a key. It cannot be changed, and this version does not use"
                " it: put the deployment file away, make new contracts (`sealmote chain deploy`; a"
                " gateway's embedded chain makes its own), and register the devices there. Proofs"
                " under the old ones are checked by the version of Sealmote that made them"
            )
        raise DeploymentError(
            f"at {checksum(address)} on chain {self.chain_id} stands no contract of this version"
            " of Sealmote: check the deployment file, or deploy again"
        )

    def _key(self, alg: int, x: bytes, y: bytes) -> PublicKey:
        try:
            return PublicKey(alg, x, y)
        except ValueError as error:
            raise self._bad(str(error)) from error

    def _bad(self, what: str) -> NodeReplyError:
        return NodeReplyError(f"{self.api.node.name} shows {what}: use another node")


def anchor_code(registry: bytes) -> bytes:
    """Return the anchor contract's code on chain: the registry's address is its immutable."""
    return contract("log_anchor").runtime + registry.rjust(32, b"\x00")


def signature_of(message: bytes) -> tuple[bytes, bytes]:
    """Return r and s of a sealed message, 32 bytes each."""
    signature = cose.parse(message, MAX_REGISTRATION).signature
    return signature[:32], signature[32:]


def tx_ref(made: Receipt | Log) -> TxRef:
    """Return where the transaction of a receipt or an event stands."""
    return TxRef(made.tx_hash, made.block_number, made.block_hash)
