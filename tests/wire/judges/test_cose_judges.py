"""Messages before other projects' COSE libraries: honest ones pass there, and only there their doubles."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from sealmote.crypto import verify
from sealwire import message
from sealwire.errors import WireError
from sealwire.keys import PublicKey

VECTORS = Path(__file__).parents[2] / "vectors"
Judge = Callable[[list[tuple[str, str]]], list[bool]]

# pycose 1.1 knows no ES256K (-47).
ALGORITHMS = {"pycose": {-7}, "cwt": {-7, -47}}

# How many of the other encodings each library takes (46 and 83 when this was written): far fewer would
# mean that nothing is compared.
TAKEN_AT_LEAST = {"pycose": 40, "cwt": 75}


def _load(name: str) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((VECTORS / name).read_text("utf-8"))
    return loaded


def _pairs(document: dict[str, Any], cases: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(document["keys"][case["key"]]["cose_key"], case["bytes"]) for case in cases]


def _known(
    name: str, document: dict[str, Any], cases: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """Return the cases under an algorithm that the library has."""
    return [case for case in cases if document["keys"][case["key"]]["alg"] in ALGORITHMS[name]]


def test_peers_accept_every_signed_thing(peer: tuple[str, Judge]) -> None:
    name, judge = peer
    document = _load("must_accept.json")
    cases = _known(name, document, [case for case in document["cases"] if "key" in case])
    verdicts = judge(_pairs(document, cases))
    assert [case["name"] for case, taken in zip(cases, verdicts, strict=True) if not taken] == []


def test_what_peers_take_for_the_same_message_is_refused(
    peer: tuple[str, Judge], ask_both: Callable[[list[str]], list[str]]
) -> None:
    name, judge = peer
    document = _load("must_refuse.json")
    cases = _known(name, document, [c for c in document["cases"] if c.get("reencoding")])
    pairs = _pairs(document, cases)
    verdicts = judge(pairs)
    taken = [case["name"] for case, accepted in zip(cases, verdicts, strict=True) if accepted]
    assert len(taken) >= TAKEN_AT_LEAST[name], taken
    answers = ask_both([f"message {key} {data}" for key, data in pairs])
    assert answers == [f"refused {case['code']}" for case in cases]


def test_peers_refuse_forgeries_as_well(peer: tuple[str, Judge]) -> None:
    _, judge = peer
    document = _load("must_refuse.json")
    forged = [c for c in document["cases"] if c["code"] == 4 and not c.get("reencoding")]
    assert len(forged) >= 5
    assert not any(judge(_pairs(document, forged)))


def _readings() -> list[tuple[PublicKey, bytes]]:
    document = _load("must_accept.json")
    cases = [case for case in document["cases"] if case["kind"] == "message"]
    return [
        (PublicKey.parse(bytes.fromhex(k)), bytes.fromhex(m)) for k, m in _pairs(document, cases)
    ]


def _accepts(key: PublicKey, data: bytes) -> bool:
    try:
        parsed = message.parse(data)
    except WireError:
        return False
    header = parsed.header
    if header.alg != key.alg or header.kid != key.kid():
        return False
    return verify(key, parsed.sign1.sig_structure(), parsed.sign1.signature)


def test_no_flip_of_a_single_bit_is_accepted() -> None:
    readings = _readings()
    assert len(readings) > 3
    for key, data in readings:
        assert _accepts(key, data)
        for bit in range(8 * len(data)):
            flipped = bytearray(data)
            flipped[bit // 8] ^= 1 << bit % 8
            assert not _accepts(key, bytes(flipped)), bit


def test_flips_are_refused_on_both_runtimes(ask_both: Callable[[list[str]], list[str]]) -> None:
    document = _load("must_accept.json")
    case = document["cases"][0]
    data = bytes.fromhex(case["bytes"])
    key = document["keys"][case["key"]]["cose_key"]
    requests = [f"message {key} {case['bytes']}"]
    for at in range(len(data)):
        flipped = data[:at] + bytes([data[at] ^ 1 << at % 8]) + data[at + 1 :]
        requests.append(f"message {key} {flipped.hex()}")
    answers = ask_both(requests)
    assert answers[0] == "yes"
    assert all(answer.startswith("refused") for answer in answers[1:])


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.data())
def test_no_edit_of_a_message_is_accepted(data: st.DataObject) -> None:
    """Cut a piece out, put another in: never another message that the key stands for."""
    key, raw = data.draw(st.sampled_from(_readings()))
    start = data.draw(st.integers(0, len(raw)))
    end = data.draw(st.integers(start, min(len(raw), start + 8)))
    edited = raw[:start] + data.draw(st.binary(max_size=8)) + raw[end:]
    assert edited == raw or not _accepts(key, edited)
