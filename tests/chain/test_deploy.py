"""Two contracts are made, however often the deployment is cut short."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flaky_node import LOST, RESET, FlakyNode, Json, Reply, flaky
from sealmote.chain.embedded.chain import EmbeddedChain
from sealmote.chain.embedded.server import serve
from sealmote.chain.errors import DeploymentError, NodeUnreachableError, UnconfirmedError
from sealmote.chain.evm.client import ChainClient
from sealmote.chain.evm.contracts.deployment import Deployment
from sealmote.chain.evm.rpc.node import HttpNode
from sealmote.chain.evm.transactions.account import dev_account


@pytest.fixture
def node(tmp_path: Path) -> Iterator[FlakyNode]:
    with (
        EmbeddedChain(tmp_path / "chain.db") as chain,
        serve(chain) as upstream,
        flaky(upstream) as made,
    ):
        yield made


def client(node: FlakyNode) -> ChainClient:
    """Return what a new process has; it does not wait long."""
    return ChainClient(HttpNode(node.address, pause=lambda _: None), dev_account(), timeout_s=0.2)


def after(sends: int, fault: Reply, method: str) -> Callable[[Json], Reply | None]:
    """Break the line for one method once so many transactions were sent."""
    seen = 0

    def decide(request: Json) -> Reply | None:
        nonlocal seen
        seen += request["method"] == "eth_sendRawTransaction"
        return fault if seen >= sends and request["method"] == method else None

    return decide


@pytest.mark.parametrize("method", ["eth_getTransactionReceipt", "eth_sendRawTransaction"])
@pytest.mark.parametrize("sends", [1, 2])
@pytest.mark.parametrize("fault", [RESET, LOST])
def test_a_line_that_breaks_makes_no_third_contract(
    node: FlakyNode, tmp_path: Path, method: str, sends: int, fault: Reply
) -> None:
    file = tmp_path / "deployment.json"
    node.fault = after(sends, fault, method)
    if fault is LOST and method == "eth_sendRawTransaction":
        client(node).deploy(file)  # the node has it, which its receipt shows
    else:
        with pytest.raises((UnconfirmedError, NodeUnreachableError)):
            client(node).deploy(file)
        assert not file.exists()
        assert Deployment.load(tmp_path / "deployment.json.begun").registry != bytes(20)
    node.fault = lambda _: None
    made = client(node).deploy(file)
    assert Deployment.load(file) == made
    assert client(node).newest_block_number() == 2
    assert not (tmp_path / "deployment.json.begun").exists()
    assert client(node).deploy() != made, "without a file they are others"


def test_a_note_whose_contract_never_came_is_passed_over(node: FlakyNode, tmp_path: Path) -> None:
    """As after another transaction of the account took the number."""
    file = tmp_path / "deployment.json"
    node.fault = after(1, RESET, "eth_sendRawTransaction")
    with pytest.raises(UnconfirmedError):
        client(node).deploy(file)
    node.fault = lambda _: None
    client(node).deploy()  # takes two numbers
    begun = Deployment.load(tmp_path / "deployment.json.begun")
    made = client(node).deploy(file)
    assert made.registry in (begun.registry, made.registry)
    client(node).use(made)


def test_a_note_of_another_chain_is_passed_over(node: FlakyNode, tmp_path: Path) -> None:
    notes = tmp_path / "deployment.json.begun"
    Deployment(77, b"\x01" * 20, b"\x02" * 20, 0).save(notes)
    made = client(node).deploy(tmp_path / "deployment.json")
    assert made.chain_id == client(node).chain_id
    assert not notes.exists()


def test_a_file_that_cannot_be_written_is_not_paid_for(node: FlakyNode, tmp_path: Path) -> None:
    for file in (tmp_path, tmp_path / "no" / "folder.json"):
        with pytest.raises(DeploymentError, match="cannot write"):
            client(node).deploy(file)
    assert "eth_sendRawTransaction" not in node.asked


def test_a_note_that_is_none_is_named(node: FlakyNode, tmp_path: Path) -> None:
    (tmp_path / "deployment.json.begun").write_text("{")
    with pytest.raises(DeploymentError, match="not a deployment"):
        client(node).deploy(tmp_path / "deployment.json")
