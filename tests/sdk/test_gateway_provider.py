"""A gateway whose chain stands behind a provider that limits, fails and is not there."""

import itertools
import time
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from flaky_node import (
    BAD_GATEWAY,
    LOST,
    PAGE,
    RESET,
    TOO_MANY,
    FlakyNode,
    Reply,
    flaky,
    range_limit,
)
from sealmote.chain.embedded.chain import EmbeddedChain
from sealmote.chain.embedded.server import serve
from sealmote.chain.errors import DeploymentError
from sealmote.chain.evm.client import ChainClient, connect
from sealmote.chain.evm.contracts.deployment import Deployment
from sealmote.chain.evm.rpc.node import HttpNode
from sealmote.chain.evm.transactions.account import dev_account


def anchored(live: Any) -> int:
    return int((live.get("/v1/status").json["anchor"] or {}).get("size", 0))


def register(live: Any, board: Any) -> Any:
    live.gateway.add_device(board.signer.public, unproven=True)
    return board


@dataclass
class Provider:
    """A real chain behind a provider, and what a gateway needs of it."""

    node: FlakyNode
    deployment: Deployment

    def connect(self, *, patient: bool = True) -> ChainClient:
        """Return a client as the command line makes one; an impatient one does not pause."""
        pause = (lambda seconds: time.sleep(seconds / 20)) if patient else (lambda _: None)
        client = ChainClient(HttpNode(self.node.address, pause=pause), dev_account())
        client.expect(self.deployment)
        return client


@pytest.fixture
def provider(tmp_path: Path) -> Iterator[Provider]:
    with (
        EmbeddedChain(tmp_path / "served.db") as chain,
        serve(chain) as address,
        connect(address, dev_account()) as owner,
        flaky(address, "/v3/secret-key") as node,
    ):
        yield Provider(node, owner.deploy())


def test_a_provider_that_limits_and_fails_stops_no_start(
    directory: Path, make_live: Any, make_board: Any, provider: Provider
) -> None:
    """One request in eight fails, each time otherwise, and no range is allowed: 20 starts of 20."""
    node = provider.node
    failures = itertools.cycle((TOO_MANY, PAGE, BAD_GATEWAY, RESET, LOST))
    turned_away = itertools.count(1)
    no_range = range_limit(
        1, Reply.error(-32600, "Under the Free tier plan, up to a 1 block range")
    )

    def fault(request: dict[str, Any]) -> Reply | None:
        return next(failures) if next(turned_away) % 8 == 0 else no_range(request)

    node.fault = fault
    board = make_board()
    for number in range(20):
        live = make_live(directory, chain=provider.connect())
        assert live.get("/v1/status").json["halted"] is None
        if number == 0:
            register(live, board)
        live.post(board.seal(number))
        until = partial(lambda live, size: anchored(live) == size, live, number + 1)
        live.wait(until)
        live.stop()
    assert "eth_getLogs" not in node.asked


def test_a_start_asks_the_state_and_not_history(
    directory: Path, make_live: Any, make_board: Any, provider: Provider
) -> None:
    live = make_live(directory, chain=provider.connect())
    board = register(live, make_board())
    live.post(board.seal(0))
    live.wait(lambda: anchored(live) == 1)
    live.stop()
    provider.node.requests.clear()
    live = make_live(directory, chain=provider.connect())
    live.wait(lambda: len(provider.node.asked) >= 14)
    live.stop()
    asked = provider.node.asked
    look = ["eth_getBlockByNumber", "eth_call", "eth_call"]
    assert sorted(asked[:6]) == sorted([*look, "eth_chainId", "eth_getCode", "eth_getCode"])
    assert asked[6:11] == [*look, "eth_call", "eth_getTransactionReceipt"]
    assert set(asked[11:]) == {"eth_getTransactionReceipt"}, "and so each period"


def test_a_chain_that_is_not_there_at_the_start_is_asked_later(
    directory: Path, make_live: Any, make_board: Any, provider: Provider
) -> None:
    node = provider.node
    node.fault = lambda _: RESET
    live = make_live(directory, chain=provider.connect(patient=False))
    board = register(live, make_board())
    reply = live.request("POST", "/v1/readings", board.seal(0), Content_Type="application/cose")
    assert reply.status == 503
    why = str(reply.json["detail"])
    assert "no answer from http://127.0.0.1:" in why
    assert "secret" not in why + live.get("/v1/status").body.decode()
    node.fault = lambda _: None
    live.wait(lambda: live.get("/v1/status").json["halted"] is None)
    live.post(board.seal(0))
    live.wait(lambda: anchored(live) == 1)


def test_contracts_that_are_not_there_stop_a_start(
    directory: Path, make_live: Any, provider: Provider
) -> None:
    good = provider.deployment
    client = provider.connect()
    client.expect(Deployment(good.chain_id, good.anchor, good.registry, good.block))
    with pytest.raises(DeploymentError, match="no contract of this version"):
        make_live(directory, chain=client)


def test_a_second_node_serves_when_the_first_is_gone(
    directory: Path, make_live: Any, make_board: Any, provider: Provider
) -> None:
    second, first = provider.node, "http://127.0.0.1:9/v3/other-key"
    client = ChainClient(HttpNode(first, second.address), dev_account())
    client.expect(provider.deployment)
    live = make_live(directory, chain=client)
    board = register(live, make_board())
    live.post(board.seal(0))
    live.wait(lambda: anchored(live) == 1)
