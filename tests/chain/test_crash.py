"""A gateway that dies between sending and hearing: its anchor stands once, whatever it does next."""

import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from patience import PATIENCE_S
from sealmote.chain.errors import AnchorConflictError, RevertedError, UnconfirmedError
from sealmote.chain.evm.client import ChainClient, connect
from sealmote.chain.evm.rpc.api import Api
from sealmote.chain.evm.transactions.account import Account
from sealmote.crypto import Signer
from sealwire import registration

ROOT = b"\x07" * 32
# The second development account of anvil, from its published mnemonic.
ANVIL_SECOND = "59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"


@pytest.fixture
def slow_node(anvil: str) -> Iterator[ChainClient]:
    """A real node on which nothing is mined until it is told to."""
    account = Account((4242).to_bytes(32, "big"))
    with connect(anvil, account, timeout_s=PATIENCE_S) as chain:
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
    slow_node._sender._timeout_s = 0.5
    with pytest.raises(UnconfirmedError, match=r"is not mined after 0\.5 s: do the same again"):
        slow_node.anchor(origin, 4, ROOT)
    with pytest.raises(UnconfirmedError, match="has transactions that are not mined"):
        slow_node.anchor(origin, 4, ROOT)  # the gateway is back, and the transaction still out
    mine(slow_node)
    slow_node._sender._timeout_s = PATIENCE_S
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


def test_a_transaction_that_fails_when_it_is_mined_says_why(
    anvil: str, slow_node: ChainClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two accounts register one device at the same time; the second to be mined hears of it."""
    both_may = threading.Barrier(2)  # neither sends before the node has told both that they may
    ask = Api.estimate_gas

    def estimate_gas(*asked: Any) -> int:
        gas = ask(*asked)
        both_may.wait(PATIENCE_S)
        return gas

    monkeypatch.setattr(Api, "estimate_gas", estimate_gas)
    key = Signer.generate(-7)
    sealed = registration.seal(key, slow_node.registration_terms(key.public))
    heard: list[str] = []

    def register(chain: ChainClient) -> None:
        try:
            chain.register_device(key.public, sealed)
        except RevertedError as error:
            heard.append(error.reason)

    with connect(anvil, Account(bytes.fromhex(ANVIL_SECOND)), timeout_s=PATIENCE_S) as other:
        other.use(slow_node.deployment)
        slow_node.api.node.request("evm_setAutomine", [False])
        threads = [threading.Thread(target=register, args=(c,)) for c in (slow_node, other)]
        for thread in threads:
            thread.start()
        pending = (slow_node.address, other.address)
        while any(
            slow_node.api.nonce(one, "pending") == slow_node.api.nonce(one, "latest")
            for one in pending
        ):
            time.sleep(0.01)
        mine(slow_node)
        for thread in threads:
            thread.join()
    assert heard == ["device_registry: device is registered"]
