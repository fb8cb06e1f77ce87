"""JSON-RPC over HTTP: a stranger's client (web3) works, and a stranger's nonsense is refused."""

import json
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from web3 import HTTPProvider, Web3
from web3.exceptions import ContractLogicError

from sealmote.chain.embedded.chain import EmbeddedChain
from sealmote.chain.embedded.rpc import INTERNAL, MAX_LOG_RANGE, Rpc
from sealmote.chain.embedded.server import MAX_BATCH, MAX_REQUEST, ServeError, serve
from sealmote.chain.evm.client import ChainClient, connect
from sealmote.chain.evm.transactions.account import checksum, dev_account
from sealmote.crypto import Signer

ARTIFACT = (
    Path(__file__).resolve().parents[2]
    / "host_sdk/sealmote/chain/evm/contracts/artifacts/log_anchor.json"
)
ORIGIN = "sealmote.example/served"


@pytest.fixture(scope="module")
def embedded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedChain]:
    with EmbeddedChain(tmp_path_factory.mktemp("chain") / "chain.db") as chain:
        yield chain


@pytest.fixture(scope="module")
def address(embedded: EmbeddedChain) -> Iterator[str]:
    with serve(embedded) as bound:
        yield bound


@pytest.fixture(scope="module")
def client(address: str) -> Iterator[ChainClient]:
    with connect(address, dev_account()) as chain:
        chain.deploy()
        chain.open_log(ORIGIN, Signer.generate(-7))
        chain.anchor(ORIGIN, 2, b"\x02" * 32)
        yield chain


def post(address: str, body: bytes) -> Any:
    request = urllib.request.Request(address, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=120) as reply:
        return json.loads(reply.read())


def test_what_nobody_foresaw_is_an_answer_and_a_line(
    address: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_arguments: object) -> None:
        raise KeyError("what nobody thought of")

    monkeypatch.setattr(Rpc, "answer", fail)
    for _ in range(3):
        found = post(address, b'{"jsonrpc": "2.0", "id": 1, "method": "eth_chainId"}')
        assert found["error"]["code"] == INTERNAL
    (line,) = caplog.records
    assert line.exc_info is None
    assert "the chain failed on a request: KeyError" in line.getMessage()


def ask(address: str, method: str, *params: object) -> Any:
    body = {"jsonrpc": "2.0", "id": 7, "method": method, "params": list(params)}
    reply = post(address, json.dumps(body).encode())
    assert reply["id"] == 7
    return reply


def test_web3_reads_and_writes(address: str, client: ChainClient) -> None:
    w3 = Web3(HTTPProvider(address))
    assert w3.eth.chain_id == client.chain_id
    block = w3.eth.get_block("latest", full_transactions=True)
    receipt = w3.eth.get_transaction_receipt(block["transactions"][0]["hash"])  # type: ignore[call-overload]  # or it would be a hash
    assert receipt["status"] == 1
    assert receipt["blockHash"] == block["hash"]
    assert w3.eth.get_transaction(receipt["transactionHash"])["from"] == checksum(client.address)
    abi = json.loads(ARTIFACT.read_text())["abi"]
    anchor = w3.eth.contract(checksum(client.deployment.anchor), abi=abi)  # type: ignore[call-overload]  # a checksum address by its value
    log_id = w3.codec.decode(["bytes32"], receipt["logs"][0]["topics"][1])[0]
    assert anchor.functions.roots(log_id, 2).call() == b"\x02" * 32
    assert len(anchor.events.Anchored().get_logs(from_block=0)) == 1
    account = w3.eth.account.from_key(dev_sealed())
    base = {"from": account.address, "nonce": w3.eth.get_transaction_count(account.address)}
    unsigned = anchor.functions.anchor(log_id, 3, b"\x03" * 32).build_transaction(base)
    signed = account.sign_transaction(unsigned)
    mined = w3.eth.wait_for_transaction_receipt(w3.eth.send_raw_transaction(signed.raw_transaction))
    assert mined["status"] == 1
    with pytest.raises(ContractLogicError, match="size does not grow"):
        anchor.functions.anchor(log_id, 3, b"\x03" * 32).call({"from": account.address})
    latest = client.latest_anchor(ORIGIN)
    assert latest is not None
    assert latest.size == 3


def dev_sealed() -> bytes:
    from hashlib import sha256

    return sha256(b"sealmote development account 0").digest()


def test_fees_and_history(address: str, client: ChainClient) -> None:
    history = ask(address, "eth_feeHistory", "0x3", "latest", [50])["result"]
    assert len(history["baseFeePerGas"]) == 4
    assert len(history["reward"]) == len(history["gasUsedRatio"]) == 3
    tip = int(ask(address, "eth_maxPriorityFeePerGas")["result"], 16)
    assert int(ask(address, "eth_gasPrice")["result"], 16) > tip


