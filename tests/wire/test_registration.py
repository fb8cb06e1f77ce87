from expect import BOARD, BOARD_K, GATEWAY, code_of

from sealwire import cbor, envelope, registration
from sealwire.cose import parse
from sealwire.errors import BAD_SIGNATURE, MALFORMED, UNSUPPORTED_CONTENT, WRONG_ALGORITHM
from sealwire.registration import Terms

CONTRACT = bytes(range(20))
OWNER = bytes(range(20, 40))
MOST = (1 << 256) - 1
MEDIA_TYPE = b"application/vnd.sealmote.registration+cbor"


def given():
    return Terms(31337, CONTRACT, OWNER, 7, 1764000000)


def test_the_signed_bytes_are_at_fixed_places():
    # What a contract rebuilds from constants: they must never move.
    for key, alg in ((BOARD, b"\x26"), (BOARD_K, b"\x38\x2e")):
        for terms in (
            given(),
            Terms(0, bytes(20), bytes(20), 0, 0),
            Terms(MOST, b"\xff" * 20, OWNER, MOST, 0),
        ):
            sign1 = parse(registration.seal(key, terms), registration.MAX_REGISTRATION)
            assert sign1.protected == b"\xa2\x01" + alg + b"\x03\x78\x2a" + MEDIA_TYPE
            assert sign1.payload == (
                b"\x85\x58\x20"
                + terms.chain_id.to_bytes(32, "big")
                + b"\x54"
                + terms.contract
                + b"\x54"
                + terms.owner
                + b"\x58\x20"
                + terms.nonce.to_bytes(32, "big")
                + b"\x48"
                + terms.deadline.to_bytes(8, "big")
            )
            assert len(sign1.payload) == 120
            assert sign1.sig_structure() == (
                b"\x84\x6aSignature1"
                + (b"\x58\x30" if key is BOARD else b"\x58\x31")
                + sign1.protected
                + b"\x40\x58\x78"
                + sign1.payload
            )


def test_terms_read_back():
    for key in (BOARD, BOARD_K):
        again = registration.open_terms(registration.seal(key, given()), key.public)
        assert (again.chain_id, again.contract, again.owner) == (31337, CONTRACT, OWNER)
        assert (again.nonce, again.deadline) == (7, 1764000000)


def test_only_the_keys_own_word_counts():
    data = registration.seal(BOARD, given())
    assert code_of(registration.open_terms, data, GATEWAY.public) == BAD_SIGNATURE
    assert code_of(registration.open_terms, data, BOARD_K.public) == WRONG_ALGORITHM
    other = envelope.seal(BOARD, "application/vnd.sealmote.ack+cbor", given().encode())
    assert code_of(registration.open_terms, other, BOARD.public) == UNSUPPORTED_CONTENT
    for at in range(0, len(data), 3):
        flipped = data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]
        assert code_of(registration.open_terms, flipped, BOARD.public)


def test_values_outside_their_range_are_not_signed():
    for terms in (
        Terms(-1, CONTRACT, OWNER, 0, 0),
        Terms(MOST + 1, CONTRACT, OWNER, 0, 0),
        Terms(0, CONTRACT, OWNER, MOST + 1, 0),
        Terms(0, CONTRACT, OWNER, 0, 1 << 64),
        Terms(0, CONTRACT, OWNER, 0, -1),
        Terms(0, CONTRACT[1:], OWNER, 0, 0),
        Terms(0, CONTRACT, OWNER + b"\x00", 0, 0),
    ):
        assert code_of(registration.seal, BOARD, terms) == MALFORMED


def test_strings_of_other_lengths_are_refused():
    good = cbor.decode(given().encode())
    for position in range(5):
        for changed in (good[position][1:], good[position] + b"\x00", 0, "x" * len(good[position])):
            parts = list(good)
            parts[position] = changed
            data = envelope.seal(BOARD, registration.MEDIA_TYPE, cbor.encode(parts))
            assert code_of(registration.open_terms, data, BOARD.public) == MALFORMED
    longer = list(good)
    longer.append(b"")
    for parts in (good[:4], longer, {}):
        data = envelope.seal(BOARD, registration.MEDIA_TYPE, cbor.encode(parts))
        assert code_of(registration.open_terms, data, BOARD.public) == MALFORMED
