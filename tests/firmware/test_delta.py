"""Messages as their differences: whole again, whatever they are, and small where they are alike."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mote.storage import delta
from sealmote.crypto import Signer
from sealwire import message
from sealwire.keys import ES256
from sealwire.senml import Pack, Record


def decoded(data: bytes, reference: bytes) -> bytes:
    return bytes(delta.decode(data, reference, 1024))


@given(st.binary(max_size=1024), st.binary(max_size=1024), st.data())
def test_every_message_comes_back(one: bytes, reference: bytes, data: st.DataObject) -> None:
    assert decoded(delta.encode(one, reference), reference) == one
    alike = bytearray(reference)
    for at in data.draw(st.sets(st.integers(0, max(len(reference) - 1, 0)), max_size=9)):
        alike[at : at + 1] = b"\x55"
    encoded = delta.encode(bytes(alike), reference)
    assert decoded(encoded, reference) == bytes(alike)
    assert len(encoded) <= 3 * 9 + 2 * (len(reference) // 255 + 1)


@pytest.mark.parametrize("size", [0, 100, 254, 255, 256, 300, 511, 767, 1023])
def test_a_message_much_longer_than_the_reference_comes_back(size: int) -> None:
    reference, longest = bytes(size), bytes(range(256)) * 4
    assert decoded(delta.encode(longest, reference), reference) == longest


@given(st.binary(max_size=64), st.binary(max_size=32))
def test_whatever_is_decoded_stays_within_its_bound(data: bytes, reference: bytes) -> None:
    try:
        found = delta.decode(data, reference, 48)
    except ValueError:
        found = bytearray()
    assert len(found) <= 48


@pytest.mark.parametrize("data", [b"\x00", b"\x00\x01", b"\x05\x00", b"\x00\x02a", b"\x04\x00\x01"])
def test_what_is_no_encoding_is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match="a group"):
        delta.decode(data, b"abcd", 16)


def test_a_reading_takes_little_more_than_its_signature() -> None:
    key = Signer.generate(ES256)

    def sealed(number: int) -> bytes:
        now = 1_800_000_000 + 60 * number
        values = [Record("t", "Cel", 2100 + number, -2), Record("h", "%RH", 4500 - number, -2)]
        pack = Pack(now, [*values, Record("p", "Pa", 99000 + number)])
        return message.seal(key, pack, 3, number, now)

    first = sealed(300)
    sizes = [len(delta.encode(sealed(number), first)) for number in range(301, 360)]
    assert max(sizes) <= 100
    assert all(len(sealed(number)) == len(first) for number in range(301, 360))
