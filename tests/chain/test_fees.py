"""Chains that differ from Geth: no tip to ask for, no base fee, and prices that rise."""

from collections.abc import Iterator
from typing import Any

import pytest

from flaky_node import FlakyNode, Json, Reply, flaky
from patience import PATIENCE_S
from sealmote.chain.embedded.chain import EmbeddedChain
from sealmote.chain.embedded.server import serve
from sealmote.chain.errors import NodeRefusedError, UnconfirmedError
from sealmote.chain.evm.client import ChainClient, connect
from sealmote.chain.evm.transactions.account import Account, dev_account
from sealmote.chain.evm.transactions.fees import Fees, market
from sealmote.crypto import Signer
from sealmote.log import merkle
from sealwire import registration
from sealwire.keys import ES256

ROOT = b"\x07" * 32
NO_METHOD = Reply.error(-32601, "the method does not exist/is not available")


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlakyNode]:
    path = tmp_path_factory.mktemp("chain") / "chain.db"
    with EmbeddedChain(path) as chain, serve(chain) as upstream, flaky(upstream) as made:
        yield made


@pytest.fixture
def without(node: FlakyNode) -> Iterator[set[str]]:
    """The methods that the node does not know."""
    missing: set[str] = set()
    node.fault = lambda request: NO_METHOD if request["method"] in missing else None
    yield missing
    node.fault = lambda _: None
    node.change = lambda _, result: result


@pytest.fixture(scope="module")
def chain(node: FlakyNode) -> Iterator[ChainClient]:
    with connect(node.address, dev_account()) as client:
        client.deploy()
        yield client


def newest(chain: ChainClient) -> dict[str, Any]:
    block: Any = chain.api.node.request("eth_getBlockByNumber", ["latest", True])
    transaction: dict[str, Any] = block["transactions"][0]
    return transaction


def no_base_fee(request: Json, result: Any) -> Any:
    if request["method"].startswith("eth_getBlockBy"):
        return {name: value for name, value in result.items() if name != "baseFeePerGas"}
    return result


@pytest.mark.parametrize(
    ("missing", "tip"),
    [
        (set(), 10**9),
        ({"eth_maxPriorityFeePerGas"}, 10**9),
        ({"eth_maxPriorityFeePerGas", "eth_feeHistory"}, 10**9),
    ],
)
def test_a_tip_is_found_in_one_way_or_another(
    chain: ChainClient, without: set[str], missing: set[str], tip: int
) -> None:
    without |= missing
    price = market(chain.api)
    base = chain.api.newest_block().base_fee
    assert base is not None
    assert price.tip == pytest.approx(tip, abs=base)
    origin = f"sealmote.example/tip{len(missing)}"
    chain.open_log(origin, Signer.generate(ES256))
    assert newest(chain)["type"] == "0x2"
    assert chain.anchor(origin, 1, ROOT) == chain.latest_anchor(origin)


def test_a_fee_history_without_rewards_is_passed_over(
    chain: ChainClient, node: FlakyNode, without: set[str]
) -> None:
    without.add("eth_maxPriorityFeePerGas")
    for reward in (None, [], [[]], [None], ["0x1"], [["0x1", "0x2"]], [["1"]]):
        node.change = lambda request, result, reward=reward: (
            {**result, "reward": reward} if request["method"] == "eth_feeHistory" else result
        )
        assert market(chain.api).tip is not None


def test_a_node_that_names_no_price_at_all_says_so(chain: ChainClient, without: set[str]) -> None:
    without |= {"eth_maxPriorityFeePerGas", "eth_feeHistory", "eth_gasPrice"}
    with pytest.raises(NodeRefusedError, match="refused eth_gasPrice"):
        market(chain.api)


def test_a_chain_without_a_base_fee_is_written_to_and_read(
    chain: ChainClient, node: FlakyNode, without: set[str]
) -> None:
    without |= {"eth_maxPriorityFeePerGas", "eth_feeHistory"}
    node.change = no_base_fee
    with connect(node.address, dev_account(2)) as client:
        client.deploy()
        key, origin = Signer.generate(ES256), "sealmote.example/legacy"
        sealed = registration.seal(key, client.registration_terms(key.public))
        client.register_device(key.public, sealed)
        client.open_log(origin, Signer.generate(ES256))
        anchor = client.anchor(origin, 1, merkle.root_of([ROOT]))
        assert newest(client)["type"] == "0x0"
        reader = ChainClient(client.api.node)
        reader.use(client.deployment)
        without.add("eth_gasPrice")
        assert reader.latest_anchor(origin) == anchor
        assert reader.device(key.public.thumbprint()) is not None


