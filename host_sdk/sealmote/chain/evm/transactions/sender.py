"""Transaction sending: sign here, send, and wait until it stands in a block."""

import threading
import time
from collections.abc import Callable

from sealmote.chain.errors import (
    AccountError,
    NodeRefusedError,
    RevertedError,
    UnconfirmedError,
)
from sealmote.chain.evm.rpc.api import Api, Receipt
from sealmote.chain.evm.transactions import fees
from sealmote.chain.evm.transactions.account import Account, checksum
from sealmote.chain.evm.transactions.pending_transaction import Offer, explained, too_poor
from sealmote.chain.evm.transactions.transaction import Transaction

_POLL_FIRST_S, _POLL_LAST_S = 0.02, 1.0
_STUCK_S = 15.0  # and five blocks, before a transaction offers more


class Sender:
    """One account's transactions on one chain, one after the other. Any thread may use it."""

    def __init__(
        self, api: Api, chain_id: Callable[[], int], account: Account | None, timeout_s: float
    ):
        """`timeout_s` is how long to wait for a transaction to be mined."""
        self.lock = threading.RLock()
        self._api = api
        self._chain_id = chain_id
        self._account = account
        self._timeout_s = timeout_s
        self._stuck_s = _STUCK_S
        self._given_up: int | None = None  # the number of a transaction that was waited for in vain

    @property
    def account(self) -> Account:
        """The account that pays. Raises AccountError if there is none."""
        if self._account is None:
            raise AccountError("this needs an account to pay with: name a key file")
        return self._account

    def call(self, to: bytes, data: bytes, at: str = "latest") -> bytes:
        """Run a call and return its output. Raises RevertedError."""
        sender = None if self._account is None else self._account.address
        try:
            return self._api.call(to, data, sender, at)
        except NodeRefusedError as error:
            raise explained(error) from error

    def send(self, to: bytes | None, data: bytes) -> Receipt:
        """Send a transaction and wait until it is mined; `to` None makes a contract.

        One that offers too little to be mined is replaced, under its own number, by one that offers
        an eighth more. Raises RevertedError, InsufficientFundsError, UnconfirmedError, or a node error.
        """
        with self.lock:
            is_settled = self.settle()
            transaction = self._draft(to, data)
            return self._checked(self._mined(transaction, is_settled=is_settled), transaction)

    def settle(self) -> bool:
        """Wait until everything this account has sent is mined, as after a crash of ours.

        False if it is not in time: what is sent next takes the place of the first one, if it offers
        enough more.
        """
        address = self.account.address
        deadline, pause = time.monotonic() + self._timeout_s, _POLL_FIRST_S
        while self._sent() > (mined := self._api.nonce(address, "latest")):
            if self._given_up == mined or time.monotonic() > deadline:
                self._given_up = mined
                return False
            time.sleep(pause)
            pause = min(2 * pause, _POLL_LAST_S)
        return True

    def _sent(self) -> int:
        """Count the account's transactions, those under way too; 0 where a node cannot tell."""
        try:
            return self._api.nonce(self.account.address, "pending")
        except NodeRefusedError:  # not every chain has pending blocks
            return 0

    def next_nonce(self) -> int:
        """Return the number of the account's next transaction."""
        return self._api.nonce(self.account.address, "latest")

    def _draft(self, to: bytes | None, data: bytes) -> Transaction:
        address = self.account.address
        try:
            gas = self._api.estimate_gas(address, to, data) * 5 // 4  # the state may move meanwhile
        except NodeRefusedError as error:
            raise explained(error) from error
        price = fees.market(self._api)
        transaction = Transaction(
            self._chain_id(), self.next_nonce(), to, data, gas, price.most, price.tip
        )
        self._check_balance(transaction)
        return transaction

    def _check_balance(self, transaction: Transaction) -> None:
        address, needed = self.account.address, transaction.gas * transaction.max_fee
        held = self._api.balance(address)
        if held < needed:
            raise too_poor(f"account {checksum(address)} holds {held} wei and may need {needed}")

    def _mined(self, transaction: Transaction, *, is_settled: bool) -> Receipt:
        """Hand a transaction over, offer more where that is needed, and wait for its receipt.

        Once it is out, a node that gives no answer is asked again: it may have the transaction.
        """
        deadline, pause = time.monotonic() + self._timeout_s, _POLL_FIRST_S
        offer = Offer(self._api, self.account, transaction, is_settled=is_settled)
        while (receipt := offer.receipt()) is None:
            if time.monotonic() > deadline:
                raise UnconfirmedError(
                    f"transaction 0x{offer.hashes[-1].hex()} is not mined after {self._timeout_s:g} s:"
                    " do the same again later; what was mined meanwhile is found"
                )
            offer.see_to(self._stuck_s)
            time.sleep(pause)
            pause = min(2 * pause, _POLL_LAST_S)
        return receipt

    def _checked(self, receipt: Receipt, transaction: Transaction) -> Receipt:
        if not receipt.succeeded:
            if transaction.to is not None:
                self.call(transaction.to, transaction.data)  # says why, if that still holds
            raise RevertedError(f"transaction 0x{receipt.tx_hash.hex()} was mined and failed", "")
        return receipt
