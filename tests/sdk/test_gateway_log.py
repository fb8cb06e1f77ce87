"""The public log: what a monitor that trusts nothing finds over HTTP."""

from itertools import pairwise
from typing import Any

import pytest

from sealmote.log import checkpoint, merkle, receipt, tiles
from sealwire.cose import leaf_hash


def head_of(live: Any) -> checkpoint.Checkpoint:
    return checkpoint.verify(live.get("/checkpoint").body, live.gateway.log_key)


@pytest.mark.parametrize("size", [1, 7, 256, 300])
def test_tiles_and_entries_lead_to_the_checkpoints_root(live: Any, board: Any, size: int) -> None:
    sent = [board.seal(number) for number in range(size)]
    for start in range(0, size, 100):
        live.post(*sent[start : start + 100])
    live.wait_published(size)
    head = head_of(live)
    assert head.size == size
    read = tiles.reader(lambda tile: live.get("/" + tile.path()).body, size)
    assert merkle.root(read, size) == head.root
    entries: list[bytes] = []
    for bundle in tiles.bundles(size):
        entries += bundle.decode(live.get("/" + bundle.path()).body)
    assert entries == sent
    assert merkle.root_of([leaf_hash(entry) for entry in entries]) == head.root


def test_heads_strictly_grow_and_each_continues_the_one_before(live: Any, board: Any) -> None:
    heads = []
    for number in range(6):
        live.post(board.seal(number))
        live.wait_published(number + 1)
        heads.append(head_of(live))
    assert [head.size for head in heads] == [1, 2, 3, 4, 5, 6]
    read = tiles.reader(lambda tile: live.get("/" + tile.path()).body, 6)
    for old, new in pairwise(heads):
        proof = merkle.consistency_proof(read, old.size, new.size)
        merkle.verify_consistency(old.size, new.size, old.root, new.root, proof)


def test_nothing_is_shown_that_no_checkpoint_covers(live: Any, board: Any) -> None:
    assert live.get("/checkpoint").status == 404
    live.post(board.seal(0))
    live.wait_published(1)
    assert live.get("/tile/0/000.p/2").status == 404
    assert live.get("/tile/0/000").status == 404
    assert live.get("/tile/1/000.p/1").status == 404
    assert live.get("/tile/entries/000.p/2").status == 404
    for spelling in ("/tile/0/0", "/tile/0/000.p/256", "/tile/x/000", "/tile/entries/x000/000"):
        assert live.get(spelling).status == 400, spelling


def test_a_proof_holds_by_path_and_by_receipt(live: Any, board: Any) -> None:
    sent = [board.seal(number) for number in range(40)]
    live.post(*sent)
    live.wait_published(40)
    for number in (0, 17, 39):
        by_hash = live.get(f"/v1/proofs/{leaf_hash(sent[number]).hex()}").json
        by_number = live.get(f"/v1/proofs/{number}").json
        assert by_hash == by_number
        raw = bytes.fromhex(by_hash["message"])
        assert raw == sent[number]
        head = checkpoint.verify(by_hash["checkpoint"].encode(), live.gateway.log_key)
        path = [bytes.fromhex(item) for item in by_hash["path"]]
        merkle.verify_inclusion(leaf_hash(raw), number, head.size, path, head.root)
        got, root = receipt.verify(
            raw, bytes.fromhex(by_hash["receipt"]), live.gateway.log_key.public, live.gateway.origin
        )
        assert (got.index, got.size, root) == (number, head.size, head.root)
        assert by_hash["device"]["device"] == board.name
        assert by_hash["anchor"] is None


def test_a_proof_under_an_older_head_and_none_under_one_that_is_not(live: Any, board: Any) -> None:
    live.post(board.seal(0))
    live.wait_published(1)
    live.post(board.seal(1), board.seal(2))
    live.wait_published(3)
    assert live.get("/v1/proofs/0?size=1").json["path"] == []
    assert live.get("/v1/proofs/0").json["size"] == 3
    for missing in (
        "/v1/proofs/0?size=2",
        "/v1/proofs/1?size=1",
        "/v1/proofs/3",
        "/v1/proofs/" + "0" * 64,
    ):
        assert live.get(missing).status == 404, missing
