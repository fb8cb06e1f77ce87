"""What the fast signer signs, and the keys it derives, before other people's vectors and libraries."""

import random
import re
from collections.abc import Callable
from hashlib import sha256
from importlib import resources

import coincurve
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed, decode_dss_signature
from tools.gen_signer import DEFAULT_TABLE
from tools.signer.layout import CURVES
from tools.signer.table import SHAPES

from sealwire import ecdsa
from sealwire.keys import ES256, ES256K, SecretKey, curve_of

Ask = Callable[[list[str]], list[str]]
OPENSSL = {ES256: ec.SECP256R1(), ES256K: ec.SECP256K1()}
PARAMETERS = dict(zip((ES256, ES256K), CURVES, strict=True))
DETERMINISTIC = ec.ECDSA(Prehashed(hashes.SHA256()), deterministic_signing=True)


def _raw(der: bytes, n: int) -> str:
    r, s = decode_dss_signature(der)
    return f"{r:064x}{min(s, n - s):064x}"


def _expected(alg: int, secret: int, digest: bytes) -> str:
    """Return OpenSSL's deterministic signature, its s made low, which libsecp256k1 shares."""
    n = curve_of(alg).n
    found = _raw(ec.derive_private_key(secret, OPENSSL[alg]).sign(digest, DETERMINISTIC), n)
    if alg == ES256K:
        key = coincurve.PrivateKey(secret.to_bytes(32, "big"))
        assert _raw(key.sign(digest, hasher=None), n) == found
    return found


def _point(alg: int, secret: int) -> str:
    numbers = ec.derive_private_key(secret, OPENSSL[alg]).public_key().public_numbers()
    return f"{numbers.x:064x} {numbers.y:064x}"


