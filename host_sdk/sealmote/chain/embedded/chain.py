"""EVM chain in this process, kept in one SQLite file: no node, no mining, no waiting.

It runs real EVM code under the rules of `virtual_machine`. Each transaction is mined at once in a
block of its own; it is durable when `transact` returns, and after a crash the chain stands at its last
whole block. The file belongs to one process at a time; `server` opens it to others.

It is a chain for demonstrations and tests: whoever holds the file can write history anew, and its
development accounts have published keys. Its number is drawn when it is made, so that nothing signed
for one embedded chain is good on another. Blocks are at least a second apart by their own clocks, as
the EVM demands, so a burst of transactions carries the chain's time ahead of the wall's.
"""

import secrets
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Self, TypeVar, cast

import rlp
from eth.abc import BlockAPI, BlockHeaderAPI, ComputationAPI, ReceiptAPI, SignedTransactionAPI
from eth.exceptions import HeaderNotFound, PyEVMError, TransactionNotFound
from eth.vm.spoof import SpoofTransaction
from eth_keys.exceptions import BadSignature
from eth_typing import Address, BlockNumber, Hash32
from eth_utils.exceptions import ValidationError

from sealmote.chain.embedded.store import Store
from sealmote.chain.embedded.virtual_machine import (
    GAS_LIMIT,
    VirtualMachine,
    base_fee,
    chain_class,
    make_genesis,
)
from sealmote.chain.errors import ChainFileError
from sealmote.chain.evm.transactions.account import dev_account

DEV_ACCOUNTS = 10
DEV_BALANCE = 10**24  # wei: a million ether each

_CHAIN_ID_FROM, _CHAIN_ID_BELOW = 2**32, 2**52  # clear of real chains, exact in JSON numbers
_FACT_CHAIN_ID = "chain_id"
_TOO_DEEP = "execution failed: calls nested too deeply for an embedded chain"
_CALL_STIPEND = 2300
_NEWEST_TYPE = 2  # EIP-1559; blobs and delegations have no use here
_UNREADABLE = (
    rlp.exceptions.RLPException,
    ValidationError,
    BadSignature,
    PyEVMError,
    ValueError,
    TypeError,
)
_T = TypeVar("_T")


class RefusedError(Exception):
    """A transaction that the chain does not take; its message says why."""


class ExecutionError(Exception):
    """A call that failed; `data` is what the contract returned with its revert."""

    def __init__(self, message: str, data: bytes):
        super().__init__(message)
        self.data = data


