"""Transactions: signed here, sent, and waited for until they stand in a block (EIP-1559 fees)."""

import threading
import time

from sealmote.chain.abi import revert_reason
from sealmote.chain.account import Account, checksum
from sealmote.chain.api import Api, Receipt
from sealmote.chain.errors import (
    AccountError,
    InsufficientFundsError,
    NodeRefusedError,
    NodeReplyError,
    RevertedError,
    UnconfirmedError,
)
from sealmote.chain.keccak import keccak
from sealmote.chain.transaction import Transaction

_REVERTED = "execution reverted"
_POLL_FIRST_S, _POLL_LAST_S = 0.02, 1.0


class Sender:
    """One account's transactions on one chain, one after the other. Any thread may use it."""

    def __init__(self, api: Api, chain_id: int, account: Account | None, timeout_s: float):
        """`timeout_s` is how long to wait for a transaction to be mined."""
        self.lock = threading.RLock()
        self._api = api
        self._chain_id = chain_id
        self._account = account
        self._timeout_s = timeout_s

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
            raise _explained(error) from error

    def send(self, to: bytes | None, data: bytes) -> Receipt:
        """Send a transaction and wait until it is mined; `to` None makes a contract.

        Raises RevertedError, InsufficientFundsError, UnconfirmedError, or a node error.
        """
        with self.lock:
            self.settle()
            raw = self._sign(to, data)
            tx_hash = keccak(raw)
            try:
                if self._api.send(raw) != tx_hash:
                    raise NodeReplyError(
                        f"{self._api.node.name} took another transaction than ours: use another node"
                    )
            except NodeRefusedError as error:
                raise _explained(error) from error
            return self._confirmed(tx_hash, to, data)

    def settle(self) -> None:
        """Wait until everything this account has sent is mined, as after a crash of ours."""
        address = self.account.address
        deadline, pause = time.monotonic() + self._timeout_s, _POLL_FIRST_S
        while self._api.nonce(address, "pending") > self._api.nonce(address, "latest"):
            if time.monotonic() > deadline:
                raise UnconfirmedError(
                    f"account {checksum(address)} has transactions that are not mined after"
                    f" {self._timeout_s:g} s: wait, or send them again with a higher fee"
                )
            time.sleep(pause)
            pause = min(2 * pause, _POLL_LAST_S)

    def _sign(self, to: bytes | None, data: bytes) -> bytes:
        address = self.account.address
        try:
            gas = self._api.estimate_gas(address, to, data) * 5 // 4  # the state may move meanwhile
        except NodeRefusedError as error:
            raise _explained(error) from error
        tip = self._api.priority_fee()
        fee = 2 * self._api.head().base_fee + tip  # enough for six full blocks to come
        held, needed = self._api.balance(address), gas * fee
        if held < needed:
            raise _too_poor(f"account {checksum(address)} holds {held} wei and may need {needed}")
        nonce = self._api.nonce(address, "latest")
        return self.account.sign(Transaction(self._chain_id, nonce, to, data, gas, fee, tip))

    def _confirmed(self, tx_hash: bytes, to: bytes | None, data: bytes) -> Receipt:
        deadline, pause = time.monotonic() + self._timeout_s, _POLL_FIRST_S
        while (receipt := self._api.receipt(tx_hash)) is None:
            if time.monotonic() > deadline:
                raise UnconfirmedError(
                    f"transaction 0x{tx_hash.hex()} is not mined after {self._timeout_s:g} s:"
                    " do the same again later; what was mined meanwhile is found"
                )
            time.sleep(pause)
            pause = min(2 * pause, _POLL_LAST_S)
        if not receipt.succeeded:
            if to is not None:
                self.call(to, data)  # says why, if that still holds
            raise RevertedError(f"transaction 0x{tx_hash.hex()} was mined and failed", "")
        return receipt


def _explained(
    error: NodeRefusedError,
) -> NodeRefusedError | RevertedError | InsufficientFundsError:
    """Return what a node's refusal of a transaction or call means."""
    text = str(error)
    if "insufficient funds" in text.lower():
        return _too_poor(text)
    reason = revert_reason(error.data)
    if not reason and not error.data and _REVERTED not in text:
        return error
    return RevertedError(f"the contract refused: {reason or text}", reason)


def _too_poor(what: str) -> InsufficientFundsError:
    return InsufficientFundsError(f"{what}: send ether to the account, or name another")