def _edges(alg: int) -> list[int]:
    """Secrets at the ends of the range, and those that make the comb's digits extreme."""
    n = curve_of(alg).n
    blocks, teeth, spacing = SHAPES[DEFAULT_TABLE]
    ones = (1 << blocks * teeth * spacing) - 1
    digits = [0, ones >> 8, int("01" * 128, 2), int("10" * 128, 2), (1 << 255) - 1, 1 << 255]
    digits += [sum(1 << (spacing * i) for i in range(23)), sum(63 << (66 * i) for i in range(4))]
    combs = [(2 * t - ones) % n for t in digits]
    near = [n - 1, n - 2, n // 2, n // 2 + 1, 2**255, 2**256 - 2**225, (n + 1) // 2 + 1]
    limbs = [8191 << (13 * i) for i in range(0, 19, 3)] + [1 << (13 * i) for i in range(1, 20)]
    return [1, 2, 3, *near, *combs, *limbs]


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_keys_at_the_edges(alg: int, ask: Ask) -> None:
    edges = _edges(alg)
    answers = ask([f"public {alg} {secret:064x}" for secret in edges])
    assert [answer.rsplit(" ", 1)[0] for answer in answers] == [_point(alg, s) for s in edges]


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_signatures_at_the_edges(alg: int, ask: Ask) -> None:
    n = curve_of(alg).n
    digests = [
        value.to_bytes(32, "big") for value in (0, 1, n - 1, n, n + 1, 2**256 - 1, 2**255, n // 2)
    ]
    cases = [(secret, digest) for secret in _edges(alg) for digest in digests]
    answers = ask([f"sign {alg} {secret:064x} {digest.hex()}" for secret, digest in cases])
    # OpenSSL's own RFC 6979 leaves a digest past n as it is: plain Python, which other tests judge.
    assert answers == [ecdsa.sign(curve_of(alg), secret, digest).hex() for secret, digest in cases]


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_thousands_of_random_signatures_and_keys(alg: int, ask: Ask) -> None:
    draw = random.Random(alg)
    n = curve_of(alg).n
    cases = [(draw.randrange(1, n), draw.randbytes(32)) for _ in range(2000)]
    signatures = ask([f"sign {alg} {secret:064x} {digest.hex()}" for secret, digest in cases])
    assert signatures == [_expected(alg, secret, digest) for secret, digest in cases]
    keys = [secret for secret, _ in cases[:500]]
    answers = ask([f"public {alg} {secret:064x}" for secret in keys])
    assert answers == [f"{_point(alg, secret)} 1" for secret in keys]


def test_rfc6979_a_2_5(ask: Ask) -> None:
    folder = resources.files("cryptography_vectors") / "asymmetric/ECDSA/RFC6979"
    text = (folder / "evppkey_ecdsa_rfc6979.txt").read_text("utf-8")
    entry = r'^DigestSign = SHA256\nKey = P-256_PRIV\n.*\nInput = "(.*)"\nOutput = (\w+)$'
    found = re.findall(entry, text, re.MULTILINE)
    assert [message for message, _ in found] == ["sample", "test"]
    secret = "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
    asked = [f"sign {ES256} {secret} {sha256(m.encode()).hexdigest()}" for m, _ in found]
    n = curve_of(ES256).n
    assert ask(asked) == [_raw(bytes.fromhex(der), n) for _, der in found]


def _collisions(alg: int) -> list[int]:
    """Return the secrets for which the comb's last addition meets its own operand.

    The last entry added is e*G, and so is the sum before it if the whole is 2e*G: it happens where the
    digit that 2e has at that place is e itself.
    """
    n = curve_of(alg).n
    blocks, teeth, spacing = SHAPES[DEFAULT_TABLE]
    ones = (1 << blocks * teeth * spacing) - 1
    half = (n + 1) // 2
    places = [((blocks - 1) * teeth + tooth) * spacing for tooth in range(teeth)]
    found = []
    for pattern in range(1 << teeth):
        signs = [1 if pattern >> tooth & 1 else -1 for tooth in range(teeth)]
        secret = 2 * sum(sign << place for sign, place in zip(signs, places, strict=True)) % n
        t = secret * half % n + ones * half % n
        if all((t >> place & 1) == (sign > 0) for place, sign in zip(places, signs, strict=True)):
            found.append(secret)
    return found


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_an_addition_that_meets_its_own_operand_is_made_good(alg: int, ask: Ask) -> None:
    secrets = _collisions(alg)
    assert secrets
    answers = ask([f"public {alg} {secret:064x}" for secret in secrets])
    assert answers == [f"{_point(alg, secret)} 2" for secret in secrets]


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_bad_input_is_named_and_signs_nothing(alg: int, ask: Ask) -> None:
    n = curve_of(alg).n
    good, digest = "11" * 32, "22" * 32
    refused = {
        f"sign {alg} {0:064x} {digest}": "a secret of zero",
        f"sign {alg} {n:064x} {digest}": "not below the curve's order",
        f"sign {alg} {n + 1:064x} {digest}": "not below the curve's order",
        f"sign {alg} {2**256 - 1:064x} {digest}": "not below the curve's order",
        f"sign {alg} {good[2:]} {digest}": "a secret of 31 bytes",
        f"sign {alg} {good}00 {digest}": "a secret of 33 bytes",
        f"sign {alg} {good} {digest[2:]}": "a digest of 31 bytes",
        f"sign {alg} {good} {digest}00": "a digest of 33 bytes",
        f"sign {alg} {good} -": "a digest of 0 bytes",
        f"public {alg} {0:064x}": "a secret of zero",
        f"public {alg} {n:064x}": "not below the curve's order",
        f"public {alg} {good[2:]}": "a secret of 31 bytes",
    }
    answers = ask([*refused, f"sign {alg} {good} {digest}", "sign -8 {good} {digest}"])
    for answer, cause in zip(answers, refused.values(), strict=False):
        assert answer.startswith("ValueError: ")
        assert cause in answer
    assert answers[-2] == _expected(alg, int(good, 16), bytes.fromhex(digest))
    assert answers[-1].startswith("ValueError: algorithm -8")


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_a_signature_leaves_at_most_four_kilobytes_behind(alg: int, ask: Ask) -> None:
    (left,) = ask([f"garbage {alg} {'11' * 32} {'22' * 32}"])
    assert int(left) <= 4096


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_the_same_bytes_as_plain_python(alg: int, ask: Ask) -> None:
    key = SecretKey(alg, b"\x11" * 32)
    message = b"a reading"
    assert ask([f"sign {alg} {'11' * 32} {sha256(message).hexdigest()}"]) == [
        key.sign(message).hex()
    ]
