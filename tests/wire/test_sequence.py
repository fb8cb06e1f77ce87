from expect import code_of

from sealwire.errors import MALFORMED
from sealwire.sequence import split_sequence


def test_a_sequence_is_cut_into_the_bytes_of_its_items():
    items = [
        "00",
        "1b0000000000000001",
        "820102",
        "a10102",
        "d28443a10126a04040",
        "fb3ff199999999999a",
    ]
    items += [
        "9f018202039f0405ffff",
        "bf61610161629f0203ffff",
        "5f42010243030405ff",
        "7fff",
        "f8ff",
    ]
    data = bytes.fromhex("".join(items))
    assert [item.hex() for item in split_sequence(data, len(items))] == items
    assert split_sequence(b"", 1) == []


def test_too_many_items_are_refused():
    assert len(split_sequence(bytes(5), 5)) == 5
    assert code_of(split_sequence, bytes(6), 5) == MALFORMED


def test_what_cannot_be_cut_is_refused():
    for data in (
        "18",  # ends in its head
        "4401",  # ends in a string
        "8201",  # ends in an array
        "9f01",  # never ends
        "5f6100ff",  # text within bytes
        "5f5f4100ffff",  # indefinite within indefinite
        "bf01ff",  # a key with no value
        "1c",  # reserved
        "1f",  # an integer of indefinite length
        "df",
        "ff",  # a break outside
        "8201ff",
        "f81f",  # a simple value in a longer form
        "9bffffffffffffffff",
        "bbffffffffffffffff",
        "5bffffffffffffffff",
    ):
        assert code_of(split_sequence, bytes.fromhex(data), 9) == MALFORMED, data


def test_nesting_is_bounded():
    assert split_sequence(b"\x81" * 16 + b"\x00", 1)
    assert code_of(split_sequence, b"\x81" * 17 + b"\x00", 1) == MALFORMED
    assert code_of(split_sequence, b"\xc4" * 5000 + b"\x00", 1) == MALFORMED
