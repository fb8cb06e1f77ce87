"""The client does the same on an embedded chain, on one behind HTTP, and on a real node."""

import json
import secrets
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sealmote.chain.errors import (
    AccountError,
    AnchorConflictError,
    DeploymentError,
    EarlierContractError,
    InsufficientFundsError,
    LogError,
    RegistrationError,
    RevertedError,
    WrongChainError,
)
from sealmote.chain.evm.client import ChainClient
from sealmote.chain.evm.contracts.deployment import Deployment
from sealmote.chain.evm.transactions.account import dev_account
from sealmote.crypto import Signer
from sealmote.log import merkle
from sealwire import cose, message, registration
from sealwire.keys import ES256, ES256K
from sealwire.registration import Terms
from sealwire.senml import Pack, Record

if TYPE_CHECKING:
    from sealmote.chain.evm.session import TxRef

BOTH = pytest.mark.parametrize("alg", [ES256, ES256K])


def fresh_origin() -> str:
    return f"sealmote.example/{secrets.token_hex(4)}"


def registered(chain: ChainClient, alg: int) -> Signer:
    key = Signer.generate(alg)
    sealed = registration.seal(key, chain.registration_terms(key.public))
    chain.register_device(key.public, sealed)
    return key


@BOTH
def test_a_device_from_registration_to_revocation(any_chain: ChainClient, alg: int) -> None:
    key = Signer.generate(alg)
    thumbprint = key.public.thumbprint()
    assert any_chain.device(thumbprint) is None
    sealed = registration.seal(key, any_chain.registration_terms(key.public))
    first = any_chain.register_device(key.public, sealed)
    assert any_chain.register_device(key.public, sealed) == first
    device = any_chain.device(thumbprint)
    assert device is not None
    assert (device.key, device.owner) == (key.public, any_chain.address)
    assert device.registered_block == first.block_number
    any_chain.revoke_device(thumbprint)
    revoked = any_chain.device(thumbprint)
    assert revoked is not None
    assert revoked.revoked


@BOTH
def test_a_reading_from_anchor_to_proof(any_chain: ChainClient, alg: int) -> None:
    device = registered(any_chain, alg)
    origin = fresh_origin()
    any_chain.open_log(origin, Signer.generate(ES256))
    sealed = [
        message.seal(device, Pack(1_800_000_000, [Record("t", "Cel", n)]), 1, n, 1_800_000_000)
        for n in range(5)
    ]
    leaves = [cose.leaf_hash(one) for one in sealed]
    any_chain.anchor(origin, 5, merkle.root_of(leaves))
    path = [merkle.root_of(leaves[2:4]), merkle.root_of(leaves[4:])]
    proven = (device.public.thumbprint(), sealed[1], 1, 5, [leaves[0], *path])
    assert any_chain.prove_reading(origin, *proven) == any_chain.address
    with pytest.raises(RevertedError, match="leaf is not under the root"):
        any_chain.prove_reading(origin, device.public.thumbprint(), sealed[0], 1, 5, proven[4])


def test_an_anchor_is_made_once(any_chain: ChainClient) -> None:
    origin, key = fresh_origin(), Signer.generate(ES256)
    opened = any_chain.open_log(origin, key)
    assert any_chain.open_log(origin, key) == opened
    assert any_chain.latest_anchor(origin) is None
    first = any_chain.anchor(origin, 3, b"\x03" * 32)
    sent = any_chain.api.nonce(any_chain.address, "latest")
    assert any_chain.anchor(origin, 3, b"\x03" * 32) == first
    second = any_chain.anchor(origin, 8, b"\x08" * 32)
    assert any_chain.anchor(origin, 3, b"\x03" * 32) == first  # older, and stands all the same
    assert any_chain.api.nonce(any_chain.address, "latest") == sent + 1
    assert any_chain.latest_anchor(origin) == second
    assert any_chain.anchor_at(origin, 3) == first
    assert any_chain.anchor_at(origin, 4) is None
    assert first.block_time <= second.block_time
    assert any_chain.api.block(second.block_hash).number == second.block_number


def test_a_fork_or_rollback_is_refused(any_chain: ChainClient) -> None:
    origin = fresh_origin()
    any_chain.open_log(origin, Signer.generate(ES256))
    any_chain.anchor(origin, 9, b"\x09" * 32)
    for size, root in ((9, b"\x0a" * 32), (5, b"\x05" * 32)):
        with pytest.raises(AnchorConflictError, match="anchored at size 9"):
            any_chain.anchor(origin, size, root)


