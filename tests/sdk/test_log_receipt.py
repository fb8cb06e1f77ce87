"""RFC 9942 receipts: ours read by pycose, and every way to spoil one."""

import json
import os
import subprocess
from pathlib import Path

import cbor2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmote.crypto import Signer
from sealmote.log import merkle, receipt
from sealmote.log.errors import LogError, ProofError, ReceiptError
from sealmote.log.receipt import Receipt
from sealwire.cose import leaf_hash
from sealwire.keys import ES256, ES256K
from tree import levels_of

ORIGIN = "sealmote.example/demo"
SIGNER = Signer(ES256, bytes(31) + b"\7")
KEY = SIGNER.public
MESSAGES = [b"reading %d" % index for index in range(11)]
PYCOSE = Path(__file__).parents[2] / ".venv" / "peer-pycose" / "bin" / "python"


def issued(index: int, size: int) -> tuple[bytes, bytes]:
    """A receipt for MESSAGES[index] in the tree of the first `size`, and that tree's root."""
    leaves = [leaf_hash(message) for message in MESSAGES[:size]]
    nodes = levels_of(leaves)
    path = merkle.inclusion_path(lambda level, at: nodes[level][at], index, size)
    root = merkle.root_of(leaves)
    return receipt.issue(SIGNER, ORIGIN, MESSAGES[index], index, size, path, root), root


@pytest.mark.parametrize("size", range(1, 12))
def test_every_leaf_of_small_trees(size: int) -> None:
    for index in range(size):
        data, root = issued(index, size)
        read, proven = receipt.verify(MESSAGES[index], data, KEY, ORIGIN)
        assert proven == root
        assert (read.origin, read.index, read.size, read.kid) == (ORIGIN, index, size, KEY.kid())
        assert Receipt.parse(data) == read
        assert read.encode() == data


def test_fields_as_another_decoder_sees_them() -> None:
    """cbor2 reads the labels and values of RFC 9942 section 5.2, in a one-leaf tree no path."""
    data, _ = issued(0, 1)
    message = cbor2.loads(data)
    assert message.tag == 18
    protected, unprotected, payload, signature = message.value
    assert cbor2.loads(protected) == {1: -7, 4: KEY.kid(), 15: {1: ORIGIN}, 395: 1}
    assert list(unprotected) == [396]
    assert list(unprotected[396]) == [-1]
    assert [cbor2.loads(proof) for proof in unprotected[396][-1]] == [[1, 0, []]]
    assert payload is None
    assert len(signature) == 64


_PEER = """
import json, sys
from pycose.keys import CoseKey
from pycose.messages import CoseMessage, Sign1Message
answers = []
for data, root, key in json.load(sys.stdin):
    message = CoseMessage.decode(bytes.fromhex(data))
    assert isinstance(message, Sign1Message) and message.payload is None
    message.key = CoseKey.decode(bytes.fromhex(key))
    answers.append(message.verify_signature(detached_payload=bytes.fromhex(root)))
json.dump(answers, sys.stdout)
"""


