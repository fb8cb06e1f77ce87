"""docs/spec/sealmote.cddl against real output, judged by cddl-verifier (another project's)."""

import json
from pathlib import Path
from typing import Any

import pytest
from cddl_verifier import Validator
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmote.chain.evm.logs import LOG_MEDIA_TYPE
from sealmote.crypto import Signer
from sealmote.log import merkle, receipt
from sealwire import cbor, cose, envelope, registration, senml_codec
from sealwire.errors import WireError
from sealwire.header import TIME_MAX, TIME_MIN
from sealwire.keys import ES256

ROOT = Path(__file__).parents[3]
CDDL = Validator(ROOT / "docs/spec/sealmote.cddl")
VECTORS = ROOT / "tests/vectors"

# The kinds of the vectors, as the specification's rules are called.
RULES = {
    "message": ("reading", "statement"),
    "acknowledgement": ("acknowledgement",),
    "registration": ("registration",),
    "evidence": ("evidence",),
    "key": ("cose-key",),
}


def _cases(name: str) -> list[dict[str, Any]]:
    cases: list[dict[str, Any]] = json.loads((VECTORS / name).read_text("utf-8"))["cases"]
    return cases


def _valid(data: bytes, rules: tuple[str, ...]) -> bool:
    return any(CDDL.validate(data, rule).valid for rule in rules)


@pytest.mark.parametrize("case", _cases("must_accept.json"), ids=lambda case: str(case["name"]))
def test_real_output_is_valid_under_its_own_rule_alone(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["bytes"])
    matching = [kind for kind, rules in RULES.items() if _valid(data, rules)]
    assert matching == [case["kind"]]


# What CDDL cannot say (wire.md does): relations between fields, and what a key or a size decides.
BEYOND_CDDL = {
    "ES256K under a P-256 key",
    "kid of another key",
    "base time without iat",
    "name twice",
    "uptime in milliseconds",
    "a run that ends before it begins",
    "a run that ends before it begins, version 1",
    "a block larger than all that is free",
    "acknowledgement of another log",
    "evidence of two numbers",
    "evidence of one message twice",
    "point off the curve",
    "point 0, 0",
    "secp256k1's number and algorithm over a P-256 point",
    "another key's kid",
}


def test_malformed_fields_are_invalid() -> None:
    cases = [
        case
        for case in _cases("must_refuse.json")
        if not case.get("reencoding") and case["code"] not in {4, 7}
    ]
    valid = {
        case["name"]
        for case in cases
        if "asked" not in case  # it is a sound one, and judged by who asked
        and _valid(bytes.fromhex(case["bytes"]), RULES[case["kind"]])
    }
    assert len(cases) > 45
    assert valid <= BEYOND_CDDL | {"another device's message"}


fractions = st.builds(
    lambda exponent, mantissa: cbor.Tag(4, [exponent, mantissa]),
    st.integers(-11, 1),
    st.integers(-(2**63), 2**63),
)
numbers = st.integers(-(2**64), 2**64 - 1) | st.sampled_from(
    [-(2**63), 1 - 2**63, 2**63 - 1, 2**63]
)
texts = st.text("abzAZ09-:./_ \xe9", max_size=26) | st.from_regex(
    r"[a-z][a-z0-9/_-]{0,25}", fullmatch=True
)
times = st.integers(TIME_MIN, TIME_MAX) | st.sampled_from([5, TIME_MIN - 1, TIME_MAX + 1])
anything = st.one_of(
    numbers, fractions, texts, times, st.binary(max_size=3), st.booleans(), st.none()
)

records = st.fixed_dictionaries({-3: times, 0: texts, 2: numbers | fractions}, optional={1: texts})
labels = st.sampled_from([-3, -2, -1, 0, 1, 2, 3, 5, 6])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(records, labels, anything)
def test_packs_that_parse_are_valid_and_invalid_ones_do_not_parse(
    record: dict[int, object], label: int, value: object
) -> None:
    for fields in (record, {**record, label: value}):
        payload = cbor.encode([fields])
        valid = CDDL.validate(payload, "senml-pack").valid
        if _parses(payload):
            assert valid
        elif valid:
            # CDDL cannot say that a record named uptime, or one without a base time, is of its own kind.
            assert "uptime" in fields.values() or -3 not in fields


def _parses(payload: bytes) -> bool:
    try:
        senml_codec.parse(payload)
    except WireError:
        return False
    return True


def test_the_outside_is_what_the_rule_says() -> None:
    data = bytes.fromhex(_cases("must_accept.json")[0]["bytes"])
    parts = cose.parse(data, len(data))
    assert _valid(parts.encode(), ("reading",))
    assert not _valid(data[1:], ("reading",))


def test_what_a_log_signs_is_valid() -> None:
    log = Signer(ES256, bytes(31) + b"\x0b")
    messages = [f"message {number}".encode() for number in range(2)]
    leaves = [cose.leaf_hash(data) for data in messages]
    root = merkle.root_of(leaves)
    two = receipt.issue(log, "sealmote.example", messages[0], 0, 2, [leaves[1]], root)
    one = receipt.issue(log, "sealmote.example", messages[0], 0, 1, [], leaves[0])
    assert _valid(one, ("receipt",))
    assert _valid(two, ("receipt",))
    assert not _valid(two, ("reading", "log-opening", "registration"))
    terms = registration.Terms(31337, b"\x0c" * 20, b"\x0e" * 20, 7, 1764000000)
    opening = envelope.seal(log, LOG_MEDIA_TYPE, terms.encode())
    assert _valid(opening, ("log-opening",))
    assert not _valid(opening, ("registration",))
