"""Anchoring on a real (embedded) chain: once each, after any crash, and never in the way."""

import json
import shutil
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from sealmote.api.answers import ChainStatus
from sealmote.chain.errors import NodeUnreachableError
from sealmote.chain.evm.client import ChainClient, connect
from sealmote.chain.evm.logs import Anchor
from sealmote.chain.evm.rpc.api import Block
from sealmote.chain.evm.transactions.account import dev_account
from sealmote.crypto import Signer
from sealmote.gateway import Gateway, RolledBackError
from sealmote.gateway.publishing.anchorer import Anchorer
from sealmote.gateway.publishing.rollback_check import to_receipt
from sealmote.gateway.store import tree_heads
from sealwire import registration
from sealwire.keys import ES256


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[ChainClient]:
    with connect(f"embedded:{tmp_path / 'chain.db'}", dev_account()) as client:
        client.deploy()
        yield client


class Faulty:
    """The real chain behind a line that can be cut before or after a head is sent."""

    def __init__(self, chain: ChainClient):
        self._chain = chain
        self.cut_before = self.cut_after = self.lags = False
        self.sent: list[int] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._chain, name)

    def newest_block(self) -> Block:
        head = self._chain.newest_block()
        return replace(head, number=0) if self.lags else head

    def latest_tree_head(self, origin: str) -> tuple[int, bytes] | None:
        if self.cut_before:
            raise NodeUnreachableError("the line is cut")
        return self._chain.latest_tree_head(origin)

    def anchor(self, origin: str, size: int, root: bytes) -> Anchor:
        if self.cut_before:
            raise NodeUnreachableError("the line is cut")
        self.sent.append(size)
        anchor = self._chain.anchor(origin, size, root)
        if self.cut_after:
            raise NodeUnreachableError("the line is cut")
        return anchor


def anchored(live: Any) -> int:
    return int((live.get("/v1/status").json["anchor"] or {}).get("size", 0))


def register(live: Any, board: Any) -> Any:
    live.gateway.add_device(board.signer.public, unproven=True)
    return board


def test_a_checkpoint_is_anchored_and_stands_in_its_proofs(
    directory: Path, make_live: Any, make_board: Any, chain: ChainClient
) -> None:
    live = make_live(directory, chain=chain)
    board = register(live, make_board())
    live.post(*(board.seal(number) for number in range(5)))
    live.wait(lambda: anchored(live) == 5)
    proof = live.get("/v1/proofs/3").json
    on_chain = chain.latest_anchor(live.gateway.origin)
    assert on_chain is not None
    assert (on_chain.size, on_chain.root.hex()) == (proof["size"], proof["root"])
    assert proof["anchor"]["transaction"] == "0x" + on_chain.tx_hash.hex()
    assert proof["anchor"]["block"] == on_chain.block_number
    assert proof["anchor"]["contract"] == "0x" + chain.deployment.anchor.hex()
    assert [row.size for row in live.gateway.list_anchors()][-1] == 5


def test_a_crash_between_sending_and_recording_anchors_once(
    directory: Path, make_live: Any, make_board: Any, chain: ChainClient
) -> None:
    faulty = Faulty(chain)
    live = make_live(directory, chain=faulty)
    board = register(live, make_board())
    faulty.cut_after = True
    live.post(board.seal(0))
    live.wait(lambda: len(faulty.sent) >= 2)
    assert anchored(live) == 0, "sent, and not known to be"
    live.stop()
    standing = chain.latest_anchor("sealmote.example/test")
    assert standing is not None
    assert standing.size == 1
    again = make_live(directory, chain=chain)
    again.wait(lambda: anchored(again) == 1)
    recorded = json.loads(again.gateway.list_anchors()[0].receipt)
    assert recorded["transaction"] == "0x" + standing.tx_hash.hex()


def test_trouble_with_the_chain_delays_anchors_and_nothing_else(
    directory: Path, make_live: Any, make_board: Any, chain: ChainClient
) -> None:
    faulty = Faulty(chain)
    live = make_live(directory, chain=faulty)
    faulty.cut_before = True
    board = register(live, make_board())
    live.post(board.seal(1))
    live.wait(lambda: live.get("/v1/status").json["chain"]["failures"] >= 2)
    assert live.results(board.seal(0)) == [(0, None)]
    live.wait_published(2)
    assert "cut" in live.get("/v1/status").json["chain"]["trouble"]
    assert anchored(live) == 0
    faulty.cut_before = False
    live.wait(lambda: anchored(live) == 2)
    assert live.get("/v1/status").json["chain"] == {"trouble": None, "failures": 0}


def test_a_log_behind_its_anchor_does_not_start(
    directory: Path, make_live: Any, make_board: Any, chain: ChainClient
) -> None:
    """Even if everything in the directory is old: the chain remembers."""
    live = make_live(directory, chain=chain)
    board = register(live, make_board())
    live.post(board.seal(0))
    live.wait(lambda: anchored(live) == 1)
    live.stop()
    root = bytes(31) + b"\x01"
    chain.anchor("sealmote.example/test", 9, root)
    with pytest.raises(RolledBackError, match="the chain has a head of 9 leaves"):
        make_live(directory, chain=chain)


