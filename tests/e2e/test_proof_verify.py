"""A proof with one part changed: the report names that link."""

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from commands import Left
from sealmote.chain.evm.claim import AnchorClaim
from sealmote.crypto import Signer
from sealmote.log import checkpoint as checkpoints
from sealmote.log.note import NoteKey
from sealmote.proof.errors import ProofFileError
from sealmote.proof.explain import explain
from sealmote.proof.proof_file import Proof, parse
from sealmote.proof.report import State
from sealmote.proof.verify import verify
from sealwire import registration

Change = Callable[[Proof], Proof]


@pytest.fixture(scope="module")
def proof(demo: Left) -> Proof:
    return parse(demo.proofs[0].read_text())


@pytest.fixture(scope="module")
def other(demo: Left) -> Proof:
    """A proof of another board's reading."""
    return parse(demo.proofs[-1].read_text())


def claim_of(proof: Proof) -> AnchorClaim:
    (claim,) = proof.anchors
    assert isinstance(claim, AnchorClaim)
    return claim


def broken(proof: Proof) -> set[str]:
    return {link.name for link in verify(proof).broken}


def test_an_honest_proof_holds(proof: Proof) -> None:
    report = verify(proof)
    assert report.sound
    states = {link.name: link.state for link in report.links}
    assert {states[name] for name in ("message", "signature", "inclusion", "checkpoint")} == {
        State.HOLDS
    }


def test_what_only_the_file_says_is_claimed_and_never_holds(proof: Proof) -> None:
    report = verify(proof)
    assert [link.name for link in report.that_are(State.CLAIMED)] == ["registration", "anchor"]
    assert not report.holds
    assert "The file says that chain" in explain(proof, report)[3].sentence


@pytest.mark.parametrize("block_time", [0, 694_224_000, 1_438_269_972, 2**40, 2**64 - 1])
def test_a_blocks_time_that_cannot_be_is_refused(proof: Proof, block_time: int) -> None:
    changed = replace(proof, anchors=(replace(claim_of(proof), block_time=block_time),))
    assert broken(changed) == {"anchor"}


def test_a_message_dated_after_its_anchor_is_said_to_be(proof: Proof) -> None:
    early = replace(proof, anchors=(replace(claim_of(proof), block_time=1_500_000_000),))
    assert "The board dates it" in explain(early, verify(early))[3].sentence
    assert "The board dates it" not in explain(proof, verify(proof))[3].sentence


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"chain_id": 0, "contract": bytes(20), "nonce": 7}, "answer to a challenge"),
        ({"chain_id": 0, "nonce": 0}, "answer to a challenge"),
        ({"chain_id": 5}, "consented to a registry on chain 5"),
        ({"deadline": 700_000_000}, "cannot be"),
        ({"deadline": 2**63}, "cannot be"),
    ],
)
def test_what_no_registry_takes_is_no_registration(
    proof: Proof, changes: dict[str, object], words: str
) -> None:
    signer = Signer.generate(-7)
    good = registration.Terms(claim_of(proof).chain_id, b"\1" * 20, b"\2" * 20, 0, 1_800_000_000)
    terms = registration.Terms(**{**vars(good), **changes})  # type: ignore[arg-type]
    forged = replace(
        proof,
        device_key=signer.public.cose(),
        registration=registration.seal(signer, terms),
    )
    (link,) = (link for link in verify(forged).links if link.name == "registration")
    assert link.state is State.BROKEN
    assert words in link.explanation


def test_another_boards_message(proof: Proof, other: Proof) -> None:
    assert broken(replace(proof, message=other.message)) >= {"signature", "inclusion"}


def test_a_message_with_a_changed_value(proof: Proof) -> None:
    raw = bytearray(proof.message)
    at = raw.index(b"Cel") + 8
    raw[at] ^= 1
    assert broken(replace(proof, message=bytes(raw))) >= {"signature", "inclusion"}


def test_another_devices_key(proof: Proof, other: Proof) -> None:
    assert broken(replace(proof, device_key=other.device_key)) >= {"signature", "registration"}


def test_another_devices_registration(proof: Proof, other: Proof) -> None:
    assert broken(replace(proof, registration=other.registration)) == {"registration"}


def test_a_registration_by_somebody_else(proof: Proof) -> None:
    terms = registration.Terms(1, bytes(20), bytes(20), 0, 1_800_000_000)
    forged = registration.seal(Signer.generate(-7), terms)
    assert broken(replace(proof, registration=forged)) == {"registration"}


def test_another_logs_key(proof: Proof) -> None:
    stranger = NoteKey("sealmote.example/demo", Signer.generate(-7).public).vkey()
    assert broken(replace(proof, log_key=stranger)) >= {"inclusion", "checkpoint"}


def test_a_log_key_that_is_not_the_trusted_one(proof: Proof) -> None:
    trusted = NoteKey("sealmote.example/demo", Signer.generate(-7).public)
    assert {link.name for link in verify(proof, None, trusted).broken} >= {
        "inclusion",
        "checkpoint",
    }


def test_a_checkpoint_of_another_tree_by_the_same_log(proof: Proof) -> None:
    signer = Signer.generate(-7)
    key = NoteKey("sealmote.example/demo", signer.public)
    note = checkpoints.sign(checkpoints.Checkpoint(key.name, 9, bytes(32)), signer).decode()
    assert "checkpoint" in broken(replace(proof, checkpoint=note, log_key=key.vkey()))


def test_a_flipped_bit_in_the_receipt(proof: Proof) -> None:
    for at in (10, len(proof.receipt) - 1):
        receipt = bytearray(proof.receipt)
        receipt[at] ^= 1
        assert "inclusion" in broken(replace(proof, receipt=bytes(receipt)))


def test_without_registration_or_anchor_the_links_are_unchecked(proof: Proof) -> None:
    states = {
        link.name: link.state
        for link in verify(replace(proof, registration=None, anchors=())).links
    }
    assert states["registration"] is states["anchor"] is State.UNCHECKED


def test_the_story_names_owner_value_leaf_and_block(proof: Proof) -> None:
    sentences = " ".join(step.sentence for step in explain(proof, verify(proof)))
    for part in ("belongs to the owner 0x", "°C", "It is leaf", "in block"):
        assert part in sentences


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda d: d.update(format="other"), "format"),
        (lambda d: d.pop("log"), "log is missing"),
        (lambda d: d.update(more=1), "more is not known"),
        (lambda d: d.update(message="zz"), "message"),
        (lambda d: d.update(message=d["message"].upper()), "message"),
        (lambda d: d["anchors"][0].update(block=-1), r"anchors\[0\].block"),
        (lambda d: d["anchors"][0].update(block=True), r"anchors\[0\].block"),
        (lambda d: d["anchors"][0].update(contract="0x00"), r"anchors\[0\].contract"),
        (lambda d: d["log"].update(checkpoint=7), "log.checkpoint"),
        (lambda d: d["log"].update(checkpoint="a\udc80"), "log.checkpoint is not whole Unicode"),
        (lambda d: d["log"].update(key="\ud800"), "log.key is not whole Unicode"),
    ],
)
def test_a_file_that_does_not_parse_whole_is_refused(
    proof: Proof, change: Callable[[dict[str, object]], object], named: str
) -> None:
    document = json.loads(proof.to_json())
    change(document)
    with pytest.raises(ProofFileError, match=named):
        parse(json.dumps(document))


@pytest.mark.parametrize("text", ["", "[]", "{", "null", '{"a":1,"a":2}', "[" * 100_000])
def test_what_is_no_proof_is_refused(text: str) -> None:
    with pytest.raises(ProofFileError):
        parse(text)
