"""JSON-RPC 2.0 methods of an embedded chain: the part of the execution API that clients and wallets need.

`Rpc.answer` takes one decoded request and returns its response. Parameters are read strictly: a wrong type,
a missing or a surplus one is error -32602. What a client may ask for at once is bounded.
"""

from collections.abc import Callable, Iterator
from typing import Any

from eth.abc import BlockAPI, BlockHeaderAPI

from sealmote.chain.embedded.chain import EmbeddedChain, ExecutionError, RefusedError
from sealmote.chain.embedded.views import (
    Json,
    block_view,
    logs_view,
    receipt_view,
    transaction_view,
)
from sealmote.chain.embedded.virtual_machine import base_fee
from sealmote.chain.errors import ChainError
from sealmote.chain.evm.contracts.abi import revert_reason
from sealmote.chain.evm.encoding.hexadecimal import data, quantity, to_data, to_quantity

PARSE_ERROR, INVALID_REQUEST, NO_METHOD, BAD_PARAMS = -32700, -32600, -32601, -32602
REFUSED, EXECUTION_REVERTED, INTERNAL = -32000, 3, -32603

MAX_LOG_RANGE = 10_000  # blocks
MAX_FEE_HISTORY = 1024  # blocks
MAX_CALL_DATA = 128 * 1024  # bytes
PRIORITY_FEE = 10**9  # wei for a unit of gas; any is accepted

_CALL_FIELDS = {
    "from", "to", "data", "input", "value", "gas", "gasPrice", "maxFeePerGas",
    "maxPriorityFeePerGas", "nonce", "chainId", "type", "accessList",
}  # fmt: skip
_FILTER_FIELDS = {"fromBlock", "toBlock", "blockHash", "address", "topics"}
_HEAD_TAGS = ("latest", "pending", "safe", "finalized")


def failure(request_id: object, code: int, message: str, extra: str | None = None) -> Json:
    """Return an error response."""
    error: Json = {"code": code, "message": message}
    if extra is not None:
        error["data"] = extra
    return {"jsonrpc": "2.0", "id": request_id, "error": error}