def refused(live: Any, sealed: bytes) -> str:
    """Return why a gateway takes nothing."""
    reply = live.request("POST", "/v1/readings", sealed, Content_Type="application/cose")
    assert reply.status == 503
    return str(reply.json["detail"])


def test_nothing_is_taken_before_the_chain_has_answered_once(
    directory: Path, make_live: Any, make_board: Any, chain: ChainClient
) -> None:
    faulty = Faulty(chain)
    faulty.cut_before = True
    live = make_live(directory, chain=faulty)
    board = register(live, make_board())
    status = live.get("/v1/status").json
    assert "it has not answered since the start (the line is cut)" in status["halted"]
    assert "only the chain can tell" in refused(live, board.seal(0))
    faulty.cut_before = False
    live.wait(lambda: live.get("/v1/status").json["halted"] is None)
    assert live.results(board.seal(0)) == [(0, None)]
    live.wait(lambda: anchored(live) == 1)
    faulty.cut_before = True
    live.wait(lambda: live.get("/v1/status").json["chain"]["failures"] == 0)
    assert live.results(board.seal(1)) == [(0, None)], "asked once, it is not needed any more"
    live.wait_published(2)


def test_a_node_that_lags_has_not_answered(
    directory: Path, make_live: Any, make_board: Any, chain: ChainClient
) -> None:
    """It does not know the newest anchors: nothing it says of the log can be relied on."""
    live = make_live(directory, chain=chain)
    board = register(live, make_board())
    live.post(board.seal(0))
    live.wait(lambda: anchored(live) == 1)
    live.stop()
    faulty = Faulty(chain)
    faulty.lags = True
    live = make_live(directory, chain=faulty)
    assert "the node has come to block 0 only" in refused(live, board.seal(1))
    faulty.lags = False
    live.wait(lambda: live.get("/v1/status").json["halted"] is None)
    live.post(board.seal(1))


def test_whoever_sees_an_anchor_sees_no_trouble_beside_it(
    directory: Path, make_live: Any, make_board: Any, chain: ChainClient
) -> None:
    live = make_live(directory)
    board = register(live, make_board())
    live.post(board.seal(0))
    live.wait_published(1)
    live.stop()
    with Gateway.open(directory) as gateway:
        anchorer = _anchorer(gateway, chain)
        anchorer._note_failure(NodeUnreachableError("the line was cut"))
        seen = []

        class Watched:
            read = staticmethod(gateway._store.read)

            def write(self, job: Any, *arguments: object) -> Any:
                if job is tree_heads.record_anchor:
                    seen.append(anchorer.status())
                return gateway._store.write(job, *arguments)

        anchorer._store = Watched()  # type: ignore[assignment]  # the store, looked at
        anchorer.anchor()
    assert seen == [ChainStatus(trouble=None, failures=0)]


def test_an_older_copy_takes_nothing_while_the_chain_cannot_be_asked(
    directory: Path, make_live: Any, make_board: Any, chain: ChainClient
) -> None:
    """A whole directory from a backup: to accept under it would lose what boards then let go of."""
    live = make_live(directory, chain=chain)
    board = register(live, make_board())
    live.post(board.seal(0))
    live.wait(lambda: anchored(live) == 1)
    live.stop()
    backup = directory.with_name("backup")
    shutil.copytree(directory, backup)
    with Gateway.open(backup) as gateway:
        gateway.adopt()
    live = make_live(directory, chain=chain)
    live.post(board.seal(1))
    live.wait(lambda: anchored(live) == 2)
    live.stop()
    faulty = Faulty(chain)
    faulty.cut_before = True
    live = make_live(backup, chain=faulty)
    assert "only the chain can tell" in refused(live, board.seal(2))
    faulty.cut_before = False
    live.wait(lambda: "head of 2 leaves" in str(live.get("/v1/status").json["halted"]))
    assert "the chain has a head of 2 leaves" in refused(live, board.seal(2))
    live.stop()
    with pytest.raises(RolledBackError, match="the chain has a head of 2 leaves"):
        make_live(backup, chain=chain)


def test_a_fork_that_shows_later_stops_signing_and_accepting(
    directory: Path, make_live: Any, make_board: Any, chain: ChainClient
) -> None:
    faulty = Faulty(chain)
    live = make_live(directory, chain=faulty)
    faulty.cut_before = True
    board = register(live, make_board())
    assert live.results(board.seal(0)) == [(0, None)]
    chain.open_log(live.gateway.origin, live.gateway.log_signer)
    chain.anchor(live.gateway.origin, 3, bytes(31) + b"\x01")
    live.wait(lambda: live.get("/v1/status").json["chain"]["failures"] >= 1)
    faulty.cut_before = False
    live.wait(lambda: live.get("/v1/status").json["halted"] is not None)
    refused = live.request("POST", "/v1/readings", board.seal(1), Content_Type="application/cose")
    assert refused.status == 503
    assert "the chain has a head of 3 leaves" in refused.json["detail"]
    on_chain = chain.latest_anchor(live.gateway.origin)
    assert on_chain is not None
    assert on_chain.size == 3


