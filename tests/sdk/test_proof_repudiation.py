"""What an owner does with a key takes no proof away of what was anchored before."""

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from sealmote.chain.evm.client import ChainClient, connect
from sealmote.chain.evm.transactions.account import dev_account
from sealmote.crypto import Signer
from sealmote.log import checkpoint as checkpoints
from sealmote.log import merkle, receipt
from sealmote.log.note import NoteKey
from sealmote.proof.proof_file import Proof
from sealmote.proof.report import Link, State
from sealmote.proof.verify import verify
from sealwire import cose, message, registration, senml
from sealwire.keys import ES256

ORIGIN = "sealmote.example/repudiated"


@pytest.fixture
def chain(tmp_path: Path) -> Iterator[ChainClient]:
    with connect(f"embedded:{tmp_path / 'chain.db'}", dev_account()) as client:
        client.deploy()
        yield client


@dataclass
class World:
    """A device of this account and a log that takes its readings, one more with each anchor."""

    chain: ChainClient
    device: Signer = field(default_factory=lambda: Signer.generate(ES256))
    log: Signer = field(default_factory=lambda: Signer.generate(ES256))
    sealed: list[bytes] = field(default_factory=list)
    consent: bytes | None = None

    def __post_init__(self) -> None:
        self.chain.open_log(ORIGIN, self.log)

    @property
    def name(self) -> bytes:
        return self.device.public.thumbprint()

    def register(self, owner: bytes | None = None) -> None:
        terms = self.chain.registration_terms(self.device.public, owner)
        self.consent = registration.seal(self.device, terms)
        self.chain.register_device(self.device.public, self.consent)

    def prove(self) -> Proof:
        """Seal a reading, anchor the log with it, and return its proof."""
        now = int(time.time())
        pack = senml.Pack(now, [senml.Record("t", "Cel", 2150, -2)])
        raw = message.seal(self.device, pack, 1, len(self.sealed), now)
        self.sealed.append(raw)
        leaves = [cose.leaf_hash(one) for one in self.sealed]
        index, size, root = len(leaves) - 1, len(leaves), merkle.root_of(leaves)
        path = merkle.inclusion_path(
            lambda level, at: merkle.root_of(leaves[at << level : (at + 1) << level]), index, size
        )
        head = checkpoints.sign(checkpoints.Checkpoint(ORIGIN, size, root), self.log)
        return Proof(
            message=raw,
            device_key=self.device.public.cose(),
            registration=self.consent,
            log_key=NoteKey(ORIGIN, self.log.public).vkey(),
            checkpoint=head.decode(),
            receipt=receipt.issue(self.log, ORIGIN, raw, index, size, path, root),
            anchors=(self.chain.anchor(ORIGIN, size, root).claim,),
        )

    def judge(self, proof: Proof) -> tuple[Link, list[str]]:
        """Return the link of the registry, and the names of the links that broke."""
        report = verify(proof, self.chain)
        (link,) = (one for one in report.links if one.name == "chain device")
        return link, [one.name for one in report.broken]


@pytest.fixture
def world(chain: ChainClient) -> World:
    return World(chain)


def test_a_key_that_was_revoked_later_is_said_to_be(world: World) -> None:
    world.register()
    before = world.prove()
    assert world.judge(before)[0].explanation.endswith(
        f"since block {world.chain.newest_block_number() - 1}"
    )
    revoked = world.chain.revoke_device(world.name).block_number
    after = world.prove()
    link, broken = world.judge(before)
    assert broken == []
    assert f"revoked later, in block {revoked}, after the reading was anchored" in link.explanation
    link, broken = world.judge(after)
    assert broken == ["chain device"]
    assert f"revoked in block {revoked}, and the reading was anchored in block" in link.explanation


def test_a_device_that_was_given_up_later_stays_its_owners_of_then(world: World) -> None:
    world.register()
    first = world.prove()
    released = world.chain.release_device(world.name).block_number
    nobodys = world.prove()
    world.register(dev_account(1).address)
    second = world.prove()
    link, broken = world.judge(first)
    assert broken == []
    assert f"0x{world.chain.address.hex()}" in link.explanation
    assert f"gave it up later, in block {released}" in link.explanation
    link, broken = world.judge(second)
    assert broken == []
    assert f"0x{dev_account(1).address.hex()}" in link.explanation
    link, broken = world.judge(nobodys)
    assert broken == ["chain device"]
    assert "the reading was anchored before" in link.explanation


def test_a_key_that_nobody_ever_registered_is_named(world: World) -> None:
    link, broken = world.judge(world.prove())
    assert "chain device" in broken
    assert link.state is State.BROKEN
    assert "did not have the key in the anchor's block" in link.explanation
