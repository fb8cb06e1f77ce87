"""Virtual machine of an embedded chain: py-evm's newest fork with P256VERIFY of the one after it.

py-evm knows forks up to Prague; of Osaka only the precompile of EIP-7951 is added.
"""

import sys
import time
from typing import TYPE_CHECKING, Any

from eth.abc import BlockHeaderAPI
from eth.chains.base import MiningChain
from eth.constants import POST_MERGE_DIFFICULTY, POST_MERGE_MIX_HASH, POST_MERGE_NONCE
from eth.db.atomic import AtomicDB
from eth.vm.forks.prague import PragueVM
from eth.vm.forks.prague.computation import PRAGUE_PRECOMPILES, PragueComputation
from eth.vm.forks.prague.state import PragueState
from eth_typing import Address, BlockNumber

from sealmote.chain.embedded import p256verify

if TYPE_CHECKING:
    from eth.typing import AccountState, HeaderParams

GAS_LIMIT = 30_000_000  # of a block

# On import py-evm and py-ecc raise the limit to 100,000 for the whole process, and a nested JSON document
# then overflows the C stack and kills it. What is left is enough for calls nested about 490 deep.
RECURSION_LIMIT = 3000
sys.setrecursionlimit(RECURSION_LIMIT)


class Computation(PragueComputation):
    """Prague's, with one precompile more."""

    _precompiles = {**PRAGUE_PRECOMPILES, Address(p256verify.ADDRESS): p256verify.precompile}  # noqa: RUF012 -- py-evm declares it as an instance's


class State(PragueState):
    """Prague's state over our computation."""

    computation_class = Computation


class VirtualMachine(PragueVM):
    """Prague's rules over our state."""

    _state_class = State


class Chain(MiningChain):
    """A chain of one fork, whose blocks are made on demand and all have the same gas limit."""

    vm_configuration = ((BlockNumber(0), VirtualMachine),)

    def create_header_from_parent(
        self,
        parent_header: BlockHeaderAPI,
        **header_params: Any,
    ) -> BlockHeaderAPI:
        """Start a block: its time is now, or a second after its parent's if that is later."""
        header_params.setdefault("gas_limit", parent_header.gas_limit)
        return super().create_header_from_parent(parent_header, **header_params)


def base_fee(header: BlockHeaderAPI) -> int:
    """Return a block's base fee in wei for a unit of gas (EIP-1559)."""
    fee = header.base_fee_per_gas
    assert fee is not None, "every fork here has one"
    return fee


def chain_class(chain_id: int) -> type[Chain]:
    """Return the chain with that number (EIP-155)."""
    return type("EmbeddedEVM", (Chain,), {"chain_id": chain_id})


def make_genesis(chain: type[Chain], database: AtomicDB, balances: dict[bytes, int]) -> None:
    """Write block 0, in which the accounts (20 bytes) have these balances in wei."""
    parameters: dict[str, HeaderParams] = {
        "difficulty": POST_MERGE_DIFFICULTY,
        "mix_hash": POST_MERGE_MIX_HASH,
        "nonce": POST_MERGE_NONCE,
        "gas_limit": GAS_LIMIT,
        "timestamp": int(time.time()),
    }
    state: AccountState = {
        Address(account): {"balance": balance, "nonce": 0, "code": b"", "storage": {}}
        for account, balance in balances.items()
    }
    chain.from_genesis(database, parameters, state)
