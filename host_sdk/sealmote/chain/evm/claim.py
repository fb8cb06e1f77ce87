"""An anchor on an EVM chain as a proof's file has it: chain, contract, transaction and block."""

from dataclasses import dataclass
from typing import Annotated, ClassVar

from sealmote.models import Hex, Whole

_UINT64 = Whole(0, (1 << 64) - 1)


@dataclass(frozen=True, slots=True)
class AnchorClaim:
    """Where somebody says that an EVM chain has a checkpoint's root."""

    type: ClassVar = "evm"

    chain_id: Annotated[int, _UINT64, "EIP-155"]
    contract: Annotated[bytes, Hex(20, "0x")]
    transaction: Annotated[bytes, Hex(32, "0x")]
    block: Annotated[int, _UINT64]
    block_hash: Annotated[bytes, Hex(32, "0x")]
    block_time: Annotated[int, _UINT64, "Unix seconds"]
