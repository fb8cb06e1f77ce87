"""Nodes that are not there, lie, or talk nonsense: each has its own error, and none shows a secret."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from flaky_node import Reply, flaky, range_limit
from sealmote.chain.embedded.chain import EmbeddedChain
from sealmote.chain.embedded.server import serve
from sealmote.chain.errors import (
    NodeRefusedError,
    NodeReplyError,
    NodeUnreachableError,
    TargetError,
)
from sealmote.chain.evm.client import ChainClient, connect
from sealmote.chain.evm.rpc.api import Api
from sealmote.chain.evm.rpc.node import MAX_REPLY, HttpNode, Node
from sealmote.chain.evm.transactions.account import dev_account
from sealmote.crypto import Signer

HASH, ADDRESS = b"\x11" * 32, b"\x22" * 20


@contextmanager
def answering(status: int, body: bytes) -> Iterator[str]:
    """Serve the same reply to every request."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/v3/secret"
        server.shutdown()


def hasty(address: str) -> Api:
    return Api(HttpNode(address, pause=lambda _: None))


@pytest.mark.parametrize(
    "target",
    ["", "chain.db", "ftp://a", "http://", "http://a:x", "http://u:p@a", "http://a/#f", "//a"],
)
def test_a_target_that_is_none(target: str) -> None:
    with pytest.raises(TargetError, match='"embedded:PATH"'):
        connect(target)


def test_a_node_that_is_not_there() -> None:
    with pytest.raises(NodeUnreachableError) as caught:
        hasty("http://127.0.0.1:9/v3/secret").chain_id()
    assert "http://127.0.0.1:9 " in str(caught.value)
    assert "check that the node runs" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (200, b"", NodeReplyError),
        (200, b"<html>", NodeReplyError),
        (200, b"[" * 100_000, NodeReplyError),
        (200, b"\xff", NodeReplyError),
        (302, b"", NodeReplyError),
        (200, b"[]", NodeReplyError),
        (200, b'{"jsonrpc":"1.0","id":1,"result":"0x1"}', NodeReplyError),
        (200, b'{"jsonrpc":"2.0","id":2,"result":"0x1"}', NodeReplyError),
        (200, b'{"jsonrpc":"2.0","id":1}', NodeReplyError),
        (200, b'{"jsonrpc":"2.0","id":1,"result":1}', NodeReplyError),
        (200, b'{"jsonrpc":"2.0","id":1,"result":"1"}', NodeReplyError),
        (200, b'{"jsonrpc":"2.0","id":1,"result":"0x01"}', NodeReplyError),
        (200, b'{"jsonrpc":"2.0","id":1,"result":null}', NodeReplyError),
        (200, b'{"jsonrpc":"2.0","id":1,"error":"no"}', NodeReplyError),
        (200, b'{"jsonrpc":"2.0","id":1,"error":{"code":"a","message":"b"}}', NodeReplyError),
        (200, b'{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}', NodeRefusedError),
        (403, b'{"jsonrpc":"2.0","id":1,"error":{"code":-1,"message":"no"}}', NodeRefusedError),
        (200, b" " * (MAX_REPLY + 1), NodeReplyError),
    ],
    ids=range(18),
)
def test_an_answer_that_is_none(status: int, body: bytes, error: type[Exception]) -> None:
    with answering(status, body) as address, pytest.raises(error) as caught:
        hasty(address).chain_id()
    assert "secret" not in str(caught.value)


class Liar:
    """A node that changes some of another's answers."""

    def __init__(self, node: Node, changes: dict[str, Callable[[Any], object]]):
        self.name = "liar"
        self._node = node
        self._changes = changes

    def request(self, method: str, params: list[object]) -> object:
        answer = self._node.request(method, params)
        change = self._changes.get(method)
        return change(json.loads(json.dumps(answer))) if change else answer

    def close(self) -> None:
        """It is another's node."""


def put(**fields: object) -> Callable[[Any], object]:
    def change(answer: Any) -> object:
        return {**answer, **fields}

    return change


def put_in_each(**fields: object) -> Callable[[Any], object]:
    return lambda answer: [{**entry, **fields} for entry in answer]


