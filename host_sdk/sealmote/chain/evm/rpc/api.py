"""Typed execution-API requests to a node; every field that is used is checked.

What a node says can still be a lie; that it stands in a block of the chain you mean is for proofs to show.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from sealmote.chain.errors import NodeReplyError
from sealmote.chain.evm.encoding.hexadecimal import data, quantity, to_data, to_quantity
from sealmote.chain.evm.rpc.node import Node

_T = TypeVar("_T")
_MAX_TIME = 2**64
_FEE_BLOCKS = 5  # whose tips are looked at


@dataclass(frozen=True)
class Block:
    """A block. `time` is Unix seconds, `base_fee` wei for a unit of gas.

    `base_fee` is None on a chain without EIP-1559.
    """

    number: int
    block_hash: bytes
    time: int
    base_fee: int | None


@dataclass(frozen=True)
class Receipt:
    """What became of a mined transaction. `contract` is the address of one that it made."""

    tx_hash: bytes
    block_number: int
    block_hash: bytes
    succeeded: bool
    gas_used: int
    contract: bytes | None


@dataclass(frozen=True)
class Log:
    """An event in a mined transaction."""

    address: bytes
    topics: tuple[bytes, ...]
    data: bytes
    tx_hash: bytes
    block_number: int
    block_hash: bytes


class Api:
    """Typed requests to one node. Raises the node errors of `sealmote.chain.errors`."""

    def __init__(self, node: Node):
        self.node = node

    def chain_id(self) -> int:
        """Return the chain's number (EIP-155)."""
        return self._ask("eth_chainId", [], quantity)

    def newest_block(self) -> Block:
        """Return the newest block."""
        return self._ask("eth_getBlockByNumber", ["latest", False], _block)

    def block(self, block_hash: bytes) -> Block:
        """Return the block with that hash; NodeReplyError if the node has none."""
        found = self._ask("eth_getBlockByHash", [to_data(block_hash), False], _block)
        if found.block_hash != block_hash:
            raise self._bad("eth_getBlockByHash", "another block than the one asked for")
        return found

    def call(self, to: bytes, call_data: bytes, sender: bytes | None, at: str = "latest") -> bytes:
        """Run a call on the state of a block and return its output."""
        return self._ask("eth_call", [_message(sender, to, call_data), at], data)

    def estimate_gas(self, sender: bytes, to: bytes | None, call_data: bytes) -> int:
        """Return the gas that a transaction would need after the newest block.

        Without what is under way: it may be about to take the place of that.
        """
        return self._ask("eth_estimateGas", [_message(sender, to, call_data), "latest"], quantity)

    def priority_fee(self) -> int:
        """Return the tip that gets a transaction mined soon, in wei for a unit of gas."""
        return self._ask("eth_maxPriorityFeePerGas", [], quantity)

    def recent_tip(self) -> int:
        """Return the tip in the middle of those that the newest blocks took (`eth_feeHistory`)."""
        return self._ask("eth_feeHistory", [to_quantity(_FEE_BLOCKS), "latest", [50]], _middle_tip)

    def gas_price(self) -> int:
        """Return what a unit of gas costs about now, in wei, tip and all."""
        return self._ask("eth_gasPrice", [], quantity)

    def nonce(self, account: bytes, at: str) -> int:
        """Return how many transactions an account has sent; with "pending" also those not mined."""
        return self._ask("eth_getTransactionCount", [to_data(account), at], quantity)

    def balance(self, account: bytes) -> int:
        """Return an account's wei."""
        return self._ask("eth_getBalance", [to_data(account), "latest"], quantity)

    def code(self, account: bytes) -> bytes:
        """Return the code at an address, nothing if it is no contract."""
        return self._ask("eth_getCode", [to_data(account), "latest"], data)

    def send(self, raw: bytes) -> bytes:
        """Hand a signed transaction over and return its hash."""
        return self._ask("eth_sendRawTransaction", [to_data(raw)], lambda value: data(value, 32))

    def receipt(self, tx_hash: bytes) -> Receipt | None:
        """Return the receipt of a mined transaction, None if it is not mined."""
        receipt = self._ask("eth_getTransactionReceipt", [to_data(tx_hash)], _receipt)
        if receipt is not None and receipt.tx_hash != tx_hash:
            raise self._bad("eth_getTransactionReceipt", "the receipt of another transaction")
        return receipt

    def logs(self, address: bytes, topics: list[bytes], first: int, last: int) -> list[Log]:
        """Return a contract's events in a range of blocks, by their first topics."""
        query = {
            "address": to_data(address),
            "topics": [to_data(topic) for topic in topics],
            "fromBlock": to_quantity(first),
            "toBlock": to_quantity(last),
        }
        found = self._ask("eth_getLogs", [query], _logs)
        for log in found:
            asked = log.address == address and list(log.topics[: len(topics)]) == topics
            if not asked or not first <= log.block_number <= last:
                raise self._bad("eth_getLogs", "an event that was not asked for")
        return found

    def _ask(self, method: str, params: list[object], read: Callable[[object], _T]) -> _T:
        answer = self.node.request(method, params)
        try:
            return read(answer)
        except ValueError as error:
            raise self._bad(method, str(error)) from error

    def _bad(self, method: str, what: str) -> NodeReplyError:
        return NodeReplyError(
            f"{self.node.name} answered {method} wrongly ({what}): use another node"
        )


