from expect import BOARD_K, GATEWAY, code_of

from sealwire import cbor, cose, envelope
from sealwire.errors import (
    BAD_SIGNATURE,
    MALFORMED,
    TOO_LARGE,
    UNSUPPORTED_CONTENT,
    WRONG_ALGORITHM,
)

KIND = "application/vnd.sealmote.test+cbor"


def opened(data, key=GATEWAY.public, kind=KIND, limit=1000):
    return envelope.open_payload(data, key, kind, limit)


def signed(header):
    return cose.sign(GATEWAY, cbor.encode(header), b"\x01").encode()


def test_what_is_sealed_opens():
    for key in (GATEWAY, BOARD_K):
        assert opened(envelope.seal(key, KIND, b"\x01\x02"), key.public) == b"\x01\x02"


def test_another_kind_key_algorithm_or_size_is_refused():
    data = envelope.seal(GATEWAY, KIND, b"\x01")
    other = type(GATEWAY)(GATEWAY.alg, b"\x01" * 32).public
    assert code_of(opened, data, other) == BAD_SIGNATURE
    assert code_of(opened, data, BOARD_K.public) == WRONG_ALGORITHM
    assert code_of(opened, data, GATEWAY.public, KIND + "2") == UNSUPPORTED_CONTENT
    assert code_of(opened, data, GATEWAY.public, KIND, len(data) - 1) == TOO_LARGE


def test_the_header_is_algorithm_and_kind_alone():
    assert opened(signed({1: -7, 3: KIND})) == b"\x01"
    for header in (
        {},
        {1: -7},
        {3: KIND},
        {1: -7, 3: KIND, 4: b"12345678"},
        {1: -7, 3: KIND, "x": 1},
    ):
        assert code_of(opened, signed(header)) == MALFORMED, header
    assert code_of(opened, signed({1: -7, 3: 112})) == MALFORMED
    assert code_of(opened, signed({1: -8, 3: KIND})) == WRONG_ALGORITHM
    assert code_of(opened, signed({1: True, 3: KIND})) == MALFORMED


def test_a_flipped_bit_anywhere_is_refused():
    data = envelope.seal(GATEWAY, KIND, b"\x01")
    # One bit of each byte: a verification takes milliseconds here, a second on a board.
    for at in range(len(data)):
        flipped = data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]
        assert code_of(opened, flipped)
