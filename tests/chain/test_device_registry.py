"""The registry contract: keys enter by their own signature only."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealmote.chain.errors import RevertedError
from sealmote.chain.evm.client import ChainClient, connect
from sealmote.chain.evm.transactions.account import Account, dev_account
from sealmote.crypto import Signer
from sealwire import cose, registration
from sealwire.keys import ES256, ES256K, curve_of
from sealwire.registration import Terms

BOTH = pytest.mark.parametrize("alg", [ES256, ES256K])
STRANGER = dev_account(1)
# The first development account of anvil, from its published mnemonic.
ANVIL_SECRET = "ac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"


def signature(key: Signer, terms: Terms) -> tuple[bytes, bytes]:
    sealed = cose.parse(registration.seal(key, terms), 512).signature
    return sealed[:32], sealed[32:]


def register(chain: ChainClient, key: Signer, terms: Terms, r: bytes, s: bytes) -> None:
    public = key.public
    owner = terms.owner
    chain.device_registry.send(
        "register", public.alg, public.x, public.y, owner, terms.deadline, r, s
    )


def registered(chain: ChainClient, alg: int) -> Signer:
    key = Signer.generate(alg)
    terms = chain.registration_terms(key.public)
    register(chain, key, terms, *signature(key, terms))
    return key


@contextmanager
def refused(reason: str) -> Iterator[None]:
    with pytest.raises(RevertedError) as caught:
        yield
    assert caught.value.reason == reason


@BOTH
def test_register_success(chain: ChainClient, alg: int) -> None:
    key = Signer.generate(alg)
    terms = chain.registration_terms(key.public, STRANGER.address)
    register(chain, key, terms, *signature(key, terms))
    device = chain.device(key.public.thumbprint())
    assert device is not None
    assert device.key == key.public
    assert device.owner == STRANGER.address
    assert (device.revoked, device.successor) == (False, None)
    event = chain.device_registry.event_of(
        device.registered_block, "DeviceRegistered", key.public.thumbprint()
    )
    assert event is not None
    assert event.block_number == device.registered_block
    assert event.topics[2] == STRANGER.address.rjust(32, b"\0")
    assert chain.device_registry.call("nonces", key.public.thumbprint()) == (1,)


@BOTH
def test_register_fails_for_other_terms(chain: ChainClient, alg: int) -> None:
    """A signature over any other chain, contract, owner, nonce or deadline is none over these."""
    key = Signer.generate(alg)
    terms = chain.registration_terms(key.public)
    for field, value in (
        ("chain_id", terms.chain_id + 1),
        ("contract", chain.deployment.anchor),
        ("owner", STRANGER.address),
        ("nonce", 1),
        ("deadline", terms.deadline + 1),
    ):
        other = Terms(**{**vars(terms), field: value})
        with refused("cose: bad signature"):
            register(chain, key, terms, *signature(key, other))
    assert chain.device(key.public.thumbprint()) is None


@BOTH
def test_register_fails_by_another_key(chain: ChainClient, alg: int) -> None:
    key, other = Signer.generate(alg), Signer.generate(alg)
    terms = chain.registration_terms(key.public)
    with refused("cose: bad signature"):
        register(chain, key, terms, *signature(other, terms))


def test_register_fails_under_the_other_algorithm(chain: ChainClient) -> None:
    """A P-256 point is none of secp256k1, and the other way round."""
    for alg, other in ((ES256, ES256K), (ES256K, ES256)):
        key = Signer.generate(alg)
        terms = chain.registration_terms(key.public)
        r, s = signature(key, terms)
        public, owner = key.public, terms.owner
        with refused("cose: bad signature"):
            chain.device_registry.send(
                "register", other, public.x, public.y, owner, terms.deadline, r, s
            )


def test_register_fails_for_an_unknown_algorithm(chain: ChainClient) -> None:
    word = bytes(31) + b"\1"
    owner = chain.address
    for alg in (0, -8, -36, 2**62):
        with refused("cose: unknown algorithm"):
            chain.device_registry.send("register", alg, word, word, owner, 2**63, word, word)


@BOTH
def test_register_fails_for_high_s(chain: ChainClient, alg: int) -> None:
    key = Signer.generate(alg)
    terms = chain.registration_terms(key.public)
    r, s = signature(key, terms)
    high = (curve_of(alg).n - int.from_bytes(s, "big")).to_bytes(32, "big")
    with refused("cose: high s"):
        register(chain, key, terms, r, high)


@BOTH
def test_register_fails_at_the_edges_of_r_and_s(chain: ChainClient, alg: int) -> None:
    key = Signer.generate(alg)
    terms = chain.registration_terms(key.public)
    r, s = signature(key, terms)
    n = curve_of(alg).n.to_bytes(32, "big")
    zero, most = bytes(32), b"\xff" * 32
    for bad_r, bad_s in ((zero, s), (r, zero), (n, s), (most, s)):
        with refused("cose: bad signature"):
            register(chain, key, terms, bad_r, bad_s)
    half = (curve_of(alg).n // 2 + 1).to_bytes(32, "big")
    for bad_s in (half, n, most):
        with refused("cose: high s"):
            register(chain, key, terms, r, bad_s)


@BOTH
def test_register_fails_off_the_curve(chain: ChainClient, alg: int) -> None:
    key = Signer.generate(alg)
    terms = chain.registration_terms(key.public)
    r, s = signature(key, terms)
    public, owner = key.public, terms.owner
    p = curve_of(alg).p
    negated = (p - int.from_bytes(public.y, "big")).to_bytes(32, "big")
    beyond = (int.from_bytes(public.x, "big") + p) % 2**256
    off = bytes([public.y[0] ^ 1]) + public.y[1:]
    for x, y in (
        (public.x, off),
        (public.x, negated),
        (beyond.to_bytes(32, "big"), public.y),
        (bytes(32), bytes(32)),
    ):
        with refused("cose: bad signature"):
            chain.device_registry.send("register", alg, x, y, owner, terms.deadline, r, s)


def test_register_fails_after_the_deadline(chain: ChainClient) -> None:
    key = Signer.generate(ES256)
    now = chain.api.newest_block().time
    terms = Terms(chain.chain_id, chain.deployment.registry, chain.address, 0, now)
    with refused("device_registry: deadline has passed"):
        register(chain, key, terms, *signature(key, terms))


def test_register_fails_for_no_owner(chain: ChainClient) -> None:
    key = Signer.generate(ES256)
    terms = Terms(chain.chain_id, chain.deployment.registry, bytes(20), 0, 2**63)
    with refused("device_registry: owner is the zero address"):
        register(chain, key, terms, *signature(key, terms))


def test_register_fails_a_second_time(chain: ChainClient) -> None:
    key = registered(chain, ES256)
    terms = chain.registration_terms(key.public, STRANGER.address)
    with refused("device_registry: device is registered"):
        register(chain, key, terms, *signature(key, terms))


def test_a_chain_without_p256verify_is_named(old_anvil: str) -> None:
    """And it takes ES256K devices all the same."""
    with connect(old_anvil, Account(bytes.fromhex(ANVIL_SECRET))) as old:
        old.deploy()
        registered(old, ES256K)
        with refused("cose: this chain lacks P256VERIFY (EIP-7951)"):
            registered(old, ES256)
        with refused("cose: this chain lacks P256VERIFY (EIP-7951)"):
            old.open_log("sealmote.example/old", Signer.generate(ES256))


@BOTH
def test_rotate_success(chain: ChainClient, alg: int) -> None:
    old, new = registered(chain, alg), Signer.generate(ES256)
    terms = chain.registration_terms(new.public)
    chain.rotate_device(old.public.thumbprint(), new.public, registration.seal(new, terms))
    superseded = chain.device(old.public.thumbprint())
    successor = chain.device(new.public.thumbprint())
    assert superseded is not None
    assert superseded.successor == new.public.thumbprint()
    assert successor is not None
    assert successor.successor is None


def test_rotate_takes_a_successor_that_somebody_registered_first(chain: ChainClient) -> None:
    old, new = registered(chain, ES256), Signer.generate(ES256)
    sealed = registration.seal(new, chain.registration_terms(new.public))
    chain.register_device(new.public, sealed)  # by whoever saw the terms on their way
    chain.rotate_device(old.public.thumbprint(), new.public, sealed)
    superseded = chain.device(old.public.thumbprint())
    assert superseded is not None
    assert superseded.successor == new.public.thumbprint()


def test_rotate_fails_to_itself_and_to_a_revoked_key(chain: ChainClient) -> None:
    old, new = registered(chain, ES256), Signer.generate(ES256)
    own = registration.seal(old, chain.registration_terms(old.public))
    with refused("device_registry: a key is not its own successor"):
        chain.rotate_device(old.public.thumbprint(), old.public, own)
    sealed = registration.seal(new, chain.registration_terms(new.public))
    chain.register_device(new.public, sealed)
    chain.revoke_device(new.public.thumbprint())
    with refused("device_registry: device is revoked"):
        chain.rotate_device(old.public.thumbprint(), new.public, sealed)


def test_rotate_fails_twice_and_after_revocation(chain: ChainClient) -> None:
    old, new = registered(chain, ES256), Signer.generate(ES256)
    thumbprint = old.public.thumbprint()
    terms = chain.registration_terms(new.public)
    sealed = registration.seal(new, terms)
    chain.rotate_device(thumbprint, new.public, sealed)
    third = Signer.generate(ES256)
    again = registration.seal(third, chain.registration_terms(third.public))
    with refused("device_registry: device is superseded"):
        chain.rotate_device(thumbprint, third.public, again)
    chain.revoke_device(new.public.thumbprint())
    with refused("device_registry: device is revoked"):
        chain.rotate_device(new.public.thumbprint(), third.public, again)


def test_rotate_fails_without_the_successors_signature(chain: ChainClient) -> None:
    old, new = registered(chain, ES256), Signer.generate(ES256)
    terms = chain.registration_terms(new.public)
    r, s = signature(old, terms)
    arguments = (old.public.thumbprint(), ES256, new.public.x, new.public.y, terms.deadline, r, s)
    with refused("cose: bad signature"):
        chain.device_registry.send("rotate", *arguments)


def test_revoke_success(chain: ChainClient) -> None:
    key = registered(chain, ES256K)
    thumbprint = key.public.thumbprint()
    chain.revoke_device(thumbprint)
    device = chain.device(thumbprint)
    assert device is not None
    assert device.revoked
    before = chain.device(thumbprint, device.registered_block)
    assert before == device, "what became of it later is told as of any block"
    with refused("device_registry: device is revoked"):
        chain.revoke_device(thumbprint)
    with refused("device_registry: device is revoked"):
        chain.release_device(thumbprint)


def test_release_success_and_old_terms_are_spent(chain: ChainClient) -> None:
    key = Signer.generate(ES256)
    thumbprint = key.public.thumbprint()
    first = chain.registration_terms(key.public)
    register(chain, key, first, *signature(key, first))
    chain.release_device(thumbprint)
    assert chain.device(thumbprint) is None
    with refused("cose: bad signature"):
        register(chain, key, first, *signature(key, first))
    second = chain.registration_terms(key.public, STRANGER.address)
    assert second.nonce == 1
    register(chain, key, second, *signature(key, second))
    device = chain.device(thumbprint)
    assert device is not None
    assert device.owner == STRANGER.address


def test_a_key_is_kept_with_the_blocks_in_which_it_was_whose(chain: ChainClient) -> None:
    """Released and registered again and again, to one and another, and once to nobody's knowledge."""
    key = Signer.generate(ES256)
    thumbprint = key.public.thumbprint()
    owners = [dev_account(number % 2).address for number in range(5)]
    spans: list[tuple[int, int | None]] = []
    for number, owner in enumerate(owners):
        terms = chain.registration_terms(key.public, owner)
        assert terms.nonce == number
        register(chain, key, terms, *signature(key, terms))
        since = chain.newest_block_number()
        if number == len(owners) - 1:
            spans.append((since, None))
            break
        client = ChainClient(chain.api.node, dev_account(number % 2))
        client.use(chain.deployment)
        spans.append((since, client.release_device(thumbprint).block_number))
        assert chain.device(thumbprint) is None
    first = spans[0][0]
    for block in range(first - 1, chain.newest_block_number() + 1):
        expected = [
            (owner, since, until)
            for owner, (since, until) in zip(owners, spans, strict=True)
            if since <= block and (until is None or block < until)
        ]
        device = chain.device(thumbprint, block)
        found = device and (device.owner, device.registered_block, device.released_block)
        assert [found] == (expected or [None]), block