class EmbeddedChain:
    """The chain of one file. Any thread may use it; one works at a time."""

    def __init__(self, path: Path, *, chain_id: int | None = None):
        """Open the chain at `path`, or make one with ten funded development accounts.

        `chain_id` is for a new chain; a random one if None. Raises ChainBusyError if another process
        holds the file, ChainFileError if it is damaged or no chain.
        """
        self._lock = threading.RLock()
        self._store = Store(path)
        self._database = self._store.atomic()
        try:
            self.chain_id = self._known_id() or self._make(chain_id or _draw_chain_id())
            self._class = chain_class(self.chain_id)
            self._chain = self._class(self._database)
        except HeaderNotFound as error:
            self._store.close()
            raise ChainFileError(f"{path} has lost its head: restore it from a backup") from error
        except BaseException:
            self._store.close()
            raise

    def close(self) -> None:
        """Let go of the file. Everything in it is durable already."""
        with self._lock:
            self._store.close()

    def __enter__(self) -> Self:
        """Use it in a with statement."""
        return self

    def __exit__(self, *what: object) -> None:
        """Close it."""
        self.close()

    @property
    def path(self) -> Path:
        """The file."""
        return self._store.path

    def newest_header(self) -> BlockHeaderAPI:
        """Return the newest block's header."""
        with self._lock:
            return self._chain.get_canonical_head()

    def block_by_number(self, number: int) -> BlockAPI | None:
        """Return a block, None if there is none yet."""
        return self._find(lambda: self._chain.get_canonical_block_by_number(BlockNumber(number)))

    def block_by_hash(self, block_hash: bytes) -> BlockAPI | None:
        """Return the block with that hash, None if there is none."""
        return self._find(lambda: self._chain.get_block_by_hash(Hash32(block_hash)))

    def block_of(self, transaction_hash: bytes) -> BlockAPI | None:
        """Return the block in which that transaction is the only one, None if there is none."""
        return self._find(
            lambda: self._chain.get_canonical_block_by_number(
                self._chain.get_canonical_transaction_index(Hash32(transaction_hash))[0]
            )
        )

    def receipt(self, block: BlockAPI) -> ReceiptAPI:
        """Return the receipt of a block's only transaction."""
        with self._lock:
            return self._chain.get_transaction_receipt(block.transactions[0].hash)

    def balance(self, account: bytes, at: BlockHeaderAPI) -> int:
        """Return an account's wei after a block."""
        with self._lock:
            return self._chain.get_vm(at).state.get_balance(Address(account))

    def nonce(self, account: bytes, at: BlockHeaderAPI) -> int:
        """Return the number of transactions an account had sent after a block."""
        with self._lock:
            return self._chain.get_vm(at).state.get_nonce(Address(account))

    def code(self, account: bytes, at: BlockHeaderAPI) -> bytes:
        """Return an account's code after a block."""
        with self._lock:
            return self._chain.get_vm(at).state.get_code(Address(account))

    def next_base_fee(self) -> int:
        """Return the base fee of the next block, in wei for a unit of gas (EIP-1559)."""
        with self._lock:
            return base_fee(self._chain.create_header_from_parent(self.newest_header()))

    def transact(self, raw: bytes) -> bytes:
        """Mine a signed transaction in a block of its own and return its hash; durable on return.

        Raises RefusedError, and changes nothing, if the chain's rules do not allow the transaction.
        """
        with self._lock:
            transaction = self._decode(raw)
            try:
                with self._store.block():
                    self._chain.mine_all([transaction], parent_header=self.newest_header())
            except ValidationError as error:
                raise RefusedError(str(error)) from error
            except RecursionError as error:
                raise RefusedError(_TOO_DEEP) from error
            finally:
                self._chain = self._class(self._database)  # forget what a failure left in memory
            return bytes(transaction.hash)

    def call(self, sender: bytes, to: bytes, data: bytes, value: int, at: BlockHeaderAPI) -> bytes:
        """Run a call in the block after `at`, without keeping it. Raises ExecutionError."""
        with self._lock:
            computation, _ = self._try(sender, to, data, value, GAS_LIMIT, at)
            return _output(computation)

    def estimate_gas(
        self, sender: bytes, to: bytes, data: bytes, value: int, at: BlockHeaderAPI
    ) -> int:
        """Return a gas limit that the transaction would succeed with. Raises ExecutionError.

        A 64th of what is left never reaches an inner call (EIP-150), so what was used is not enough.
        """
        with self._lock:
            computation, used = self._try(sender, to, data, value, GAS_LIMIT, at)
            _output(computation)
            limit = (used + computation.get_gas_refund() + _CALL_STIPEND) * 64 // 63
            while limit < GAS_LIMIT:
                if not self._try(sender, to, data, value, limit, at)[0].is_error:
                    return limit
                limit *= 2
            return GAS_LIMIT

    def _try(
        self, sender: bytes, to: bytes, data: bytes, value: int, gas: int, at: BlockHeaderAPI
    ) -> tuple[ComputationAPI, int]:
        vm = self._chain.get_vm(at)
        with vm.in_costless_state() as state:
            unsigned = vm.create_unsigned_transaction(
                nonce=state.get_nonce(Address(sender)),
                gas_price=0,
                gas=gas,
                to=Address(to),
                value=value,
                data=data,
            )
            stand_in = SpoofTransaction(unsigned, from_=Address(sender))
            transaction = cast("SignedTransactionAPI", stand_in)
            try:
                computation = state.costless_execute_transaction(transaction)
            except ValidationError as error:
                raise ExecutionError(str(error), b"") from error
            except RecursionError as error:
                raise ExecutionError(_TOO_DEEP, b"") from error
            return computation, VirtualMachine.finalize_gas_used(transaction, computation)

    def _decode(self, raw: bytes) -> SignedTransactionAPI:
        try:
            transaction = self._chain.get_vm().get_transaction_builder().decode(raw)
            transaction.validate()
            sender = transaction.sender
        except _UNREADABLE as error:
            raise RefusedError(f"not a signed transaction: {error}") from error
        kind = getattr(transaction, "type_id", None) or 0
        if kind > _NEWEST_TYPE:
            raise RefusedError(f"transaction type {kind} is not served here: use type 2 (EIP-1559)")
        if transaction.chain_id != self.chain_id:
            raise RefusedError(f"invalid chain id {transaction.chain_id}: this is {self.chain_id}")
        if self.block_of(transaction.hash) is not None:
            raise RefusedError("already known: the transaction is mined")
        expected = self.nonce(sender, self.newest_header())
        if transaction.nonce != expected:
            which = "low" if transaction.nonce < expected else "high"
            raise RefusedError(f"nonce too {which}: {transaction.nonce}, next is {expected}")
        return transaction

    def _find(self, look: Callable[[], _T]) -> _T | None:
        with self._lock:
            try:
                return look()
            except (HeaderNotFound, TransactionNotFound):
                return None

    def _known_id(self) -> int | None:
        noted = self._store.fact(_FACT_CHAIN_ID)
        return None if noted is None else int(noted)

    def _make(self, chain_id: int) -> int:
        balances: Mapping[bytes, int] = {
            dev_account(index).address: DEV_BALANCE for index in range(DEV_ACCOUNTS)
        }
        with self._store.block():
            self._store.note(_FACT_CHAIN_ID, str(chain_id))
            make_genesis(chain_class(chain_id), self._database, dict(balances))
        return chain_id


def _draw_chain_id() -> int:
    return _CHAIN_ID_FROM + secrets.randbelow(_CHAIN_ID_BELOW - _CHAIN_ID_FROM)


def _output(computation: ComputationAPI) -> bytes:
    if not computation.is_error:
        return computation.output
    reverted = type(computation.error).__name__ == "Revert"
    message = "execution reverted" if reverted else f"execution failed: {computation.error}"
    raise ExecutionError(message, computation.output if reverted else b"")