def test_pycose_accepts_our_receipts() -> None:
    """By detached verification over the root, and no other root."""
    if not PYCOSE.exists():
        if os.environ.get("CI") == "true":
            pytest.fail(f"{PYCOSE} is missing: run `make test`, which sets it up")
        pytest.skip(f"RECEIPTS NOT CHECKED BY PYCOSE: {PYCOSE} is missing, `make test` makes it")
    cases = []
    for index, size in ((0, 1), (0, 8), (5, 8), (10, 11)):
        data, root = issued(index, size)
        other = bytes([root[0] ^ 1]) + root[1:]
        cases += [[part.hex() for part in (data, given, KEY.cose())] for given in (root, other)]
    done = subprocess.run(
        [PYCOSE, "-c", _PEER], input=json.dumps(cases), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == [True, False] * 4


def test_every_flipped_bit_is_refused() -> None:
    """Except in size and index where the path's turns stay the same: nothing signs those."""
    data, root = issued(5, 11)
    honest = Receipt.parse(data)
    assert receipt.verify(MESSAGES[5], data, KEY, ORIGIN)[1] == root
    for bit in range(8 * len(data)):
        spoiled = bytearray(data)
        spoiled[bit // 8] ^= 1 << bit % 8
        try:
            read, proven = receipt.verify(MESSAGES[5], bytes(spoiled), KEY, ORIGIN)
        except LogError:
            continue
        assert proven == root
        assert (read.path, read.signature) == (honest.path, honest.signature)
        if read.index == 5:
            assert read.size != 11
            continue
        with pytest.raises(ProofError):  # a checkpoint's size settles the index
            merkle.verify_inclusion(leaf_hash(MESSAGES[5]), read.index, 11, read.path, root)


@pytest.mark.parametrize("index", range(11))
def test_a_receipt_is_for_its_message_only(index: int) -> None:
    data, _ = issued(index, 11)
    for other in range(11):
        if other != index:
            with pytest.raises(ReceiptError, match="does not hold"):
                receipt.verify(MESSAGES[other], data, KEY, ORIGIN)


def test_another_log_or_key_is_refused() -> None:
    data, _ = issued(3, 11)
    with pytest.raises(ReceiptError, match="receipt of the log"):
        receipt.verify(MESSAGES[3], data, KEY, "sealmote.example/other")
    with pytest.raises(ReceiptError, match="not with this one"):
        receipt.verify(MESSAGES[3], data, Signer.generate(ES256).public, ORIGIN)


def test_a_wrong_path_is_not_signed() -> None:
    with pytest.raises(ProofError):
        receipt.issue(SIGNER, ORIGIN, MESSAGES[0], 0, 2, [bytes(32)], bytes(32))
    leaf, koblitz = leaf_hash(MESSAGES[0]), Signer.generate(ES256K)
    with pytest.raises(ReceiptError, match="ES256"):
        receipt.issue(koblitz, ORIGIN, MESSAGES[0], 0, 1, [], leaf)


def rebuilt(**change: object) -> bytes:
    """A receipt with one part replaced, its signature otherwise as it was."""
    read = Receipt.parse(issued(5, 11)[0])
    proof = [read.size, read.index, list(read.path)]
    parts: dict[str, object] = {
        "protected": read.protected(),
        "unprotected": {396: {-1: [cbor2.dumps(change.get("proof", proof))]}},
        "payload": None,
        "signature": read.signature,
    }
    parts.update({name: value for name, value in change.items() if name in parts})
    return cbor2.dumps(cbor2.CBORTag(18, list(parts.values())))


def test_rebuilding_is_faithful() -> None:
    assert rebuilt() == issued(5, 11)[0]


@pytest.mark.parametrize(
    "change",
    [
        {"payload": b""},
        {"payload": bytes(32)},
        {"signature": bytes(63)},
        {"signature": bytes(64)},
        {"unprotected": {}},
        {"unprotected": {396: {}}},
        {"unprotected": {396: {-1: []}}},
        {"unprotected": {396: {-2: [b""]}}},
        {"unprotected": {396: {-1: [Receipt.parse(issued(5, 11)[0]).proof()] * 2}}},
        {"unprotected": {396: {-1: [b"\x83\x01\x00\x80"]}, 4: b"kid"}},
        {"protected": b""},
        {"protected": cbor2.dumps({1: -7})},
        {"protected": cbor2.dumps({1: -7, 4: KEY.kid(), 15: {1: ORIGIN}, 395: 2})},
        {"protected": cbor2.dumps({1: -47, 4: KEY.kid(), 15: {1: ORIGIN}, 395: 1})},
        {"protected": cbor2.dumps({1: -7, 4: KEY.kid()[:7], 15: {1: ORIGIN}, 395: 1})},
        {"protected": cbor2.dumps({1: -7, 4: KEY.kid(), 15: {1: ORIGIN, 2: ""}, 395: 1})},
        {"proof": [11, 5]},
        {"proof": [11, 11, []]},
        {"proof": [0, 0, []]},
        {"proof": [11, -1, []]},
        {"proof": [11, 5, [bytes(31)] * 4]},
        {"proof": [11, 5, [bytes(32)] * 65]},
        {"proof": [11, 5, []]},
        {"proof": [11, 5, None]},
        {"proof": [11, True, [bytes(32)] * 4]},
    ],
)
def test_other_parts_are_refused(change: dict[str, object]) -> None:
    with pytest.raises((ReceiptError, ProofError)):
        receipt.verify(MESSAGES[5], rebuilt(**change), KEY, ORIGIN)


def test_other_encodings_are_refused() -> None:
    """No tag, trailing bytes, a longer head: off-the-shelf libraries take them, we do not."""
    data, _ = issued(5, 11)
    assert data[:2] == b"\xd2\x84"
    for spelling in (data[1:], data + b"\0", b"\xd8\x12" + data[1:], b"\xd2\x98\x04" + data[2:]):
        cbor2.loads(spelling.removesuffix(b"\0") if spelling.endswith(b"\0") else spelling)
        with pytest.raises(ReceiptError, match="not a receipt"):
            Receipt.parse(spelling)
    with pytest.raises(ReceiptError):
        Receipt.parse(b"\xd2\x9f" + data[2:] + b"\xff")


@given(st.binary(max_size=300))
def test_no_input_crashes(data: bytes) -> None:
    for spoiled in (data, b"\xd2\x84" + data):
        with pytest.raises(ReceiptError):
            Receipt.parse(spoiled)


def test_oversized_input_is_refused() -> None:
    with pytest.raises(ReceiptError, match="4096"):
        Receipt.parse(b"\xd2" + bytes(5000))
