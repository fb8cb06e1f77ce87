"""Proof files of both formats: what is read, what is written, and anchors of several types side by side."""

import base64
import gzip
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import typer

from sealmote.api import answers
from sealmote.chain.anchors import OtherAnchor
from sealmote.chain.errors import WrongChainError
from sealmote.chain.evm.claim import AnchorClaim
from sealmote.chain.protocols import Chain
from sealmote.chain.registry import connect, connect_as_claimed
from sealmote.cli.verify import verify as verify_command
from sealmote.client.answer_check import to_proof
from sealmote.log import note
from sealmote.models import parse as parse_model
from sealmote.models import plain
from sealmote.proof.errors import ProofFileError
from sealmote.proof.explain import explain
from sealmote.proof.proof_file import FORMAT, MAX_ANCHORS, MAX_FILE, Proof, parse
from sealmote.proof.report import Report, State
from sealmote.proof.verify import verify
from sealwire.keys import PublicKey
from sealwire.registration import open_terms

# What `sealmote demo` left before there was a format 2, with its chain, and one without a chain.
FORMER = Path(__file__).parent / "proof_format_1"

OTHER = OtherAnchor("opentimestamps", {"ots": "00ff", "calendars": [1, {"a": None}]})


@pytest.fixture(autouse=True)
def _later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Read the files on a day after they were made, whatever this machine's clock says."""
    monkeypatch.setattr("sealmote.proof.verify.time.time", lambda: 1_796_000_000.0)


@pytest.fixture
def proof() -> Proof:
    return parse((FORMER / "anchored.json").read_bytes())


def put_chain(folder: Path) -> list[str]:
    """Put the chain into a folder, and return its target."""
    file = folder / "chain.sqlite"
    file.write_bytes(gzip.decompress((FORMER / "chain.sqlite.gz").read_bytes()))
    return [f"embedded:{file}"]


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chain]:
    with connect(put_chain(tmp_path_factory.mktemp("former")), FORMER / "deployment.json") as chain:
        yield chain


def claim_of(proof: Proof) -> AnchorClaim:
    claim = proof.anchors[0]
    assert isinstance(claim, AnchorClaim)
    return claim


def states(report: Report) -> dict[str, State]:
    return {link.name: link.state for link in report.links}


def test_a_file_of_format_1_holds_against_its_chain(proof: Proof, chain: Chain) -> None:
    assert set(states(verify(proof, chain)).values()) == {State.HOLDS}
    offline = states(verify(proof))
    assert (offline["checkpoint"], offline["anchor"]) == (State.HOLDS, State.CLAIMED)


def test_a_file_of_format_1_without_an_anchor_is_read() -> None:
    proof = parse((FORMER / "unanchored.json").read_bytes())
    assert proof.anchors == ()
    report = verify(proof)
    assert (report.sound, states(report)["anchor"]) == (True, State.UNCHECKED)


@pytest.mark.parametrize("name", ["anchored.json", "unanchored.json"])
def test_what_was_read_of_format_1_is_written_in_format_2(name: str) -> None:
    former = json.loads((FORMER / name).read_bytes())
    proof = parse(json.dumps(former))
    written = json.loads(proof.to_json())
    assert written["format"] == FORMAT == "sealmote-proof/2"
    former_anchor = former.pop("anchor")
    assert written.pop("anchors") == ([{"type": "evm", **former_anchor}] if former_anchor else [])
    assert {**written, "format": "sealmote-proof/1"} == former
    assert parse(proof.to_json()) == proof


@pytest.mark.parametrize(
    ("change", "named"),
    [
        (lambda d: d["anchor"].update(block=-1), "anchor.block = -1 is outside"),
        (lambda d: d["anchor"].update(type="evm"), "anchor.type is not known"),
        (lambda d: d.update(anchor=[]), "anchor is not an object"),
        (lambda d: d.update(anchors=[]), "anchors is not known"),
    ],
)
def test_format_1_is_read_as_strictly_as_ever(change: Callable[[Any], object], named: str) -> None:
    document = json.loads((FORMER / "anchored.json").read_bytes())
    change(document)
    with pytest.raises(ProofFileError, match=named):
        parse(json.dumps(document))


def _nested(depth: int) -> object:
    return [_nested(depth - 1)] if depth else 0


