"""The anchor contract: heads grow, and a reading is proven link by link."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from hashlib import sha256

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealmote.chain.errors import RevertedError
from sealmote.chain.evm.client import ChainClient
from sealmote.chain.evm.logs import LOG_MEDIA_TYPE
from sealmote.chain.evm.transactions.account import dev_account
from sealmote.crypto import Signer
from sealmote.log import merkle
from sealwire import cose, envelope, message, registration, statement
from sealwire.keys import ES256, ES256K
from sealwire.registration import Terms
from sealwire.senml import Pack, Record

ORIGIN = "sealmote.example/test"
NOW = 1_800_000_000
LEAVES = 21
FUZZ = settings(
    max_examples=120,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@contextmanager
def refused(reason: str) -> Iterator[None]:
    with pytest.raises(RevertedError) as caught:
        yield
    assert caught.value.reason == reason


def log_signature(key: Signer, terms: Terms) -> tuple[bytes, bytes]:
    sealed = cose.parse(envelope.seal(key, LOG_MEDIA_TYPE, terms.encode()), 512).signature
    return sealed[:32], sealed[32:]


def log_terms(chain: ChainClient, origin: str) -> Terms:
    log_id = int.from_bytes(sha256(origin.encode()).digest(), "big")
    return Terms(chain.chain_id, chain.deployment.anchor, chain.address, log_id, 2**40)


def open_log(
    chain: ChainClient, origin: str, key: Signer, terms: Terms, r: bytes, s: bytes
) -> None:
    chain.log_anchor.send("open", origin, key.public.x, key.public.y, terms.deadline, r, s)


def reading(key: Signer, sequence: int) -> bytes:
    records = [Record("temperature", "Cel", 2150 + sequence, -2), Record("humidity", "%RH", 41)]
    return message.seal(key, Pack(NOW, records), 1, sequence, NOW)


@dataclass(frozen=True)
class Proof:
    """What prove_reading takes."""

    log_id: bytes
    thumbprint: bytes
    protected: bytes
    payload: bytes
    r: bytes
    s: bytes
    leaf_index: int
    tree_size: int
    path: Sequence[bytes]

    def run(self, chain: ChainClient) -> bytes:
        (owner,) = chain.log_anchor.call("prove_reading", *vars(self).values())
        return bytes(owner)


class Case:
    """A log of readings by two devices, anchored at every size."""

    def __init__(self, chain: ChainClient):
        self.chain = chain
        self.devices = [Signer.generate(alg) for alg in (ES256, ES256K)]
        for device in self.devices:
            terms = chain.registration_terms(device.public)
            chain.register_device(device.public, registration.seal(device, terms))
        chain.open_log(ORIGIN, Signer.generate(ES256))
        self.readings = [reading(self.devices[i % 2], i) for i in range(LEAVES)]
        self.leaves = [cose.leaf_hash(sealed) for sealed in self.readings]
        for size in range(1, LEAVES + 1):
            chain.anchor(ORIGIN, size, merkle.root_of(self.leaves[:size]))

    def path(self, index: int, size: int) -> list[bytes]:
        def node(level: int, at: int) -> bytes:
            return merkle.root_of(self.leaves[at << level : (at + 1) << level])

        return merkle.inclusion_path(node, index, size)

    def proof(self, index: int, size: int) -> Proof:
        sign1 = cose.parse(self.readings[index], 1024)
        return Proof(
            sha256(ORIGIN.encode()).digest(),
            self.devices[index % 2].public.thumbprint(),
            sign1.protected,
            sign1.payload,
            sign1.signature[:32],
            sign1.signature[32:],
            index,
            size,
            self.path(index, size),
        )


@pytest.fixture(scope="module")
def case(chain: ChainClient) -> Case:
    return Case(chain)


def test_open_success(chain: ChainClient) -> None:
    key, origin = Signer.generate(ES256), "sealmote.example/open"
    chain.open_log(origin, key)
    log = chain.log(origin)
    assert log is not None
    assert (log.operator, log.size, log.key) == (chain.address, 0, key.public)


def test_open_fails_for_other_terms(chain: ChainClient) -> None:
    key, origin = Signer.generate(ES256), "sealmote.example/terms"
    terms = log_terms(chain, origin)
    for field, value in (
        ("chain_id", chain.chain_id + 1),
        ("contract", chain.deployment.registry),
        ("owner", dev_account(1).address),
        ("nonce", terms.nonce ^ 1),
        ("deadline", terms.deadline + 1),
    ):
        signature = log_signature(key, Terms(**{**vars(terms), field: value}))
        with refused("cose: bad signature"):
            open_log(chain, origin, key, terms, *signature)
    other = log_signature(Signer.generate(ES256), terms)
    with refused("cose: bad signature"):
        open_log(chain, origin, key, terms, *other)


def test_open_fails_with_the_terms_of_a_device(chain: ChainClient) -> None:
    """The content type keeps a registration's terms and a log's apart."""
    key, origin = Signer.generate(ES256), "sealmote.example/domain"
    terms = log_terms(chain, origin)
    sealed = cose.parse(registration.seal(key, terms), 512).signature
    with refused("cose: bad signature"):
        open_log(chain, origin, key, terms, sealed[:32], sealed[32:])


def test_open_fails_when_late_nameless_or_taken(chain: ChainClient) -> None:
    key, origin = Signer.generate(ES256), "sealmote.example/taken"
    late = log_terms(chain, origin)
    late.deadline = chain.api.newest_block().time
    with refused("log_anchor: deadline has passed"):
        open_log(chain, origin, key, late, *log_signature(key, late))
    nameless = log_terms(chain, "")
    with refused("log_anchor: origin is empty"):
        open_log(chain, "", key, nameless, *log_signature(key, nameless))
    terms = log_terms(chain, origin)
    open_log(chain, origin, key, terms, *log_signature(key, terms))
    with refused("log_anchor: log is open"):
        open_log(chain, origin, key, terms, *log_signature(key, terms))


def test_anchor_grows_only(chain: ChainClient) -> None:
    origin = "sealmote.example/grows"
    log_id = sha256(origin.encode()).digest()
    chain.open_log(origin, Signer.generate(ES256))
    root = b"\x11" * 32
    with refused("log_anchor: size does not grow"):
        chain.log_anchor.send("anchor", log_id, 0, root)
    with refused("log_anchor: root is zero"):
        chain.log_anchor.send("anchor", log_id, 5, bytes(32))
    chain.log_anchor.send("anchor", log_id, 5, root)
    for size in (5, 4):
        with refused("log_anchor: size does not grow"):
            chain.log_anchor.send("anchor", log_id, size, b"\x12" * 32)
    chain.log_anchor.send("anchor", log_id, 2**64 - 1, root)
    assert chain.log_anchor.call("roots", log_id, 5) == (root,)
    assert chain.log_anchor.call("roots", log_id, 6) == (bytes(32),)


def test_anchor_fails_for_others(chain: ChainClient, case: Case) -> None:
    log_id = sha256(ORIGIN.encode()).digest()
    node = chain.api.node
    stranger = ChainClient(node, dev_account(1))
    stranger.use(chain.deployment)
    for target in (log_id, bytes(32)):
        with refused("log_anchor: caller is not the operator"):
            stranger.log_anchor.send("anchor", target, 1000, b"\x11" * 32)


def test_prove_reading_success_everywhere(chain: ChainClient, case: Case) -> None:
    """Each leaf of each tree, by either algorithm."""
    for size in range(1, LEAVES + 1):
        for index in range(size):
            assert case.proof(index, size).run(chain) == chain.address


def test_prove_reading_by_the_client(chain: ChainClient, case: Case) -> None:
    device = case.devices[1].public.thumbprint()
    path = case.path(3, LEAVES)
    assert chain.prove_reading(ORIGIN, device, case.readings[3], 3, LEAVES, path) == chain.address


def test_prove_reading_names_the_broken_link(chain: ChainClient, case: Case) -> None:
    proof = case.proof(4, LEAVES)
    last = case.proof(LEAVES - 1, LEAVES)
    swapped = proof.path[1], proof.path[0], *proof.path[2:]
    for broken, reason in (
        (replace(proof, log_id=bytes(32)), "log_anchor: no anchor of this size"),
        (replace(proof, tree_size=LEAVES + 1), "log_anchor: no anchor of this size"),
        (replace(proof, thumbprint=bytes(32)), "log_anchor: device is not registered"),
        (replace(proof, thumbprint=case.proof(1, 2).thumbprint), "log_anchor: not its reading"),
        (replace(proof, protected=proof.protected[:16]), "log_anchor: not its reading"),
        (replace(proof, payload=proof.payload + b"\0"), "cose: bad signature"),
        (replace(proof, protected=proof.protected + b"\0"), "cose: bad signature"),
        (replace(proof, s=b"\xff" * 32), "cose: high s"),
        (replace(proof, leaf_index=LEAVES), "merkle: leaf outside the tree"),
        (replace(proof, path=proof.path[:-1]), "merkle: path too short"),
        (replace(proof, path=[*proof.path, bytes(32)]), "merkle: path too long"),
        (replace(last, path=last.path[:-1]), "merkle: path too short"),
        (replace(proof, path=swapped), "log_anchor: leaf is not under the root"),
        (replace(proof, leaf_index=5), "log_anchor: leaf is not under the root"),
    ):
        with refused(reason):
            broken.run(chain)


def test_what_was_anchored_before_a_revocation_is_proven_for_good(
    chain: ChainClient, case: Case
) -> None:
    device, successor = Signer.generate(ES256), Signer.generate(ES256)
    thumbprint = device.public.thumbprint()
    terms = chain.registration_terms(device.public)
    chain.register_device(device.public, registration.seal(device, terms))
    origin, sealed = "sealmote.example/revoked", reading(device, 1)
    chain.open_log(origin, Signer.generate(ES256))
    chain.anchor(origin, 1, cose.leaf_hash(sealed))
    assert chain.prove_reading(origin, thumbprint, sealed, 0, 1, []) == chain.address
    terms = chain.registration_terms(successor.public)
    chain.rotate_device(thumbprint, successor.public, registration.seal(successor, terms))
    assert chain.prove_reading(origin, thumbprint, sealed, 0, 1, []) == chain.address
    chain.revoke_device(thumbprint)
    assert chain.prove_reading(origin, thumbprint, sealed, 0, 1, []) == chain.address
    late = reading(device, 2)
    chain.anchor(origin, 2, merkle.root_of([cose.leaf_hash(one) for one in (sealed, late)]))
    for index, one, sibling in ((0, sealed, late), (1, late, sealed)):
        with refused("log_anchor: device was revoked by then"):
            chain.prove_reading(origin, thumbprint, one, index, 2, [cose.leaf_hash(sibling)])


def test_a_reading_is_its_owners_as_of_its_anchor(chain: ChainClient, case: Case) -> None:
    """Anchored before the key was registered, while one owner had it, and while the next has it."""
    device, other = Signer.generate(ES256), dev_account(1).address
    thumbprint, origin = device.public.thumbprint(), "sealmote.example/owners"
    chain.open_log(origin, Signer.generate(ES256))
    readings = [reading(device, number) for number in range(4)]
    leaves = [cose.leaf_hash(one) for one in readings]

    def register(owner: bytes) -> None:
        terms = chain.registration_terms(device.public, owner)
        chain.register_device(device.public, registration.seal(device, terms))

    def prove(size: int) -> bytes:
        path = merkle.inclusion_path(
            lambda level, at: merkle.root_of(leaves[at << level : (at + 1) << level]), 0, size
        )
        return chain.prove_reading(origin, thumbprint, readings[0], 0, size, path)

    steps = (lambda: None, lambda: register(chain.address), lambda: register(other))
    for size, step in enumerate(steps, 1):
        step()
        chain.anchor(origin, size, merkle.root_of(leaves[:size]))
        if size == 2:
            chain.release_device(thumbprint)
    with refused("log_anchor: device was not registered then"):
        prove(1)
    assert (prove(2), prove(3)) == (chain.address, other)


def test_prove_reading_refuses_what_else_a_device_signs(chain: ChainClient, case: Case) -> None:
    """Terms and statements are signed by the same key, and are no readings."""
    device = case.devices[0]
    terms = registration.seal(device, chain.registration_terms(device.public))
    booted = message.seal(
        device,
        statement.Statement(bytes(6), b"ESP32", 1, 2, "mote", "1", statement.Account(0, 0)),
        2,
        0,
        NOW,
    )
    for number, sealed in enumerate((terms, booted)):
        origin = f"sealmote.example/else{number}"
        chain.open_log(origin, Signer.generate(ES256))
        chain.anchor(origin, 1, cose.leaf_hash(sealed))
        with refused("log_anchor: not its reading"):
            chain.prove_reading(origin, device.public.thumbprint(), sealed, 0, 1, [])


@FUZZ
@given(data=st.data(), index=st.integers(0, LEAVES - 1))
def test_prove_reading_fuzz_no_flipped_bit_passes(
    chain: ChainClient, case: Case, data: st.DataObject, index: int
) -> None:
    """Any one bit of any argument but the signature's own."""
    proof = case.proof(index, LEAVES)
    name = data.draw(st.sampled_from(["thumbprint", "protected", "payload", "r", "s", "path"]))
    whole = b"".join(proof.path) if name == "path" else getattr(proof, name)
    bit = data.draw(st.integers(0, 8 * len(whole) - 1))
    flipped = bytearray(whole)
    flipped[bit // 8] ^= 1 << (bit % 8)
    bad = bytes(flipped)
    changed = dict(vars(proof))
    changed[name] = [bad[i : i + 32] for i in range(0, len(bad), 32)] if name == "path" else bad
    with pytest.raises(RevertedError):
        Proof(**changed).run(chain)


@settings(FUZZ, max_examples=40)
@given(content=st.binary(max_size=900), extra=st.binary(max_size=80))
def test_prove_reading_fuzz_lengths(
    chain: ChainClient, case: Case, content: bytes, extra: bytes
) -> None:
    """Every length of header and payload is framed as COSE frames it."""
    device = case.devices[0]
    start = bytes.fromhex("a401260318700448") + device.public.kid() + b"\x0f"
    signed = cose.sign(device, start + b"\xa0" + extra, content)
    origin = "sealmote.example/lengths"
    if chain.log(origin) is None:
        chain.open_log(origin, Signer.generate(ES256))
    log = chain.log(origin)
    assert log is not None
    leaf = cose.leaf_hash(signed.encode())
    size = log.size + 1
    path = [bytes(32)] * (size - 1).bit_length()
    chain.anchor(origin, size, merkle.root_from_inclusion(leaf, 0, size, path))
    r, s = signed.signature[:32], signed.signature[32:]
    proof = Proof(
        sha256(origin.encode()).digest(),
        device.public.thumbprint(),
        signed.protected,
        content,
        r,
        s,
        0,
        size,
        path,
    )
    assert proof.run(chain) == chain.address


def test_the_registry_cannot_be_no_contract(chain: ChainClient) -> None:
    with refused("log_anchor: registry is not a contract"):
        chain._create("log_anchor", dev_account(5).address)