def test_a_chain_without_pending_blocks_is_written_to(
    chain: ChainClient, node: FlakyNode, without: set[str]
) -> None:
    node.fault = lambda request: (
        Reply.error(-32602, "unknown block tag") if "pending" in request["params"] else None
    )
    origin = "sealmote.example/no-pending"
    chain.open_log(origin, Signer.generate(ES256))
    assert chain.anchor(origin, 1, ROOT) == chain.latest_anchor(origin)


def test_a_replacement_offers_an_eighth_more_of_both_or_what_is_asked() -> None:
    assert Fees(800, 80).raised(Fees(10, 1)) == Fees(900, 90)
    assert Fees(800, 80).raised(Fees(5000, 400)) == Fees(5000, 400)
    assert Fees(7, 7).raised(Fees(0, 0)) == Fees(8, 8)
    assert Fees(1, 1).raised(Fees(1, 1)) == Fees(2, 2)
    assert Fees(800, None).raised(Fees(10, None)) == Fees(900, None)


# -- on a real node, which keeps transactions that no block takes ---------------------------------


@pytest.fixture
def slow_node(anvil: str) -> Iterator[ChainClient]:
    """A node on which nothing is mined until it is told to, and its price is ours to set."""
    account = Account((777).to_bytes(32, "big"))
    with connect(anvil, account, timeout_s=PATIENCE_S) as chain:
        ask = chain.api.node.request
        ask("anvil_setBalance", ["0x" + account.address.hex(), hex(10**24)])
        chain.deploy()
        yield chain
        ask("evm_setAutomine", [True])
        ask("evm_mine", [])
        ask("anvil_setNextBlockBaseFeePerGas", [hex(10**9)])
        ask("evm_mine", [])


def under_way(chain: ChainClient) -> list[dict[str, Any]]:
    """Return the account's transactions that wait for a block."""
    content: Any = chain.api.node.request("txpool_content", [])
    mine = {account.lower(): entries for account, entries in content["pending"].items()}
    return list(mine.get("0x" + chain.address.hex(), {}).values())


def mine_dear(chain: ChainClient, fee: int, blocks: int) -> None:
    for _ in range(blocks):
        chain.api.node.request("anvil_setNextBlockBaseFeePerGas", [hex(fee)])
        chain.api.node.request("evm_mine", [])


def test_a_fee_that_is_too_low_for_good_is_raised(slow_node: ChainClient) -> None:
    """Under one number: what is mined in the end is one anchor, at what a block costs by then."""
    origin = "sealmote.example/stuck"
    slow_node.open_log(origin, Signer.generate(ES256))
    slow_node.api.node.request("evm_setAutomine", [False])
    sender = slow_node._sender
    sender._stuck_s = 0.0
    number = sender.next_nonce()
    prices: list[int] = []
    dear = 300 * 10**9

    def rise() -> None:
        """Let a block go by that is too dear for what was offered first."""
        for one in under_way(slow_node):
            assert int(one["nonce"], 16) == number
            prices.append(int(one["maxFeePerGas"], 16))
        mine_dear(slow_node, dear, 1)

    original = sender._api.receipt

    def receipt(tx_hash: bytes) -> Any:
        rise()
        return original(tx_hash)

    sender._api.receipt = receipt  # type: ignore[method-assign]  # blocks go by while it waits
    try:
        anchor = slow_node.anchor(origin, 4, ROOT)
    finally:
        sender._api.receipt = original  # type: ignore[method-assign]
    assert prices[0] < dear <= prices[-1]
    assert sender.next_nonce() == number + 1
    assert slow_node.latest_anchor(origin) == anchor


def test_what_another_process_left_at_too_low_a_fee_is_replaced(
    anvil: str, slow_node: ChainClient
) -> None:
    origin, dear = "sealmote.example/left", 900 * 10**9
    slow_node.open_log(origin, Signer.generate(ES256))
    slow_node.api.node.request("evm_setAutomine", [False])
    slow_node._sender._timeout_s = 0.2
    with pytest.raises(UnconfirmedError):
        slow_node.anchor(origin, 4, ROOT)
    left = under_way(slow_node)[0]
    mine_dear(slow_node, dear, 6)
    account = Account((777).to_bytes(32, "big"))
    with connect(anvil, account, timeout_s=0.2) as again:
        again.use(slow_node.deployment)
        with pytest.raises(UnconfirmedError, match="is not mined after"):
            again.anchor(origin, 4, ROOT)
        (now,) = under_way(again)
        assert now["nonce"] == left["nonce"]
        assert int(now["maxFeePerGas"], 16) >= dear
        mine_dear(again, dear, 1)
        standing = again.latest_anchor(origin)
        assert again.anchor(origin, 4, ROOT) == standing