def test_logs_by_block_and_topic(address: str, client: ChainClient) -> None:
    anchor = client.latest_anchor(ORIGIN)
    assert anchor is not None
    where = {"blockHash": "0x" + anchor.block_hash.hex()}
    (found,) = ask(address, "eth_getLogs", where)["result"]
    assert found["transactionHash"] == "0x" + anchor.tx_hash.hex()
    for topics, count in (
        ([found["topics"][0]], 1),
        ([None, found["topics"][1]], 1),
        ([["0x" + "11" * 32, found["topics"][0]]], 1),
        (["0x" + "11" * 32], 0),
        ([None, None, None, None], 0),
    ):
        assert len(ask(address, "eth_getLogs", {**where, "topics": topics})["result"]) == count
    assert ask(address, "eth_getLogs", {**where, "address": "0x" + "00" * 20})["result"] == []


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("eth_chainId", [1]),
        ("eth_getBalance", []),
        ("eth_getBalance", ["0x12"]),
        ("eth_getBalance", ["0x" + "00" * 20, "0x01"]),
        ("eth_getBalance", ["0x" + "00" * 20, "0xffffff"]),
        ("eth_getBalance", ["0x" + "00" * 20, "latest", 1]),
        ("eth_getBalance", [None]),
        ("eth_getBlockByNumber", ["newest"]),
        ("eth_getBlockByNumber", ["0x0", 1]),
        ("eth_getBlockByNumber", [{}]),
        ("eth_getBlockByHash", ["0x00"]),
        ("eth_getTransactionReceipt", [7]),
        ("eth_sendRawTransaction", ["00"]),
        ("eth_sendRawTransaction", ["0x0"]),
        ("eth_call", [[]]),
        ("eth_call", [{"gas": "0x1", "surprise": 1}]),
        ("eth_call", [{"data": "0x00", "input": "0x01"}]),
        ("eth_call", [{"value": "0x" + "f" * 65}]),
        ("eth_getLogs", [{"fromBlock": "0x0", "blockHash": "0x" + "00" * 32}]),
        ("eth_getLogs", [{"blockHash": "0x" + "00" * 32}]),
        ("eth_getLogs", [{"topics": ["0x00"]}]),
        ("eth_getLogs", [{"topics": [None] * 5}]),
        ("eth_feeHistory", [0, "latest"]),
        ("eth_feeHistory", ["0x401", "latest"]),
        ("eth_feeHistory", [True, "latest"]),
    ],
)
def test_wrong_params_are_refused(address: str, method: str, params: list[object]) -> None:
    assert ask(address, method, *params)["error"]["code"] == -32602


def test_what_is_not_there_is_null(address: str) -> None:
    nothing = "0x" + "00" * 32
    assert ask(address, "eth_getBlockByHash", nothing)["result"] is None
    assert ask(address, "eth_getBlockByNumber", "0xffffff")["result"] is None
    assert ask(address, "eth_getTransactionByHash", nothing)["result"] is None
    assert ask(address, "eth_getTransactionReceipt", nothing)["result"] is None


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"[" * 100_000, -32700),
        (b"\xff\xfe", -32700),
        (b"1", -32600),
        (b"{}", -32600),
        (b'{"jsonrpc":"1.0","id":1,"method":"eth_chainId"}', -32600),
        (b'{"jsonrpc":"2.0","id":null,"method":"eth_chainId"}', -32600),
        (b'{"jsonrpc":"2.0","id":true,"method":"eth_chainId"}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":7}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId","params":{}}', -32600),
        (b'{"jsonrpc":"2.0","id":1,"method":"eth_accounts"}', -32601),
        (b"[]", -32600),
        (b"[" + b",".join([b"{}"] * (MAX_BATCH + 1)) + b"]", -32600),
    ],
)
def test_what_is_no_request_is_refused(address: str, body: bytes, code: int) -> None:
    reply = post(address, body)
    assert reply["error"]["code"] == code


def test_a_batch_is_answered_in_order(address: str) -> None:
    one = {"jsonrpc": "2.0", "id": "a", "method": "eth_chainId"}
    replies = post(address, json.dumps([one, 5, {**one, "id": 2}]).encode())
    assert [reply["id"] for reply in replies] == ["a", None, 2]
    assert replies[1]["error"]["code"] == -32600


def test_size_and_method_are_bounded(address: str) -> None:
    with pytest.raises(HTTPError) as large:
        post(address, b" " * (MAX_REQUEST + 1))
    assert large.value.code == 413
    with pytest.raises(HTTPError) as get:
        urllib.request.urlopen(address, timeout=120)
    assert get.value.code == 405
    everything = {"fromBlock": "0x0", "toBlock": hex(MAX_LOG_RANGE)}
    assert "result" in ask(address, "eth_getLogs", everything)  # the head bounds it as well


def test_an_address_in_use_is_named(address: str, embedded: EmbeddedChain) -> None:
    port = int(address.rpartition(":")[2])
    with (
        pytest.raises(
            ServeError, match=f"cannot listen on 127.0.0.1 port {port}: .*choose another port"
        ),
        serve(embedded, port=port),
    ):
        pass


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just("latest"),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)


@settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_any_params_get_an_answer(embedded: EmbeddedChain, data: st.DataObject) -> None:
    rpc = Rpc(embedded)
    method = data.draw(st.sampled_from(sorted([*rpc._methods, *rpc._plain])))
    params = data.draw(st.lists(JSON, max_size=3))
    reply = rpc.answer({"jsonrpc": "2.0", "id": 1, "method": method, "params": params})
    assert ("result" in reply) != ("error" in reply)
    json.dumps(reply)
