"""Transactions with a base fee and a tip, type 2 (EIP-1559), as they are signed and sent."""

from collections.abc import Callable
from dataclasses import dataclass

import rlp

from sealmote.chain.keccak import keccak

_TYPE = b"\x02"
_NO_ACCESS_LIST: list[object] = []


@dataclass(frozen=True)
class Transaction:
    """What an account signs. `to` None makes a contract; fees are wei for a unit of gas."""

    chain_id: int
    nonce: int
    to: bytes | None
    data: bytes
    gas: int
    max_fee: int
    max_tip: int
    value: int = 0

    def seal(self, sign: Callable[[bytes], tuple[int, int, int]]) -> bytes:
        """Return it signed and encoded. `sign` takes a digest and gives r, s and the parity of y."""
        fields = [
            self.chain_id,
            self.nonce,
            self.max_tip,
            self.max_fee,
            self.gas,
            self.to or b"",
            self.value,
            self.data,
            _NO_ACCESS_LIST,
        ]
        r, s, parity = sign(keccak(_TYPE + rlp.encode(fields)))
        return _TYPE + bytes(rlp.encode([*fields, parity, r, s]))
