"""Configurations put over one another (RFC 7396), and what that changes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmote.provisioning.merge_patch import changes, merged

sections = st.dictionaries(
    st.sampled_from(["sample", "power", "log"]),
    st.dictionaries(st.sampled_from(["a", "b"]), st.integers(), min_size=1) | st.text(max_size=3),
)


@given(sections)
def test_without_wishes_all_stays_and_nothing_is_told(kept: dict[str, object]) -> None:
    assert merged(kept, {}) == kept
    assert changes(kept, merged(kept, {})) == []


@given(sections, sections)
def test_what_is_wished_is_there_and_a_second_time_changes_nothing(
    kept: dict[str, object], wished: dict[str, object]
) -> None:
    once = merged(kept, wished)
    assert changes(once, merged(once, wished)) == []
    assert set(once) == set(kept) | set(wished)


# RFC 7396, appendix A: those whose original and patch are objects.
@pytest.mark.parametrize(
    ("kept", "patch", "result"),
    [
        ({"a": "b"}, {"a": "c"}, {"a": "c"}),
        ({"a": "b"}, {"b": "c"}, {"a": "b", "b": "c"}),
        ({"a": "b"}, {"a": None}, {}),
        ({"a": "b", "b": "c"}, {"a": None}, {"b": "c"}),
        ({"a": ["b"]}, {"a": "c"}, {"a": "c"}),
        ({"a": "c"}, {"a": ["b"]}, {"a": ["b"]}),
        ({"a": {"b": "c"}}, {"a": {"b": "d", "c": None}}, {"a": {"b": "d"}}),
        ({"a": [{"b": "c"}]}, {"a": [1]}, {"a": [1]}),
        ({"e": None}, {"a": 1}, {"e": None, "a": 1}),
        ({}, {"a": {"bb": {"ccc": None}}}, {"a": {"bb": {}}}),
    ],
)
def test_as_the_rfc_has_it(
    kept: dict[str, object], patch: dict[str, object], result: object
) -> None:
    assert merged(kept, patch) == result


def test_pins_go_with_their_board() -> None:
    kept = {"board": "generic", "i2c": {"sda": 1, "scl": 2}}
    assert merged(kept, {"board": "xiao-esp32c3"}) == {"board": "xiao-esp32c3"}
    assert merged(kept, {"board": "generic"}) == kept
    pins = {"sda": 3, "scl": 4}
    assert merged(kept, {"board": "xiao-esp32c3", "i2c": pins})["i2c"] == pins