@pytest.mark.parametrize(
    ("anchors", "named"),
    [
        (None, "anchors is not a list"),
        ({}, "anchors is not a list"),
        ([None], r"anchors\[0\] is not an object with a type"),
        ([{}], r"anchors\[0\] is not an object with a type"),
        ([{"type": 1}], r"anchors\[0\].type = 1 is not text"),
        ([{"type": "Other"}], r"anchors\[0\].type is not a name"),
        ([{"type": "x\n"}], r"anchors\[0\].type is not a name"),
        ([{"type": "evm"}], r"anchors\[0\].chain_id is missing"),
        ([{"type": "other", "a": ["\ud800"]}], r"anchors\[0\].a\[0\] is not whole Unicode"),
        ([{"type": "other", "\ud800": 1}], r"anchors\[0\] is not whole Unicode"),
        ([{"type": "other", "a": _nested(9)}], r"is nested more than 8 deep"),
        ([{"type": "other"}] * (MAX_ANCHORS + 1), "anchors are more than 16"),
    ],
)
def test_anchors_that_cannot_be_are_refused(proof: Proof, anchors: object, named: str) -> None:
    with pytest.raises(ProofFileError, match=named):
        parse(json.dumps({**proof.to_dict(), "anchors": anchors}))


@pytest.mark.parametrize("number", ["NaN", "Infinity", "1e999", "0.5"])
def test_numbers_that_could_not_be_written_again_as_they_are_are_refused(
    proof: Proof, number: str
) -> None:
    other = json.dumps({**proof.to_dict(), "anchors": [{"type": "other", "a": 41}]})
    assert parse(other).anchors == (OtherAnchor("other", {"a": 41}),)
    with pytest.raises(ProofFileError, match="number"):
        parse(other.replace("41}", number + "}"))


def test_an_anchor_of_an_unknown_type_is_kept_and_said_to_be_unknown(
    proof: Proof, chain: Chain
) -> None:
    both = replace(proof, anchors=(*proof.anchors, OTHER))
    assert parse(both.to_json()) == both
    report = verify(both, chain)
    assert states(report).pop("anchor 2") is State.UNKNOWN
    assert {link.state for link in report.links if link.name != "anchor 2"} == {State.HOLDS}
    assert report.holds
    assert "of the type opentimestamps" in explain(both, report)[-1].sentence
    assert not verify(both).holds


def test_an_anchor_of_an_unknown_type_never_holds_by_itself(proof: Proof, chain: Chain) -> None:
    alone = replace(proof, anchors=(OTHER,))
    report = verify(alone, chain)
    found = states(report)
    assert found.pop("anchor") is State.UNKNOWN
    assert set(found.values()) == {State.HOLDS}
    assert (report.sound, report.holds) == (True, False)


def test_each_anchor_is_judged_by_itself(proof: Proof, chain: Chain) -> None:
    elsewhere = replace(claim_of(proof), chain_id=1, block=20_000_000)
    both = replace(proof, anchors=(elsewhere, *proof.anchors))
    report = verify(both, chain)
    assert states(report)["anchor"] is State.CLAIMED
    assert states(report)["anchor 2"] is State.HOLDS
    assert states(report)["chain root"] is State.HOLDS
    assert report.holds
    steps = explain(both, report)
    rests = [[link.name for link in step.links] for step in steps[3:]]
    assert rests == [["anchor"], ["anchor 2", "chain root"]]  # not under the words of chain 1
    sentences = [step.sentence for step in steps]
    assert sentences[3].startswith("The file says that chain 1 has this root in block 20000000")
    assert sentences[4].startswith(f"Chain {claim_of(proof).chain_id} has this root")
    never = replace(both, anchors=(replace(elsewhere, block_time=1), *proof.anchors))
    assert [link.name for link in verify(never, chain).broken] == ["anchor"]


def test_of_several_claims_that_of_the_asked_chain_has_to_be_right(
    proof: Proof, chain: Chain
) -> None:
    elsewhere = replace(claim_of(proof), chain_id=1)
    wrong = replace(claim_of(proof), block=1)
    for anchors in ((elsewhere, wrong), (wrong, elsewhere), (elsewhere, elsewhere)):
        report = verify(replace(proof, anchors=anchors), chain)
        assert [link.name for link in report.broken] == ["chain root"]


