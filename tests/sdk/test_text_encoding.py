"""Text from files and to boards: UTF-8, or words."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmote.common import text_encoding
from sealmote.errors import SealmoteError

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_json_for_boards_has_the_characters_themselves(value: Any) -> None:
    text = text_encoding.json_for_board(value)
    assert json.loads(text) == value
    assert "\\ud" not in text.replace("\\\\", "").lower()


@pytest.mark.parametrize("value", ["\ud83c", ["a", "\udf88b"], {"\udcff": 1}])
def test_half_a_pair_is_refused_in_words(value: Any) -> None:
    with pytest.raises(SealmoteError, match="half of a surrogate pair"):
        text_encoding.json_for_board({"wifi": value})


@pytest.mark.parametrize("text", ["{}", "é🎈", ""])
def test_a_byte_order_mark_is_passed_over(text: str) -> None:
    assert (
        text_encoding.decode(text.encode())
        == text_encoding.decode(text.encode("utf-8-sig"))
        == text
    )


@pytest.mark.parametrize("coding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be"])
def test_other_encodings_are_named(coding: str) -> None:
    with pytest.raises(text_encoding.TextError, match="it is UTF-16 or UTF-32: save it as UTF-8"):
        text_encoding.decode('{"wifi": 1}'.encode(coding))


def test_what_is_no_text_is_said_to_be_none() -> None:
    with pytest.raises(text_encoding.TextError, match="byte 3 is not UTF-8"):
        text_encoding.decode("caf\xe9".encode("latin-1"))