def test_only_sizes_that_grew_are_anchored(
    directory: Path, make_live: Any, make_board: Any, chain: ChainClient
) -> None:
    faulty = Faulty(chain)
    live = make_live(directory, chain=faulty)
    board = register(live, make_board())
    for number in range(3):
        live.post(board.seal(number))
        live.wait(lambda number=number: anchored(live) == number + 1)
    threading.Event().wait(0.3)
    assert faulty.sent == [1, 2, 3]


def test_an_intent_without_a_transaction_is_taken_up_first(
    directory: Path, make_live: Any, make_board: Any, chain: ChainClient
) -> None:
    live = make_live(directory)
    board = register(live, make_board())
    live.post(board.seal(0))
    live.wait_published(1)
    live.stop()
    with Gateway.open(directory) as gateway:
        store = gateway._store
        store.write(tree_heads.intend_anchor, 1, 1).result()
        faulty = Faulty(chain)
        anchorer = Anchorer(store, gateway.origin, gateway.log_signer, faulty, lambda: 5.0)
        anchorer.anchor()
        anchorer.anchor()
        assert faulty.sent == [1]
        assert [row.recorded for row in gateway.list_anchors()] == [5]

        assert store.read(tree_heads.pending_anchor) is None


def test_anchors_follow_a_chain_that_replaces_its_blocks(
    directory: Path, make_live: Any, make_board: Any, tmp_path: Path
) -> None:
    """One anchor stands elsewhere then, one nowhere, and proofs say so of both."""
    database, fork = tmp_path / "chain.db", tmp_path / "fork.db"
    with connect(f"embedded:{database}", dev_account()) as chain:
        deployment = chain.deploy()
        live = make_live(directory)
        board = register(live, make_board())
        for number in range(3):
            live.post(board.seal(number))
            live.wait_published(number + 1)
        live.stop()
        with Gateway.open(directory) as gateway:
            points = {head.size: head for head in gateway._store.read(tree_heads.every_checkpoint)}
            assert {1, 2, 3} <= set(points)
            anchorer = _anchorer(gateway, chain)
            chain.open_log(gateway.origin, gateway.log_signer)
            shutil.copy(database, fork)
            for size in (1, 2):
                gateway._store.write(tree_heads.intend_anchor, size, 1).result()
                gateway._store.write(
                    tree_heads.record_anchor,
                    size,
                    to_receipt(chain.anchor(gateway.origin, size, points[size].root)),
                    1,
                ).result()
    with connect(f"embedded:{fork}", dev_account()) as chain, Gateway.open(directory) as gateway:
        chain.use(deployment)
        before = {row.size: row.receipt for row in gateway.list_anchors()}
        anchorer = _anchorer(gateway, chain)
        anchorer._is_checked = True
        anchorer._follow()
        assert {row.size: row.receipt for row in gateway.list_anchors()} == before, "it lags"
        for _ in range(3):
            chain.register_device(*_newcomer(chain))  # blocks
        chain.anchor(gateway.origin, 2, points[2].root)
        anchorer.anchor()
        after = {row.size: json.loads(str(row.receipt)) for row in gateway.list_anchors()}
        assert set(after) == {2, 3}, "1 can never come again, sizes on a chain only grow"
        for size, receipt in after.items():
            standing = chain.anchor_at(gateway.origin, size)
            assert standing is not None
            assert receipt["block_hash"] == "0x" + standing.block_hash.hex()
            assert str(receipt) != str(before.get(size))


def _anchorer(gateway: Gateway, chain: ChainClient) -> Anchorer:
    return Anchorer(gateway._store, gateway.origin, gateway.log_signer, chain, lambda: 5.0)


def _newcomer(chain: ChainClient) -> tuple[Any, bytes]:
    signer = Signer.generate(ES256)
    return signer.public, registration.seal(signer, chain.registration_terms(signer.public))


@pytest.mark.parametrize("damage", ["[1", "{}", None], ids=["cut", "empty", "another block"])
def test_a_note_of_an_anchor_that_is_damaged_is_made_anew(
    directory: Path, make_live: Any, make_board: Any, tmp_path: Path, damage: str | None
) -> None:
    live = make_live(directory)
    board = register(live, make_board())
    live.post(board.seal(0))
    live.wait_published(1)
    live.stop()
    with (
        connect(f"embedded:{tmp_path / 'chain.db'}", dev_account()) as chain,
        Gateway.open(directory) as gateway,
    ):
        chain.deploy()
        anchorer = _anchorer(gateway, chain)
        anchorer.anchor()
        (good,) = gateway.list_anchors()
        assert good.receipt is not None
        bad = damage or json.dumps(json.loads(good.receipt) | {"block_hash": "0x" + "11" * 32})
        gateway._store.write(tree_heads.move_anchor, good.size, bad, 1).result()
        anchorer.check()
        anchorer.anchor()
        assert [row.receipt for row in gateway.list_anchors()] == [good.receipt]