def test_a_log_belongs_to_one_key_and_operator(any_chain: ChainClient) -> None:
    origin = fresh_origin()
    with pytest.raises(LogError, match="not open"):
        any_chain.anchor(origin, 1, b"\x01" * 32)
    with pytest.raises(LogError, match="ES256"):
        any_chain.open_log(origin, Signer.generate(ES256K))
    any_chain.open_log(origin, Signer.generate(ES256))
    with pytest.raises(LogError, match="another checkpoint key"):
        any_chain.open_log(origin, Signer.generate(ES256))
    for bad in ("", "two\nlines", "x" * 256):
        with pytest.raises(LogError, match="an origin is"):
            any_chain.open_log(bad, Signer.generate(ES256))


def test_terms_for_elsewhere_are_not_sent(any_chain: ChainClient) -> None:
    key = Signer.generate(ES256)
    terms = any_chain.registration_terms(key.public)
    sent = any_chain.api.nonce(any_chain.address, "latest")
    for field, value, cause in (
        ("chain_id", terms.chain_id + 1, "signed for registry"),
        ("contract", any_chain.deployment.anchor, "signed for registry"),
        ("nonce", 7, "nonce 7"),
    ):
        sealed = registration.seal(key, Terms(**{**vars(terms), field: value}))
        with pytest.raises(RegistrationError, match=cause):
            any_chain.register_device(key.public, sealed)
    with pytest.raises(RegistrationError, match="not by this key"):
        any_chain.register_device(Signer.generate(ES256).public, registration.seal(key, terms))
    assert any_chain.api.nonce(any_chain.address, "latest") == sent


def test_terms_that_lapsed_are_refused_with_the_reason(any_chain: ChainClient) -> None:
    key = Signer.generate(ES256)
    terms = any_chain.registration_terms(key.public, valid_for_s=-1)
    with pytest.raises(RevertedError) as caught:
        any_chain.register_device(key.public, registration.seal(key, terms))
    assert caught.value.reason == "device_registry: deadline has passed"


def test_contracts_are_looked_at_before_they_are_used(any_chain: ChainClient) -> None:
    good = any_chain.deployment
    reader = ChainClient(any_chain.api.node)
    with pytest.raises(DeploymentError, match="no contracts"):
        reader.device(bytes(32))
    with pytest.raises(WrongChainError, match="name that chain's node"):
        reader.use(Deployment(good.chain_id + 1, good.registry, good.anchor, good.block))
    for registry, anchor in ((good.anchor, good.anchor), (good.registry, bytes(20))):
        with pytest.raises(DeploymentError, match="no contract of this version"):
            reader.use(Deployment(good.chain_id, registry, anchor, good.block))
    reader.use(good)
    assert reader.device(bytes(32)) is None
    with pytest.raises(AccountError, match="name a key file"):
        reader.revoke_device(bytes(32))


def test_contracts_of_an_earlier_version_are_named(any_chain: ChainClient) -> None:
    path = Path(__file__).with_name("earlier_contracts.json")
    creation = {
        name: bytes.fromhex(code[2:]) for name, code in json.loads(path.read_text()).items()
    }
    registry = any_chain._sender.send(None, creation["device_registry"]).contract
    assert registry is not None
    anchor = any_chain._sender.send(
        None, creation["log_anchor"] + registry.rjust(32, b"\0")
    ).contract
    assert anchor is not None
    good = any_chain.deployment
    reader = ChainClient(any_chain.api.node)
    for pair in ((registry, anchor), (good.registry, anchor)):
        with pytest.raises(
            EarlierContractError, match=r"earlier version of Sealmote.*chain deploy"
        ):
            reader.use(Deployment(good.chain_id, *pair, good.block))


def test_an_empty_account_is_named(any_chain: ChainClient) -> None:
    poor = ChainClient(any_chain.api.node, dev_account(999))
    poor.use(any_chain.deployment)
    with pytest.raises(InsufficientFundsError, match="send ether"):
        poor.open_log(fresh_origin(), Signer.generate(ES256))


def test_threads_share_an_account(any_chain: ChainClient) -> None:
    done: list[TxRef] = []

    def open_one() -> None:
        done.append(any_chain.open_log(fresh_origin(), Signer.generate(ES256)))

    threads = [threading.Thread(target=open_one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({ref.tx_hash for ref in done}) == 6
