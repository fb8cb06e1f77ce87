"""Transactions and their signing: with base fee and tip (type 2, EIP-1559), or legacy."""

from collections.abc import Callable
from dataclasses import dataclass

from sealmote.chain.evm.encoding import rlp
from sealmote.chain.evm.encoding.keccak import keccak

_TYPE = b"\x02"
_NO_ACCESS_LIST: list[rlp.Item] = []
_LEGACY_V = 35  # EIP-155


@dataclass(frozen=True)
class Transaction:
    """What an account signs. `to` None makes a contract; fees are wei for a unit of gas.

    `max_tip` None makes a legacy transaction (EIP-155) at the price `max_fee`.
    """

    chain_id: int
    nonce: int
    to: bytes | None
    data: bytes
    gas: int
    max_fee: int
    max_tip: int | None
    value: int = 0

    def seal(self, sign: Callable[[bytes], tuple[int, int, int]]) -> bytes:
        """Return it signed and encoded. `sign` takes a digest and gives r, s and the parity of y."""
        call: list[rlp.Item] = [self.gas, self.to or b"", self.value, self.data]
        if self.max_tip is None:
            fields: list[rlp.Item] = [self.nonce, self.max_fee, *call]
            r, s, parity = sign(keccak(rlp.encode([*fields, self.chain_id, 0, 0])))
            return rlp.encode([*fields, _LEGACY_V + 2 * self.chain_id + parity, r, s])
        typed: list[rlp.Item] = [
            self.chain_id,
            self.nonce,
            self.max_tip,
            self.max_fee,
            *call,
            _NO_ACCESS_LIST,
        ]
        r, s, parity = sign(keccak(_TYPE + rlp.encode(typed)))
        return _TYPE + rlp.encode([*typed, parity, r, s])


def contract_address(account: bytes, nonce: int) -> bytes:
    """Return the address (20 bytes) of the contract that an account makes with that nonce."""
    return keccak(rlp.encode([account, nonce]))[12:]