@pytest.mark.parametrize(
    "changes",
    [
        {"eth_getTransactionReceipt": put(status="0x2")},
        {"eth_getTransactionReceipt": put(status=None)},
        {"eth_getTransactionReceipt": put(transactionHash="0x" + "00" * 32)},
        {"eth_getTransactionReceipt": put(blockHash="0x00")},
        {"eth_getTransactionReceipt": lambda _: "0x1"},
        {"eth_sendRawTransaction": lambda _: "0x" + "00" * 32},
        {"eth_sendRawTransaction": lambda _: "0x00"},
        {"eth_getBlockByHash": put(hash="0x" + "00" * 32)},
        {"eth_getBlockByHash": put(timestamp="0x1" + "0" * 20)},
        {"eth_getBlockByHash": lambda _: None},
        {"eth_getBlockByNumber": put(baseFeePerGas="0x01")},
        {"eth_call": lambda _: "0x"},
        {"eth_call": lambda answer: answer + "00" * 32},
        {"eth_call": lambda answer: "0x" + "ff" * (len(answer) // 2 - 1)},
        {"eth_estimateGas": lambda _: -5},
        {"eth_getBalance": lambda _: "0x"},
        {"eth_getTransactionCount": lambda _: "0x1" + "0" * 65},
    ],
    ids=range(17),
)
def test_a_lie_is_found_while_anchoring(
    chain: ChainClient, changes: dict[str, Callable[[Any], object]]
) -> None:
    origin = f"sealmote.example/lie{Signer.generate(-7).public.kid().hex()}"
    chain.open_log(origin, Signer.generate(-7))
    liar = ChainClient(Liar(chain.api.node, changes), dev_account())
    liar.use(chain.deployment)
    with pytest.raises(NodeReplyError, match=r"liar .*use another node"):
        liar.anchor(origin, 1, HASH)


@pytest.mark.parametrize(
    "change",
    [
        lambda _: [],
        lambda _: None,
        put_in_each(address="0x" + "00" * 20),
        put_in_each(topics=[]),
        put_in_each(topics=["0x" + "00" * 32] * 3),
        put_in_each(data="0x" + "00" * 32),
        put_in_each(blockNumber="0xffffff"),
        put_in_each(removed=True),
        put_in_each(transactionHash=None),
    ],
    ids=range(9),
)
def test_a_lie_is_found_while_looking_an_anchor_up(
    chain: ChainClient, change: Callable[[Any], object]
) -> None:
    origin = "sealmote.example/looked-up"
    chain.open_log(origin, SIGNER)
    chain.anchor(origin, 1, HASH)
    liar = ChainClient(Liar(chain.api.node, {"eth_getLogs": change}))
    liar.use(chain.deployment)
    with pytest.raises(NodeReplyError, match="use another node"):
        liar.latest_anchor(origin)


SIGNER = Signer.generate(-7)


def test_an_off_curve_key_is_a_lie(chain: ChainClient) -> None:
    origin = "sealmote.example/off-curve"
    chain.open_log(origin, SIGNER)

    def bent(answer: str) -> str:
        return answer[:-1] + ("0" if answer[-1] != "0" else "1")

    liar = ChainClient(Liar(chain.api.node, {"eth_call": bent}))
    liar._deployment = chain.deployment
    with pytest.raises(NodeReplyError, match="not on the curve"):
        liar.log(origin)


REFUSALS = (
    (
        -32600,
        "Under the Free tier plan, you can make eth_getLogs requests with up to a 10 block range",
    ),
    (-32005, "query returned more than 10000 results"),
    (-32602, "block range too large"),
    (-32614, "eth_getLogs is limited to a 10 range"),
    (-32000, "exceed maximum block range: 10"),
    (35, "ranges over 10 blocks are not supported on freetier"),
)


def test_a_range_that_is_refused_is_halved(tmp_path: Path) -> None:
    """Whatever the words: the event is found, 60 blocks back, in steps of 10 blocks or fewer."""
    origin = "sealmote.example/ranges"
    log_id = sha256(origin.encode()).digest()
    with (
        EmbeddedChain(tmp_path / "chain.db") as embedded,
        serve(embedded) as upstream,
        flaky(upstream) as node,
        connect(upstream, dev_account()) as owner,
        connect(node.address) as reader,
    ):
        reader.use(owner.deploy())
        opened = owner.open_log(origin, SIGNER)
        for size in range(1, 61):
            owner.log_anchor.send("anchor", log_id, size, HASH)
        for code, message in REFUSALS:
            node.fault = range_limit(10, Reply.error(code, message))
            node.requests.clear()
            event = reader.log_anchor.newest_event("LogOpened", log_id)
            assert event is not None
            assert event.tx_hash == opened.tx_hash
            assert node.asked.count("eth_getLogs") < 20
            assert event == reader.log_anchor.event_of(opened.block_number, "LogOpened", log_id)
            node.fault = range_limit(0, Reply.error(code, message))
            with pytest.raises(NodeRefusedError, match="eth_getLogs"):
                reader.log_anchor.newest_event("LogOpened", bytes(32))


def test_events_are_looked_for_in_parts(chain: ChainClient) -> None:
    """A long history is asked for in parts, back to the deployment."""
    asked: list[tuple[int, int]] = []

    class Long:
        name = "long chain"

        def request(self, method: str, params: list[Any]) -> object:
            if method == "eth_getBlockByNumber":
                zero = "0x" + "00" * 32
                return {
                    "number": hex(5000),
                    "hash": zero,
                    "timestamp": "0x1",
                    "baseFeePerGas": "0x1",
                }
            asked.append((int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)))
            return []

        def close(self) -> None:
            """Nothing to let go of."""

    contract = chain.log_anchor
    far = type(contract)(contract.contract, ADDRESS, 700, Api(Long()), contract.sender)
    assert far.newest_event("Anchored", HASH) is None
    assert asked == [(3001, 5000), (1001, 3000), (700, 1000)]


def test_the_query_of_an_address_is_sent() -> None:
    body = b'{"jsonrpc":"2.0","id":1,"result":"0x5"}'
    with answering(200, body) as address:
        assert Api(HttpNode(address + "?key=secret")).chain_id() == 5
