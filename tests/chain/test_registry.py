"""A second kind of chain: a module for claims, one for connections, a line in the registry."""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Annotated, Any, ClassVar

import pytest

from sealmote.chain import registry
from sealmote.chain.errors import DeploymentError
from sealmote.chain.protocols import Anchor, AnchorClaim, OpenLog, Payer, RegisteredDevice
from sealmote.crypto import Signer
from sealmote.log import checkpoint, merkle, receipt
from sealmote.log.note import NoteKey
from sealmote.models import Whole
from sealmote.proof.errors import ProofFileError
from sealmote.proof.explain import explain
from sealmote.proof.proof_file import Proof, parse
from sealmote.proof.report import State
from sealmote.proof.verify import verify
from sealwire import cose, message, senml
from sealwire import registration as registrations
from sealwire.keys import ES256
from sealwire.registration import Terms

ORIGIN = "sealmote.example/stones"


@dataclass(frozen=True)
class StoneClaim:
    """What is written on a stone."""

    type: ClassVar = "stones"

    chain_id: Annotated[int, Whole(0)]
    block: Annotated[int, Whole(0)]
    block_time: Annotated[int, Whole(0)]


class Stones:
    """A chain of one stone: what a verifier asks of a chain, and no more."""

    def __init__(self, device: Signer, log: Signer, root: bytes) -> None:
        self._log = OpenLog(b"\2" * 20, 1, 1, log.public)
        self._device = RegisteredDevice(device.public, b"\2" * 20, 1, None, None, None)
        self._anchor = Anchor(1, root, StoneClaim(77, 5, 1_700_000_100), 5)

    def is_of(self, claim: AnchorClaim) -> bool:
        return claim.chain_id == 77

    def accepts(self, terms: Terms) -> bool:
        return terms.chain_id == 77

    def device(self, thumbprint: bytes, block: int | None = None) -> RegisteredDevice | None:
        return self._device if thumbprint == self._device.key.thumbprint() else None

    def log(self, origin: str) -> OpenLog | None:
        return self._log if origin == ORIGIN else None

    def anchor_at(self, origin: str, size: int) -> Anchor | None:
        return self._anchor if (origin, size) == (ORIGIN, 1) else None


@pytest.fixture
def made() -> tuple[Stones, Proof]:
    device, log = Signer.generate(ES256), Signer.generate(ES256)
    raw = message.seal(
        device, senml.Pack(1_700_000_000, [senml.Record("t", "Cel", 20)]), 1, 1, 1_700_000_000
    )
    root = merkle.root_of([cose.leaf_hash(raw)])
    proof = Proof(
        message=raw,
        device_key=device.public.cose(),
        registration=registrations.seal(device, Terms(77, bytes(20), b"\2" * 20, 0, 1_700_000_100)),
        log_key=NoteKey(ORIGIN, log.public).vkey(),
        checkpoint=checkpoint.sign(checkpoint.Checkpoint(ORIGIN, 1, root), log).decode(),
        receipt=receipt.issue(log, ORIGIN, raw, 0, 1, [], root),
        anchors=(StoneClaim(77, 5, 1_700_000_100),),
    )
    return Stones(device, log, root), proof


@pytest.fixture
def stones(monkeypatch: pytest.MonkeyPatch, made: tuple[Stones, Proof]) -> list[Any]:
    """Have the kind of chain; what is asked of its connections is noted."""
    asked: list[Any] = []
    claim, connection = ModuleType("stones.claim"), ModuleType("stones.connection")

    def connect(
        targets: Sequence[str], deployment: Path, payer: Payer | None, *, is_patient: bool
    ) -> Stones:
        asked.append((list(targets), deployment.name, payer, is_patient))
        return made[0]

    vars(claim)["AnchorClaim"], vars(connection)["connect"] = StoneClaim, connect
    monkeypatch.setitem(sys.modules, "stones.claim", claim)
    monkeypatch.setitem(sys.modules, "stones.connection", connection)
    monkeypatch.setitem(registry._KINDS, "stones", "stones")
    return asked


def test_a_proof_of_another_kind_of_chain_is_read_verified_and_explained(
    stones: list[Any], made: tuple[Stones, Proof], tmp_path: Path
) -> None:
    _, proof = made
    assert parse(proof.to_json()) == proof
    file = tmp_path / "deployment.json"
    file.write_text('{"type": "stones"}')
    chain = registry.connect(["the quarry"], file, Payer(is_dev=True))
    assert stones == [(["the quarry"], "deployment.json", Payer(is_dev=True), False)]
    report = verify(proof, chain)
    assert {link.state for link in report.links} == {State.HOLDS}
    assert explain(proof, report)[-1].sentence.startswith("Chain 77 has this root in block 5")
    wrong = {**proof.to_dict(), "anchors": [{"type": "stones", "block": 5}]}
    with pytest.raises(ProofFileError, match=r"anchors\[0\].chain_id is missing"):
        parse(json.dumps(wrong))


def test_who_does_not_know_the_kind_reads_the_same_proof_without_its_anchor(
    stones: list[Any], made: tuple[Stones, Proof], monkeypatch: pytest.MonkeyPatch
) -> None:
    text = made[1].to_json()
    monkeypatch.delitem(registry._KINDS, "stones")
    proof = parse(text)
    states = {link.name: link.state for link in verify(proof).links}
    assert (states["anchor"], states["checkpoint"]) == (State.UNKNOWN, State.HOLDS)
    assert proof.to_json() == text


def test_a_deployment_of_an_unknown_kind_is_named(tmp_path: Path) -> None:
    file = tmp_path / "deployment.json"
    for text in ('{"type": "stones"}', '{"type": []}', '{"type": null}'):
        file.write_text(text)
        with pytest.raises(
            DeploymentError, match="another type of chain than this program knows: evm"
        ):
            registry.connect(["http://127.0.0.1:9"], file)