def _message(sender: bytes | None, to: bytes | None, call_data: bytes) -> dict[str, str]:
    message = {"data": to_data(call_data)}
    if sender is not None:
        message["from"] = to_data(sender)
    if to is not None:
        message["to"] = to_data(to)
    return message


def _block(value: object) -> Block:
    fields = _object(value)
    base_fee = fields.get("baseFeePerGas")
    block = Block(
        number=quantity(fields.get("number")),
        block_hash=data(fields.get("hash"), 32),
        time=quantity(fields.get("timestamp")),
        base_fee=None if base_fee is None else quantity(base_fee),
    )
    if block.time >= _MAX_TIME:
        raise ValueError("a block's time that is no Unix time")
    return block


def _middle_tip(value: object) -> int:
    rewards = _object(value).get("reward")
    if not isinstance(rewards, list) or not rewards:
        raise ValueError("no rewards")
    tips = []
    for one in rewards:
        if not isinstance(one, list) or len(one) != 1:
            raise ValueError("a block's rewards that are not one for the one percentile")
        tips.append(quantity(one[0]))
    return sorted(tips)[len(tips) // 2]


def _receipt(value: object) -> Receipt | None:
    if value is None:
        return None
    fields = _object(value)
    status = quantity(fields.get("status"))
    if status > 1:
        raise ValueError(f"status {status}")
    made = fields.get("contractAddress")
    return Receipt(
        tx_hash=data(fields.get("transactionHash"), 32),
        block_number=quantity(fields.get("blockNumber")),
        block_hash=data(fields.get("blockHash"), 32),
        succeeded=status == 1,
        gas_used=quantity(fields.get("gasUsed")),
        contract=None if made is None else data(made, 20),
    )


def _logs(value: object) -> list[Log]:
    if not isinstance(value, list):
        raise ValueError("events that are no array")  # noqa: TRY004 -- all faults here are ValueError
    return [_log(_object(item)) for item in value]


def _log(fields: dict[str, object]) -> Log:
    topics = fields.get("topics")
    if not isinstance(topics, list) or len(topics) > 4 or fields.get("removed", False) is not False:
        raise ValueError("an event without topics, or one that was removed")
    return Log(
        address=data(fields.get("address"), 20),
        topics=tuple(data(topic, 32) for topic in topics),
        data=data(fields.get("data")),
        tx_hash=data(fields.get("transactionHash"), 32),
        block_number=quantity(fields.get("blockNumber")),
        block_hash=data(fields.get("blockHash"), 32),
    )


def _object(value: object) -> dict[str, object]:
    if not isinstance(value, dict):
        raise ValueError("no object")  # noqa: TRY004 -- all faults here are ValueError
    return value