class Rpc:
    """Answers requests about one chain. Any thread may use it."""

    def __init__(self, chain: EmbeddedChain):
        self._chain = chain
        self._plain: dict[str, Callable[[], object]] = {
            "web3_clientVersion": lambda: "sealmote-embedded",
            "net_version": lambda: str(chain.chain_id),
            "eth_chainId": lambda: to_quantity(chain.chain_id),
            "eth_syncing": lambda: False,
            "eth_blockNumber": lambda: to_quantity(chain.newest_header().block_number),
            "eth_gasPrice": lambda: to_quantity(chain.next_base_fee() + PRIORITY_FEE),
            "eth_maxPriorityFeePerGas": lambda: to_quantity(PRIORITY_FEE),
        }
        self._methods: dict[str, Callable[[list[Any]], object]] = {
            "eth_feeHistory": self._fee_history,
            "eth_getBlockByNumber": self._block_by_number,
            "eth_getBlockByHash": self._block_by_hash,
            "eth_getTransactionByHash": self._transaction,
            "eth_getTransactionReceipt": self._receipt,
            "eth_getLogs": self._logs,
            "eth_getBalance": self._balance,
            "eth_getCode": self._code,
            "eth_getTransactionCount": self._nonce,
            "eth_call": self._call,
            "eth_estimateGas": self._estimate,
            "eth_sendRawTransaction": self._send,
        }

    def answer(self, request: object) -> Json:
        """Return the response to one decoded request."""
        if not isinstance(request, dict) or request.get("jsonrpc") != "2.0":
            return failure(None, INVALID_REQUEST, 'not a JSON-RPC object with "jsonrpc": "2.0"')
        request_id, method, params = request.get("id"), request.get("method"), request.get("params")
        if isinstance(request_id, bool) or not isinstance(request_id, int | str):
            return failure(None, INVALID_REQUEST, "the id is no number and no string")
        if not isinstance(method, str) or not isinstance(params, list | None):
            return failure(request_id, INVALID_REQUEST, "no method, or params that are no array")
        if method not in self._plain and method not in self._methods:
            return failure(request_id, NO_METHOD, f"the method {method[:64]!r} is not served here")
        return self._run(request_id, method, params or [])

    def _run(self, request_id: int | str, method: str, params: list[Any]) -> Json:
        try:
            if method in self._plain:
                _exactly(params, 0, 0)
                result = self._plain[method]()
            else:
                result = self._methods[method](params)
        except ValueError as error:
            return failure(request_id, BAD_PARAMS, f"invalid params: {error}")
        except RefusedError as error:
            return failure(request_id, REFUSED, str(error))
        except ChainError as error:
            return failure(request_id, INTERNAL, str(error))
        except ExecutionError as error:
            reason = revert_reason(error.data)
            message = f"{error}: {reason}" if reason else str(error)
            return failure(request_id, EXECUTION_REVERTED, message, to_data(error.data))
        return {"jsonrpc": "2.0", "id": request_id, "result": result}

    def _fee_history(self, params: list[Any]) -> Json:
        count_, newest, percentiles = _exactly(params, 2, 3, None)
        count = count_ if type(count_) is int else quantity(count_)
        if not 1 <= count <= MAX_FEE_HISTORY or not isinstance(percentiles, list | None):
            raise ValueError(f"1 to {MAX_FEE_HISTORY} blocks and an array of percentiles")
        last = self._at(newest)
        first = max(0, last.block_number - count + 1)
        headers = [self._require(number).header for number in range(first, last.block_number + 1)]
        fees = [base_fee(header) for header in headers] + [self._chain.next_base_fee()]
        rewards = [[to_quantity(PRIORITY_FEE)] * len(percentiles or []) for _ in headers]
        return {
            "oldestBlock": to_quantity(first),
            "baseFeePerGas": [to_quantity(fee) for fee in fees],
            "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
            "reward": rewards,
        }

    def _block_by_number(self, params: list[Any]) -> Json | None:
        which, full = _exactly(params, 1, 2, False)
        number = _block_number(which, self._chain.newest_header())
        return _viewed(self._chain.block_by_number(number), full)

    def _block_by_hash(self, params: list[Any]) -> Json | None:
        which, full = _exactly(params, 1, 2, False)
        return _viewed(self._chain.block_by_hash(data(which, 32)), full)

    def _transaction(self, params: list[Any]) -> Json | None:
        block = self._chain.block_of(data(_exactly(params, 1, 1)[0], 32))
        return None if block is None else transaction_view(block)

    def _receipt(self, params: list[Any]) -> Json | None:
        block = self._chain.block_of(data(_exactly(params, 1, 1)[0], 32))
        return None if block is None else receipt_view(block, self._chain.receipt(block))

    def _logs(self, params: list[Any]) -> list[Json]:
        query = _fields(_exactly(params, 1, 1)[0], _FILTER_FIELDS)
        addresses, topics = _addresses(query.get("address")), _topics(query.get("topics"))
        found = []
        for block in self._blocks(query):
            if block.transactions and block.header.bloom:
                entries = logs_view(block, self._chain.receipt(block))
                found += [entry for entry in entries if _matches(entry, addresses, topics)]
        return found

    def _blocks(self, query: Json) -> Iterator[BlockAPI]:
        if "blockHash" in query:
            if "fromBlock" in query or "toBlock" in query:
                raise ValueError("blockHash goes without fromBlock and toBlock")
            block = self._chain.block_by_hash(data(query["blockHash"], 32))
            if block is None:
                raise ValueError("no block has this hash")
            return iter([block])
        head = self._chain.newest_header()
        first = _block_number(query.get("fromBlock", "latest"), head)
        last = min(_block_number(query.get("toBlock", "latest"), head), head.block_number)
        if last - first >= MAX_LOG_RANGE:
            raise ValueError(f"a range of more than {MAX_LOG_RANGE} blocks: ask in parts")
        return (self._require(number) for number in range(first, last + 1))

    def _balance(self, params: list[Any]) -> str:
        account, at = self._account_at(params)
        return to_quantity(self._chain.balance(account, at))

    def _code(self, params: list[Any]) -> str:
        account, at = self._account_at(params)
        return to_data(self._chain.code(account, at))

    def _nonce(self, params: list[Any]) -> str:
        account, at = self._account_at(params)
        return to_quantity(self._chain.nonce(account, at))

    def _call(self, params: list[Any]) -> str:
        fields, which = _exactly(params, 1, 2, "latest")
        return to_data(self._chain.call(*_message(fields), self._at(which)))

    def _estimate(self, params: list[Any]) -> str:
        fields, which = _exactly(params, 1, 2, "latest")
        return to_quantity(self._chain.estimate_gas(*_message(fields), self._at(which)))

    def _send(self, params: list[Any]) -> str:
        return to_data(self._chain.transact(data(_exactly(params, 1, 1)[0])))

    def _account_at(self, params: list[Any]) -> tuple[bytes, BlockHeaderAPI]:
        account, which = _exactly(params, 1, 2, "latest")
        return data(account, 20), self._at(which)

    def _at(self, which: object) -> BlockHeaderAPI:
        return self._require(_block_number(which, self._chain.newest_header())).header

    def _require(self, number: int) -> BlockAPI:
        block = self._chain.block_by_number(number)
        if block is None:
            raise ValueError(f"there is no block {number} yet")
        return block


