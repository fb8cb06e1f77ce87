"""Declared models: what is read from them, what is refused and where, and what judges say of the schema."""

import json
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from declared_values import API_MODELS, valid
from sealmote.api import answers
from sealmote.models import (
    FieldError,
    Hex,
    JsonError,
    Key,
    ModelError,
    Number,
    Text,
    Whole,
    parse,
    parse_json,
    plain,
)

EXACT = (
    answers.Record,
    answers.Reading,
    answers.Readings,
)  # JSON text, not values, has their decimals


@dataclass(frozen=True, slots=True)
class Part:
    """A part."""

    first: Annotated[int, Whole(0, 9)]
    last: Annotated[int, Whole(0, 9)]

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise FieldError("is after last", "first")


@dataclass(frozen=True, slots=True)
class Wholly:
    """Everything."""

    size: Annotated[int, Whole(0), "leaves"]
    root: Annotated[bytes, Hex(2)]
    parts: list[Part]
    rate: Annotated[float, Number(0.5, 2.0)] = 1.0
    name: Annotated[str, Text("[a-z]+", "lower-case letters")] = "x"
    kind: Literal["one", "two"] = "one"
    since: Annotated[int | None, Key("from")] = None
    known: bool = False


GOOD: dict[str, Any] = {"size": 1, "root": "00ff", "parts": [{"first": 0, "last": 3}]}


def faults(change: dict[str, Any]) -> list[str]:
    with pytest.raises(ModelError) as caught:
        parse(Wholly, {**GOOD, **change})
    return [str(fault) for fault in caught.value.faults]


def test_what_is_declared_is_read_and_written() -> None:
    found = parse(Wholly, {**GOOD, "from": 7, "rate": 1})
    assert found == Wholly(1, b"\x00\xff", [Part(0, 3)], since=7)
    assert plain(found) == {**GOOD, "from": 7}


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"size": "5"}, "size is not a whole number"),
        ({"size": True}, "size = True is not a whole number"),
        ({"size": 1.0}, "size = 1.0 is not a whole number"),
        ({"size": -1}, "size = -1 is under 0"),
        ({"rate": float("nan")}, "rate = nan is outside 0.5 to 2"),
        ({"rate": 3}, "rate = 3 is outside 0.5 to 2"),
        ({"root": "00FF"}, "root is not 2 bytes in lower-case hexadecimal"),
        ({"root": "00 ff"}, "root is not 2 bytes in lower-case hexadecimal"),
        ({"root": "00"}, "root is not 2 bytes in lower-case hexadecimal"),
        ({"root": "zz"}, "root is not hexadecimal digits"),
        ({"name": "s3cret"}, "name is not lower-case letters"),
        ({"name": "\ud800"}, "name is not whole Unicode text: it has half of a surrogate pair"),
        ({"kind": "three"}, "kind is not one or two"),
        ({"known": 1}, "known = 1 is not true or false"),
        ({"parts": {}}, "parts is not a list"),
        ({"parts": [{"first": 0, "last": 10}]}, "parts[0].last = 10 is outside 0 to 9"),
        ({"parts": [{"first": 5, "last": 4}]}, "parts[0].first is after last"),
        ({"parts": [{"first": 5}]}, "parts[0].last is missing"),
        ({"parts": [5]}, "parts[0] is not an object with keys: first, last"),
        ({"\x1b[2K": 1}, r"\x1b[2K is not known: there are"),
    ],
)
def test_a_fault_has_its_path_and_shows_no_text(change: dict[str, Any], fault: str) -> None:
    (said,) = faults(change)
    assert said.startswith(fault)
    assert "s3cret" not in said


def test_all_faults_are_named_at_once() -> None:
    assert len(faults({"size": None, "root": 1, "colour": "red"})) == 3
    many = [{"first": -1, "last": 3}] * 1_000_000
    assert len(faults({"parts": many})) <= 51


def test_keys_that_are_not_known_are_passed_over_where_a_newer_one_may_have_them() -> None:
    assert parse(Wholly, {**GOOD, "colour": 1}, strict=False) == parse(Wholly, GOOD)


@pytest.mark.parametrize(
    "text", ["", "{", "[" * 100_000, '{"a": 1, "a": 1}', '{"a": NaN}', b"\xff"]
)
def test_what_is_no_json_is_said_to_be_none(text: str | bytes) -> None:
    with pytest.raises(JsonError):
        parse_json(Wholly, text)


def test_decimals_keep_the_digits_that_were_written() -> None:
    text = '{"name": "t", "unit": null, "value": 21.50}'
    assert str(parse_json(answers.Record, text).value) == "21.50"
    assert parse_json(answers.Record, text.replace("21.50", "7")).value == Decimal(7)


def test_a_field_that_json_has_nothing_for_is_no_field() -> None:
    @dataclass
    class Odd:
        at: complex

    with pytest.raises(TypeError, match="no field can be"):
        parse(Odd, {})


@given(st.data())
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_every_answer_is_read_and_written_as_it_was(data: st.DataObject) -> None:
    model = data.draw(st.sampled_from([one for one in API_MODELS if one not in EXACT]))
    value = data.draw(valid(model))
    found = parse(model, value)
    assert parse(model, json.loads(json.dumps(plain(found)))) == found
