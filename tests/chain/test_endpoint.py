"""Requests that are turned away or lost are sent again where that helps, and no secret is shown."""

import email.utils
import itertools
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flaky_node import BAD_GATEWAY, LOST, PAGE, RESET, TOO_MANY, FlakyNode, Json, Reply, flaky
from sealmote.chain.embedded.chain import EmbeddedChain
from sealmote.chain.embedded.server import serve
from sealmote.chain.errors import (
    NodeBusyError,
    NodeError,
    NodeRefusedError,
    NodeReplyError,
    NodeUnreachableError,
    TargetError,
    WrongChainError,
)
from sealmote.chain.evm.rpc.endpoint import Endpoint
from sealmote.chain.evm.rpc.node import HttpNode

KEY = "0123456789abcdefSECRET"


class Time:
    """A clock that only pauses move."""

    def __init__(self) -> None:
        self.now = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> float:
        return self.now

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.now += seconds


@pytest.fixture(scope="module")
def upstream(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with (
        EmbeddedChain(tmp_path_factory.mktemp("chain") / "chain.db") as chain,
        serve(chain) as address,
    ):
        yield address


@pytest.fixture
def node(upstream: str) -> Iterator[FlakyNode]:
    with flaky(upstream, f"/v3/{KEY}?token={KEY}") as made:
        yield made


@pytest.fixture
def clock() -> Time:
    return Time()


def client(clock: Time, *nodes: FlakyNode | str) -> HttpNode:
    addresses = [one if isinstance(one, str) else one.address for one in nodes]
    return HttpNode(*addresses, clock=clock, pause=clock.pause)


def first(count: int, reply: Reply) -> Callable[[Json], Reply | None]:
    """Give this reply to the first requests, and the node's own to the others."""
    number = itertools.count()
    return lambda _: reply if next(number) < count else None


AGAIN = (
    TOO_MANY,
    Reply(429, b'{"jsonrpc":"2.0","id":1,"error":{"code":-32005,"message":"daily request count"}}'),
    Reply.error(429, "Your app has exceeded its compute units per second capacity."),
    Reply.error(-32005, "limit exceeded"),
    Reply.error(-32007, "15/second request limit reached"),
    Reply.error(-32000, "header not found"),
    Reply(500, b'{"message":"internal"}'),
    Reply.error(-32603, "Internal error", 500),
    Reply.error(-32603, "Internal JSON-RPC error."),
    Reply.error(19, "Temporary internal error. Please retry, trace-id: 1", 500),
    Reply.error(30, "Request timeout on the free tier, please upgrade", 408),
    Reply.error(7, "no upstream", 502),
    Reply.error(-32002, "request timed out"),
    Reply.error(-32001, "Unable to complete request at this time."),
    Reply.error(-32000, "missing trie node 0a1b (path )"),
    Reply.error(-32000, "Unknown block", 500),
    Reply(503, b'{"jsonrpc":"2.0","id":1,"error":{"code":-32000,"message":"no backend"}}'),
    Reply(403, PAGE.body),
    PAGE,
    BAD_GATEWAY,
    Reply(200, b""),
    Reply(200, b'{"jsonrpc":"2.0","id":1,"resu'),
    RESET,
    LOST,
)


@pytest.mark.parametrize("reply", AGAIN, ids=range(len(AGAIN)))
def test_it_is_asked_again(node: FlakyNode, clock: Time, reply: Reply) -> None:
    node.fault = first(4, reply)
    assert client(clock, node).request("eth_blockNumber", []) == "0x0"
    assert len(node.asked) == 5
    assert len(clock.pauses) == 4
    assert clock.now < 5


@pytest.mark.parametrize("reply", AGAIN, ids=range(len(AGAIN)))
def test_it_is_not_asked_for_ever(node: FlakyNode, clock: Time, reply: Reply) -> None:
    node.fault = lambda _: reply
    with pytest.raises(NodeError) as caught:
        client(clock, node).request("eth_blockNumber", [])
    assert len(node.asked) == 6
    assert not isinstance(caught.value, NodeRefusedError)
    assert KEY not in str(caught.value)


FINAL = (
    Reply.error(-32602, "invalid params"),
    Reply.error(3, "execution reverted"),
    Reply.error(3, "execution reverted", 500),
    Reply.error(-32000, "nonce too low", 500),
    Reply.error(-32601, "the method does not exist", 500),
    Reply.error(-32603, "submit transaction to pool failed: already known"),
    Reply(401, b'{"message":"Must be authenticated!"}'),
    Reply(404, b"<html>"),
    Reply(308, b"", {"Location": f"https://elsewhere.example/{KEY}"}),
    Reply(200, b"[]"),
)


@pytest.mark.parametrize("reply", FINAL, ids=range(len(FINAL)))
def test_what_asking_again_does_not_mend_is_asked_once(
    node: FlakyNode, clock: Time, reply: Reply
) -> None:
    node.fault = lambda _: reply
    with pytest.raises((NodeRefusedError, NodeReplyError)) as caught:
        client(clock, node).request("eth_blockNumber", [])
    assert len(node.asked) == 1
    assert KEY not in str(caught.value)


def test_history_that_takes_a_node_too_long_is_refused_so_that_less_is_asked_for(
    node: FlakyNode, clock: Time
) -> None:
    node.fault = lambda _: Reply.error(-32002, "request timed out")
    with pytest.raises(NodeRefusedError):
        client(clock, node).request("eth_getLogs", [{}])
    assert len(node.asked) == 1


def test_a_node_that_fails_is_passed_over_for_one_that_does_not(
    node: FlakyNode, clock: Time, upstream: str
) -> None:
    node.fault = lambda asked: (
        None if asked["method"] == "eth_chainId" else Reply.error(-32603, "Internal error")
    )
    assert client(clock, node, upstream).request("eth_blockNumber", []) == "0x0"
    assert clock.pauses == []


def test_retry_after_is_heeded(node: FlakyNode, clock: Time) -> None:
    node.fault = first(1, Reply(429, b"", {"Retry-After": "7"}))
    assert client(clock, node).request("eth_blockNumber", []) == "0x0"
    assert clock.pauses == [7.0]
    at = email.utils.formatdate(time.time() + 9, usegmt=True)
    node.fault = first(1, Reply(503, b"", {"Retry-After": at}))
    client(clock, node).request("eth_blockNumber", [])
    assert 0 < clock.pauses[1] <= 9


def test_a_long_retry_after_is_said_and_kept(node: FlakyNode, clock: Time) -> None:
    """It is not waited for, and nothing is sent before it is over."""
    node.fault = first(1, Reply(429, b"", {"Retry-After": "600"}))
    asking = client(clock, node)
    for _ in range(3):
        with pytest.raises(NodeBusyError, match="not to be asked for"):
            asking.request("eth_blockNumber", [])
    assert len(node.asked) == 1
    clock.now += 600
    assert asking.request("eth_blockNumber", []) == "0x0"


@pytest.mark.parametrize("after", ["soon", "-5", "1e9", "9" * 400, "", "Thu, 99 Foo 1 0:0:0 GMT"])
def test_a_retry_after_that_is_none_or_endless(node: FlakyNode, clock: Time, after: str) -> None:
    node.fault = first(1, Reply(429, b"", {"Retry-After": after}))
    asking = client(clock, node)
    try:
        asking.request("eth_blockNumber", [])
    except NodeBusyError:
        clock.now += 3600
    assert asking.request("eth_blockNumber", []) == "0x0"


def test_the_next_node_is_asked_and_stayed_with(upstream: str, clock: Time) -> None:
    with flaky(upstream) as one, flaky(upstream) as other:
        one.fault = lambda _: TOO_MANY
        asking = client(clock, "http://127.0.0.1:9", one, other)
        for _ in range(5):
            assert asking.request("eth_blockNumber", []) == "0x0"
        assert clock.pauses == []
        assert one.asked == ["eth_chainId"]
        assert other.asked == ["eth_chainId"] + ["eth_blockNumber"] * 5
        other.fault = lambda _: RESET
        one.fault = lambda _: None
        assert asking.request("eth_blockNumber", []) == "0x0"
        assert one.asked[-1] == "eth_blockNumber"


def test_a_node_that_knows_no_key_does_not_keep_from_the_next(upstream: str, clock: Time) -> None:
    with flaky(upstream) as one:
        one.fault = lambda _: Reply(401, b"{}")
        assert client(clock, one, upstream).request("eth_blockNumber", []) == "0x0"


def test_nodes_of_two_chains_are_not_mixed(upstream: str, clock: Time, tmp_path: Path) -> None:
    with (
        EmbeddedChain(tmp_path / "other.db") as chain,
        serve(chain) as other,
        flaky(upstream) as node,
    ):
        asking = client(clock, node, other)
        assert asking.request("eth_blockNumber", []) == "0x0"
        node.fault = lambda _: RESET
        with pytest.raises(WrongChainError, match="name nodes of one chain"):
            asking.request("eth_blockNumber", [])


def test_no_node_at_all_is_named(clock: Time) -> None:
    with pytest.raises(TargetError, match="name one with --rpc"):
        client(clock)


@pytest.mark.parametrize("around", [" {}", "{} ", "\t{}\r\n", "{}\u00a0"])
def test_space_around_an_address_is_passed_over(node: FlakyNode, clock: Time, around: str) -> None:
    assert client(clock, around.format(node.address)).request("eth_blockNumber", []) == "0x0"


@pytest.mark.parametrize(
    "address",
    [
        f"http://127.0.0.1:9/v3/{KEY} x",
        f"http://127.0.0.1:9/{KEY}\n/x",
        f"http://127.0.0.1:9/{KEY}\x00",
        f"http://127.0.0.1:9/é/{KEY}",
        f"http://127.0.0.1:9/?key={KEY}\ud800",
        f"http://exämple.org/{KEY}",
        f"http://user:{KEY}@127.0.0.1",
        f"http://127.0.0.1:{KEY}/",
        f"http://[{KEY}]/",
        f"{KEY}",
    ],
)
def test_an_address_that_is_none_is_refused_unseen(address: str) -> None:
    with pytest.raises(TargetError) as caught:
        Endpoint(address)
    assert KEY not in str(caught.value)
    assert str(caught.value).isascii()


@pytest.mark.parametrize(
    "host", ["a" * 64 + ".example", "a..example", ".", "-", "xn--a", "127.0.0.1.256.1", "%zz"]
)
def test_a_host_that_no_name_server_knows_is_an_error_in_words(host: str) -> None:
    """Errors that are no OSError, as of the codec for names, are among them."""
    with pytest.raises((NodeUnreachableError, TargetError)) as caught:
        Endpoint(f"http://{host}:9/{KEY}").request("eth_chainId", [])
    assert KEY not in str(caught.value)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.too_slow])
@given(path=st.text(st.characters(), max_size=30))
def test_any_path_is_sent_or_refused(path: str) -> None:
    with pytest.raises((NodeUnreachableError, TargetError)) as caught:
        Endpoint(f"http://127.0.0.1:9/{KEY}/{path}").request("eth_chainId", [])
    assert KEY not in str(caught.value)


def test_what_a_node_repeats_of_the_address_is_not_shown(node: FlakyNode, clock: Time) -> None:
    node.fault = lambda _: Reply.error(-32001, f"no project {KEY}\x1b[2J at /v3/{KEY}")
    with pytest.raises(NodeRefusedError, match="no project …") as caught:
        client(clock, node).request("eth_chainId", [])
    assert KEY not in str(caught.value)
    assert str(caught.value).isprintable()
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__