def test_without_a_deployment_the_contracts_are_those_of_the_nodes_chain(
    proof: Proof, tmp_path: Path
) -> None:
    nodes = put_chain(tmp_path)
    assert proof.registration is not None
    terms = open_terms(proof.registration, PublicKey.parse(proof.device_key))
    elsewhere = replace(claim_of(proof), chain_id=1)
    with connect_as_claimed(nodes, (elsewhere, *proof.claims), terms) as named:
        assert named.is_of(proof.claims[0])
        assert verify(proof, named).holds
    with pytest.raises(WrongChainError):
        connect_as_claimed(nodes, (elsewhere,), terms)


def cosigned(proof: Proof, lines: int, size: int) -> Proof:
    """Add lines of witnesses, as tlog-cosignature has them: key ID, time, signature."""
    signed = base64.b64encode(b"\x01\x02\x03\x04" + bytes(size)).decode()
    more = "".join(f"\u2014 witness.example/{number} {signed}\n" for number in range(lines))
    return replace(proof, checkpoint=proof.checkpoint + more)


def test_cosignatures_travel_in_the_checkpoint_and_are_said_not_to_be_checked(
    proof: Proof, chain: Chain
) -> None:
    witnessed = cosigned(proof, 2, 72)
    assert parse(witnessed.to_json()) == witnessed
    report = verify(witnessed, chain)
    assert report.holds
    (link,) = (link for link in report.links if link.name == "checkpoint")
    assert link.explanation.endswith("; further signature lines, not checked here: 2")


def test_a_file_has_room_for_the_largest_note(proof: Proof) -> None:
    """Sixteen witnesses with ML-DSA-44 are far below it (tlog-cosignature: 2420 bytes and a time)."""
    assert len(cosigned(proof, 16, 2428).to_json()) < 1 << 16
    size = (note.MAX_NOTE - len(proof.checkpoint)) * 3 // 4 - 64
    largest = cosigned(proof, 1, size)
    assert note.MAX_NOTE - 100 < len(largest.checkpoint.encode()) <= note.MAX_NOTE
    assert len(largest.to_json()) <= MAX_FILE
    assert verify(parse(largest.to_json())).sound


def answered(proof: Proof, anchors: object) -> dict[str, Any]:
    """Return a gateway's answer about a leaf, as far as it does not say where chains have it."""
    claim = claim_of(proof)
    head = {"size": 4, "root": "00" * 32}
    return {
        "origin": "sealmote.example/demo",
        "leaf": 2,
        "leaf_hash": "00" * 32,
        "kind": "reading",
        "message": proof.message.hex(),
        "received": 1,
        "device": {
            "device": "00" * 32,
            "key": proof.device_key.hex(),
            "owner": None,
            "registration": proof.registration and proof.registration.hex(),
            "added": 1,
            "revoked": None,
        },
        **head,
        "path": [],
        "checkpoint": proof.checkpoint,
        "receipt": proof.receipt.hex(),
        "anchor": {**plain(claim), **head},
        **({} if anchors is None else {"anchors": anchors}),
    }


@pytest.mark.parametrize("other", [[], [{"type": "other", "stone": 5}]])
def test_anchors_of_a_gateway_of_any_version_come_into_the_file(
    proof: Proof, other: list[dict[str, object]]
) -> None:
    keys = parse_model(
        answers.Keys,
        {"origin": "x", "ack_key": "00", "log_key": "00", "log_vkey": proof.log_key},
    )
    named = [{"type": "evm", **plain(claim_of(proof))}]
    for said in ([*named, *other], None):
        found = parse_model(answers.LeafProof, answered(proof, said))
        expected = [*named, *(other if said else [])]
        assert to_proof(found, keys).to_dict()["anchors"] == expected


def test_the_command_names_what_stands_beside_the_anchor_that_holds(
    proof: Proof, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "two.proof"
    file.write_text(replace(proof, anchors=(*proof.anchors, OTHER)).to_json())
    nodes, deployment = put_chain(tmp_path), FORMER / "deployment.json"
    for json_wanted in (False, True):
        with pytest.raises(typer.Exit) as ended:
            verify_command(
                file, rpc=nodes, deployment=deployment, require_chain=True, json=json_wanted
            )
        assert ended.value.exit_code == 0
    text, _, document = capsys.readouterr().out.partition("{")
    assert " ".join(text.split()).endswith(
        "holds, by one of its anchors; of a type that this program does not check: anchor 2"
    )
    links = {link["name"]: link["state"] for link in json.loads("{" + document)["links"]}
    assert (links["anchor"], links["anchor 2"]) == ("holds", "unknown")