def _exactly(params: list[Any], least: int, most: int, default: object = None) -> list[Any]:
    """Return `most` parameters, the optional ones by default."""
    if not least <= len(params) <= most:
        raise ValueError(f"{least} to {most} parameters, not {len(params)}")
    return params + [default] * (most - len(params))


def _fields(value: object, known: set[str]) -> Json:
    if not isinstance(value, dict) or not value.keys() <= known:
        raise ValueError(f"not an object with fields among {', '.join(sorted(known))}")
    return value


def _block_number(which: object, head: BlockHeaderAPI) -> int:
    if which in _HEAD_TAGS:
        return head.block_number
    return 0 if which == "earliest" else quantity(which)


def _viewed(block: BlockAPI | None, full: object) -> Json | None:
    if not isinstance(full, bool):
        raise ValueError("the second parameter is true or false")  # noqa: TRY004 -- answered as -32602
    return None if block is None else block_view(block, full=full)


def _message(value: object) -> tuple[bytes, bytes, bytes, int]:
    """Read sender, recipient, data and value. What it offers to pay does not matter here."""
    fields = _fields(value, _CALL_FIELDS)
    if "data" in fields and fields.get("input", fields["data"]) != fields["data"]:
        raise ValueError("data and input differ")
    sent = data(fields.get("data", fields.get("input", "0x")))
    if len(sent) > MAX_CALL_DATA:
        raise ValueError(f"more than {MAX_CALL_DATA} bytes of data")
    to = fields.get("to")
    return (
        data(fields.get("from", "0x" + "00" * 20), 20),
        b"" if to is None else data(to, 20),
        sent,
        quantity(fields.get("value", "0x0")),
    )


def _addresses(value: object) -> set[str] | None:
    if value is None:
        return None
    return {to_data(data(one, 20)) for one in (value if isinstance(value, list) else [value])}


def _topics(value: object) -> list[set[str] | None]:
    if not isinstance(value, list | None) or len(value or []) > 4:
        raise ValueError("topics are an array of at most four")
    return [
        None
        if one is None
        else {to_data(data(topic, 32)) for topic in (one if isinstance(one, list) else [one])}
        for one in value or []
    ]


def _matches(entry: Json, addresses: set[str] | None, topics: list[set[str] | None]) -> bool:
    if addresses is not None and entry["address"] not in addresses:
        return False
    if len(entry["topics"]) < len(topics):
        return False
    return all(
        wanted is None or topic in wanted
        for topic, wanted in zip(entry["topics"], topics, strict=False)
    )
