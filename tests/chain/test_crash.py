"""A gateway that dies between sending and hearing: its anchor stands once, whatever it does next."""

from collections.abc import Iterator

import pytest

from sealmote.chain import Account, ChainClient, connect
from sealmote.chain.errors import AnchorConflictError, UnconfirmedError
from sealmote.crypto import Signer

ROOT = b"\x07" * 32


@pytest.fixture
def slow_node(anvil: str) -> Iterator[ChainClient]:
    """A real node on which nothing is mined until it is told to."""
    account = Account((4242).to_bytes(32, "big"))
    with connect(anvil, account, timeout_s=0.5) as chain:
        chain.api.node.request("anvil_setBalance", ["0x" + account.address.hex(), hex(10**20)])
        chain.deploy()
        yield chain
        chain.api.node.request("evm_setAutomine", [True])
        chain.api.node.request("evm_mine", [])


def mine(chain: ChainClient) -> None:
    chain.api.node.request("evm_mine", [])


def test_an_anchor_under_way_is_waited_for_and_found(slow_node: ChainClient) -> None:
    origin = "sealmote.example/crash"
    slow_node.open_log(origin, Signer.generate(-7))
    slow_node.api.node.request("evm_setAutomine", [False])
    with pytest.raises(UnconfirmedError, match=r"is not mined after 0\.5 s: do the same again"):
        slow_node.anchor(origin, 4, ROOT)
    with pytest.raises(UnconfirmedError, match="has transactions that are not mined"):
        slow_node.anchor(origin, 4, ROOT)  # the gateway is back, and the transaction still out
    mine(slow_node)
    sent = slow_node.api.nonce(slow_node.address, "latest")
    anchor = slow_node.anchor(origin, 4, ROOT)
    assert anchor == slow_node.latest_anchor(origin)
    assert slow_node.api.nonce(slow_node.address, "pending") == sent


def test_a_second_gateway_on_the_same_log_is_told(slow_node: ChainClient) -> None:
    origin = "sealmote.example/two"
    slow_node.open_log(origin, Signer.generate(-7))
    slow_node.anchor(origin, 4, ROOT)
    with pytest.raises(AnchorConflictError, match="rolled back or forked"):
        slow_node.anchor(origin, 4, b"\x08" * 32)
