"""A proof held against the chain that it was anchored on: nothing that the file leaves out helps it."""

import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from commands import Left, Sealmote
from sealmote.chain.evm.claim import AnchorClaim
from sealmote.chain.evm.client import ChainClient, connect
from sealmote.chain.evm.contracts.deployment import Deployment
from sealmote.chain.evm.transactions.account import dev_account
from sealmote.crypto import Signer
from sealmote.log import checkpoint as checkpoints
from sealmote.log import receipt
from sealmote.log.note import NoteKey
from sealmote.proof.explain import explain
from sealmote.proof.proof_file import Proof, parse
from sealmote.proof.report import State
from sealmote.proof.verify import verify
from sealwire import cose, message, senml

CHAIN_LINKS = {"chain device", "chain log", "chain root"}


@pytest.fixture(scope="module")
def chain(demo: Left) -> Iterator[ChainClient]:
    with connect(f"embedded:{demo.folder / 'world/chain.sqlite'}", dev_account()) as client:
        client.use(Deployment.load(demo.folder / "deployment.json"))
        yield client


@pytest.fixture(scope="module")
def proof(demo: Left) -> Proof:
    return parse(demo.proofs[0].read_text())


@pytest.fixture(scope="module")
def forged(proof: Proof) -> Proof:
    """A reading that nobody registered sealed, in a log of the forger's own under the same name."""
    device, log, now = Signer.generate(-7), Signer.generate(-7), int(time.time())
    key = NoteKey("sealmote.example/demo", log.public)
    pack = senml.Pack(now, [senml.Record("t", "Cel", 9999, -2)])
    raw = message.seal(device, pack, 1, 1, now)
    root = cose.leaf_hash(raw)
    return replace(
        proof,
        message=raw,
        device_key=device.public.cose(),
        registration=None,
        log_key=key.vkey(),
        checkpoint=checkpoints.sign(checkpoints.Checkpoint(key.name, 1, root), log).decode(),
        receipt=receipt.issue(log, key.name, raw, 0, 1, [], root),
    )


def claim_of(proof: Proof) -> AnchorClaim:
    (claim,) = proof.anchors
    assert isinstance(claim, AnchorClaim)
    return claim


def broken(proof: Proof, chain: ChainClient) -> set[str]:
    return {link.name for link in verify(proof, chain).broken}


def test_an_honest_proof_holds_in_every_link(proof: Proof, chain: ChainClient) -> None:
    assert {link.state for link in verify(proof, chain).links} == {State.HOLDS}


def test_a_forger_gains_nothing_by_leaving_parts_out(forged: Proof, chain: ChainClient) -> None:
    assert broken(forged, chain) == CHAIN_LINKS
    assert broken(replace(forged, anchors=()), chain) == CHAIN_LINKS


def test_what_the_file_leaves_out_the_chain_is_asked_all_the_same(
    proof: Proof, chain: ChainClient
) -> None:
    report = verify(replace(proof, anchors=(), registration=None), chain)
    assert {link.name for link in report.links if link.state is State.HOLDS} >= CHAIN_LINKS


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("chain_id", 1),
        ("contract", bytes(20)),
        ("transaction", bytes(32)),
        ("block", 1),
        ("block_hash", bytes(32)),
        ("block_time", 1),
    ],
)
def test_every_part_of_the_claim_is_held_against_the_chain(
    proof: Proof, chain: ChainClient, field: str, value: Any
) -> None:
    false = replace(proof, anchors=(replace(claim_of(proof), **{field: value}),))
    (link,) = verify(false, chain).broken
    assert (link.name, field in link.explanation) == ("chain root", True)


def test_a_claim_that_no_chain_was_asked_about_is_told_as_a_claim(
    proof: Proof, chain: ChainClient
) -> None:
    assert explain(proof, verify(proof))[-1].sentence.startswith("The file says that chain ")
    assert explain(proof, verify(proof, chain))[-1].sentence.startswith("Chain ")


def test_verify_says_what_it_took_from_the_file(demo: Left, sealmote: Sealmote) -> None:
    trusted = ("--log-key", demo.folder / "keys/log.vkey")
    bare = sealmote("verify", demo.proofs[0])
    pinned = sealmote("verify", demo.proofs[0], *trusted)
    assert (bare.returncode, pinned.returncode) == (0, 0)
    assert "by the file's own word: the log's key" in bare.stdout
    assert "own word" not in pinned.stdout


def test_a_log_key_may_be_longer_than_a_files_name(demo: Left, sealmote: Sealmote) -> None:
    other = NoteKey("l" * 128, Signer.generate(-7).public).vkey()
    ended = sealmote("verify", demo.proofs[0], "--log-key", other)
    assert ended.returncode == 1
    assert "the file's log key is not the one you trust" in ended.stdout
