from expect import code_of

from sealwire import check
from sealwire.errors import MALFORMED


def test_integers_are_no_bools_and_within_their_range():
    assert check.integer(5, "it", 5, 5) == 5
    for value in (True, False, None, "5", b"5", 5.0, 4, 6, 1 << 70):
        assert code_of(check.integer, value, "it", 5, 5) == MALFORMED, value


def test_octets_are_counted():
    assert check.octets(b"ab", "it", 2, 3) == b"ab"
    for value in (b"a", b"abcd", "ab", None, [1, 2]):
        assert code_of(check.octets, value, "it", 2, 3) == MALFORMED, value


def test_text_is_printable_ascii():
    assert check.text(" ~", "it", 1, 2) == " ~"
    for value in ("", "abc", "\n", "\x7f", "\xe9", b"a", None):
        assert code_of(check.text, value, "it", 1, 2) == MALFORMED, value


def test_arrays_are_counted():
    assert check.array([1], "it", 1, 1) == [1]
    for value in ([], [1, 2], (1,), {}, None):
        assert code_of(check.array, value, "it", 1, 1) == MALFORMED, value


def test_maps_have_what_is_required_and_nothing_unknown():
    assert check.mapping({1: 0, 2: 0}, "it", (1,), (2,)) == {1: 0, 2: 0}
    for value in ({}, {2: 0}, {1: 0, 3: 0}, {1: None}, {1: 0, 2: None}, {1: 0, "1": 0}, [], None):
        assert code_of(check.mapping, value, "it", (1,), (2,)) == MALFORMED, value


def test_a_refusal_names_the_field():
    try:
        check.integer(1 << 64, "the uptime", 0, (1 << 53) - 1)
    except ValueError as error:
        cause = str(error)
    assert cause == "the uptime is outside 0..9007199254740991"
