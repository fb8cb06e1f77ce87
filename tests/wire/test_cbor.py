from expect import code_of, raises, vectors

from sealwire import cbor
from sealwire.cbor import Tag
from sealwire.errors import MALFORMED


def test_rfc8949_appendix_a_decodes_and_encodes_back_or_is_refused():
    taken = 0
    for case in vectors("rfc8949_appendix_a.json")["cases"]:
        data = bytes.fromhex(case["cbor"])
        if case["in_subset"]:
            assert cbor.encode(cbor.decode(data)) == data, case
            taken += 1
        else:
            assert code_of(cbor.decode, data) == MALFORMED, case
    assert taken == 37


def test_values_decode_to_what_they_are():
    for data, value in (
        ("1bffffffffffffffff", (1 << 64) - 1),
        ("3bffffffffffffffff", -(1 << 64)),
        ("a201020341ff", {1: 2, 3: b"\xff"}),
        ("f4", False),
        ("f5", True),
        ("f6", None),
        ("4401020304", b"\x01\x02\x03\x04"),
        ("62c3bc", "\xfc"),
        ("83010203", [1, 2, 3]),
        ("c48221196ab3", Tag(4, [-2, 27315])),
    ):
        decoded = cbor.decode(bytes.fromhex(data))
        assert decoded == value, data
        assert type(decoded) is type(value), data


def test_bool_is_no_integer():
    assert cbor.encode([True, False, 1, 0]) == b"\x84\xf5\xf4\x01\x00"
    decoded = cbor.decode(b"\x84\xf5\xf4\x01\x00")
    assert [type(item) for item in decoded] == [bool, bool, int, int]


def test_map_keys_sort_by_their_bytes_not_by_length_first():
    # RFC 8949 section 4.2.1: 19 018b (395) before 20 (-1); RFC 7049 had it the other way round.
    assert cbor.encode({-1: 0, 395: 0}) == bytes.fromhex("a219018b002000")
    assert code_of(cbor.decode, bytes.fromhex("a2200019018b00")) == MALFORMED


def test_every_longer_head_is_refused():
    for data in ("1817", "190017", "1900ff", "1a0000ffff", "1b00000000ffffffff", "3817", "5800"):
        assert code_of(cbor.decode, bytes.fromhex(data)) == MALFORMED, data
    for data in ("7800", "9800", "b800", "d804820000", "f814", "f820", "d8048200"):
        assert code_of(cbor.decode, bytes.fromhex(data)) == MALFORMED, data


def test_reserved_heads_and_breaks_are_refused():
    for first in range(256):
        if first & 31 > 27:
            assert code_of(cbor.decode, bytes([first]) + bytes(16)) == MALFORMED, first
    assert code_of(cbor.decode, bytes.fromhex("9f0118ff02ff")) == MALFORMED


def test_what_ends_early_or_goes_on_is_refused():
    whole = cbor.encode({1: [b"abc", "def", 70000, Tag(4, [-2, 5])], "k": None})
    for end in range(len(whole)):
        assert code_of(cbor.decode, whole[:end]) == MALFORMED, end
    assert code_of(cbor.decode, whole + b"\x00") == MALFORMED


def test_lengths_beyond_the_data_are_refused_before_anything_is_made():
    for data in ("5bffffffffffffffff", "7affffffff", "9bffffffffffffffff", "bbffffffffffffffff"):
        assert code_of(cbor.decode, bytes.fromhex(data)) == MALFORMED, data


def test_maps_with_a_key_twice_or_of_another_kind_are_refused():
    for data in (
        "a201000100",
        "a2616100616100",
        "a1f500",
        "a14100",
        "a18000",
        "a1c4820001",
        "a1f600",
    ):
        assert code_of(cbor.decode, bytes.fromhex(data)) == MALFORMED, data


def test_text_has_to_be_well_formed_utf8():
    for data in (
        "61ff",
        "61c3",
        "62c080",  # overlong
        "63e08080",
        "64f0808080",
        "63eda080",  # a surrogate
        "63edbfbf",
        "64f4908080",  # past U+10FFFF
        "65f888808080",
    ):
        assert code_of(cbor.decode, bytes.fromhex(data)) == MALFORMED, data
    for data in ("63ed9fbf", "63ee8080", "64f48fbfbf"):  # next to what is refused
        assert cbor.encode(cbor.decode(bytes.fromhex(data))) == bytes.fromhex(data), data


def test_nesting_is_bounded():
    assert cbor.decode(b"\x81" * 8 + b"\x00")
    assert code_of(cbor.decode, b"\x81" * 9 + b"\x00") == MALFORMED
    assert code_of(cbor.decode, b"\x81" * 1000 + b"\x00") == MALFORMED


def test_decimal_fractions_are_two_integers():
    for data in (
        "c400",
        "c480",
        "c48100",
        "c483000000",
        "c482f500",
        "c48200f5",
        "c4820041",
        "c482006100",
    ):
        assert code_of(cbor.decode, bytes.fromhex(data)) == MALFORMED, data
    for tag in (0, 1, 2, 3, 5, 18, 24, 55799):
        head = bytearray()
        cbor.encode_head(6, tag, head)
        assert code_of(cbor.decode, bytes(head) + b"\x82\x00\x00") == MALFORMED, tag


def test_encode_keeps_to_the_subset():
    for value in (1.5, {1, 2}, object(), Tag(5, [0, 1]), {b"k": 1}, {True: 1}, {None: 1}):
        raises(TypeError, cbor.encode, value)
    raises(ValueError, cbor.encode, 1 << 64)
    raises(ValueError, cbor.encode, -(1 << 64) - 1)


def test_tags_compare_by_number_and_value():
    assert Tag(4, [-1, 5]) == Tag(4, [-1, 5])
    assert Tag(4, [-1, 5]) != Tag(4, [-1, 6])
    assert hash(Tag(4, [-1, 5])) == hash(Tag(4, [-1, 5]))
    assert repr(Tag(4, [-1, 5])) == "Tag(4, [-1, 5])"
