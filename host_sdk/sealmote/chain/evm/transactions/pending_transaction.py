"""Pending transaction: handed over, replaced at a higher price, and found in a block.

1. It is handed over. A node that gives no answer may have taken it: it is handed over again.
2. A node that wants more for it is offered an eighth more (EIP-1559 replacements need a tenth).
3. Where five blocks go by without it, it is replaced by one of the same number that offers more:
only one of the two can be mined.
4. Whichever of them has a receipt is the one that was mined.
"""

import time
from dataclasses import replace

from sealmote.chain.errors import (
    InsufficientFundsError,
    NodePageError,
    NodeRefusedError,
    NodeReplyError,
    NodeUnreachableError,
    RevertedError,
    UnconfirmedError,
)
from sealmote.chain.evm.contracts.abi import revert_reason
from sealmote.chain.evm.encoding.keccak import keccak
from sealmote.chain.evm.rpc.api import Api, Receipt
from sealmote.chain.evm.transactions import fees
from sealmote.chain.evm.transactions.account import Account, checksum
from sealmote.chain.evm.transactions.transaction import Transaction

_STUCK_BLOCKS = 5
_MAX_RAISES = 20  # of 12.5 %: tenfold
_NO_ANSWER = (NodeUnreachableError, NodePageError)

# How nodes say that they have a transaction, that its number is spent, that it offers too little.
_KNOWN = ("already known", "already imported", "known transaction", "alreadyknown")
_SPENT = ("nonce too low", "nonce is too low", "old nonce")
_UNDERPRICED = (
    "underpriced",
    "less than block base fee",
    "fee too low",
    "price too low",
    "below the minimum",
    "less than the minimum",
)


class Offer:
    """A transaction that is offered for a block under one number. `hashes` are all that were sent."""

    def __init__(self, api: Api, account: Account, transaction: Transaction, *, is_settled: bool):
        """Hand it over. Unless `is_settled`, another one of that number is under way already.

        Raises what `see_to` raises.
        """
        self._api = api
        self._account = account
        self._transaction = transaction
        self._is_settled = is_settled
        self._raises = 0
        self.hashes: list[bytes] = []
        self._hand_over()

    def receipt(self) -> Receipt | None:
        """Return the receipt of the one that was mined, None if none is known to be."""
        try:
            found = [self._api.receipt(tx_hash) for tx_hash in self.hashes]
        except (*_NO_ANSWER, NodeRefusedError):
            return None  # it may be there: the next look tells; Geth refuses while it indexes
        return next((one for one in found if one is not None), None)

    def see_to(self, stuck_s: float) -> None:
        """Hand it over again if nobody is known to have it; offer more if it is passed over.

        That is: if five blocks and `stuck_s` seconds go by without it. Raises UnconfirmedError if
        another transaction is in its place, InsufficientFundsError, RevertedError or a node error.
        """
        if not self._is_out:
            self._hand_over()
        elif time.monotonic() - self._since > stuck_s:
            try:
                if self._api.newest_block().number < self._block + _STUCK_BLOCKS:
                    return
                self._raise_price()
            except _NO_ANSWER:
                return  # it stands as it was offered, until the node answers
            self._hand_over()

    def _hand_over(self) -> None:
        """Give it to the node, at a price that the node takes."""
        self._is_out = False
        try:
            while not self._is_taken():
                self._raise_price()
            self._since, self._block = time.monotonic(), self._api.newest_block().number
            self._is_out = True
        except _NO_ANSWER:
            return  # the node may have it, or not: see_to hands it over again

    def _is_taken(self) -> bool:
        """Send it; False if the node wants more for it."""
        raw = self._account.sign(self._transaction)
        tx_hash = keccak(raw)
        if tx_hash not in self.hashes:
            self.hashes.append(tx_hash)
        try:
            if self._api.send(raw) != tx_hash:
                raise NodeReplyError(
                    f"{self._api.node.name} took another transaction than ours: use another node"
                )
        except NodeRefusedError as error:
            return self._is_refused_as_known(error)
        return True

    def _is_refused_as_known(self, error: NodeRefusedError) -> bool:
        """Say whether the node has it already; False if it wants more for it, else raise."""
        words = str(error).lower()
        known = any(word in words for word in (*_KNOWN, *_SPENT))
        if not known and not any(word in words for word in _UNDERPRICED):
            raise explained(error) from error
        if not self._is_settled and self._raises == 0:
            raise UnconfirmedError(
                f"account {checksum(self._account.address)} has transactions that are not mined, and"
                " offer as much as this one: wait, and do the same again"
            ) from error
        return known

    def _raise_price(self) -> None:
        if self._raises == _MAX_RAISES:
            raise UnconfirmedError(
                f"no block takes a transaction of account {checksum(self._account.address)} at"
                f" {self._transaction.max_fee} wei for a unit of gas: do the same again later"
            )
        self._raises += 1
        was = fees.Fees(self._transaction.max_fee, self._transaction.max_tip)
        offer = was.raised(fees.market(self._api))
        self._transaction = replace(self._transaction, max_fee=offer.most, max_tip=offer.tip)


def explained(
    error: NodeRefusedError,
) -> NodeRefusedError | RevertedError | InsufficientFundsError:
    """Return what a node's refusal of a transaction or call means."""
    text = str(error)
    if "insufficient funds" in text.lower():
        return too_poor(text)
    reason = revert_reason(error.data)
    if not reason and not error.data and "execution reverted" not in text:
        return error
    return RevertedError(f"the contract refused: {reason or text}", reason)


def too_poor(what: str) -> InsufficientFundsError:
    """Return the error of an account that cannot pay."""
    return InsufficientFundsError(f"{what}: send ether to the account, or name another")