def test_only_the_owner_decides(chain: ChainClient) -> None:
    key, new = Signer.generate(ES256), Signer.generate(ES256)
    terms = chain.registration_terms(key.public, STRANGER.address)
    register(chain, key, terms, *signature(key, terms))
    thumbprint = key.public.thumbprint()
    sealed = registration.seal(new, chain.registration_terms(new.public))
    not_owner = "device_registry: caller is not the owner"
    with refused(not_owner):
        chain.revoke_device(thumbprint)
    with refused(not_owner):
        chain.release_device(thumbprint)
    with refused(not_owner):
        chain.rotate_device(thumbprint, new.public, sealed)
    with refused(not_owner):
        chain.revoke_device(new.public.thumbprint())  # nobody's


@settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(alg=st.sampled_from([ES256, ES256K]), bit=st.integers(0, 8 * 160 - 1))
def test_register_fuzz_no_flipped_bit_passes(chain: ChainClient, alg: int, bit: int) -> None:
    """Any bit of x, y, owner, deadline, r or s."""
    key = Signer(alg, b"\x17" * 32)
    terms = Terms(chain.chain_id, chain.deployment.registry, chain.address, 0, 2**40)
    parts = [key.public.x, key.public.y, terms.owner.rjust(32, b"\0"), *signature(key, terms)]
    flat = bytearray(b"".join(parts))
    flat[bit // 8] ^= 1 << (bit % 8)
    x, y, owner, r, s = (bytes(flat[i : i + 32]) for i in range(0, 160, 32))
    deadline = terms.deadline
    if owner[:12] != bytes(12):  # no address: the flip goes to the deadline
        owner, deadline = parts[2], terms.deadline ^ (1 << (bit % 40))
    arguments = (alg, x, y, owner[12:], deadline, r, s)
    with pytest.raises(RevertedError):
        chain.device_registry.call("register", *arguments)


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    alg=st.sampled_from([ES256, ES256K]),
    secret=st.binary(min_size=32, max_size=32),
    owner=st.binary(min_size=20, max_size=20).filter(any),
    deadline=st.integers(2**40, 2**64 - 1),
)
def test_register_fuzz_every_key_and_terms(
    chain: ChainClient, alg: int, secret: bytes, owner: bytes, deadline: int
) -> None:
    scalar = int.from_bytes(secret, "big") % (curve_of(alg).n - 1) + 1
    key = Signer(alg, scalar.to_bytes(32, "big"))
    terms = Terms(chain.chain_id, chain.deployment.registry, owner, 0, deadline)
    public = key.public
    (thumbprint,) = chain.device_registry.call(
        "register", alg, public.x, public.y, owner, deadline, *signature(key, terms)
    )
    assert thumbprint == public.thumbprint()
