from expect import BOARD, BOARD_K, code_of

from sealwire import cose
from sealwire.errors import BAD_SIGNATURE, MALFORMED, TOO_LARGE

SIZES = (0, 1, 23, 24, 255, 256, 1000)


def test_the_message_is_one_byte_string():
    signed = cose.sign(BOARD, b"\xa0", b"\x01")
    assert signed.encode() == bytes.fromhex("d28441a0a041015840") + signed.signature
    assert signed.sig_structure() == bytes.fromhex("846a5369676e6174757265314" + "1a0404101")
    signed.check(BOARD.public)


def test_a_message_of_any_size_reads_back():
    for size in SIZES:
        message = cose.Sign1(b"\x01" * size, b"\x02" * (1000 - size), b"\x03" * 64)
        again = cose.parse(message.encode(), 4096)
        assert again.encode() == message.encode()
        assert (again.protected, again.payload, again.signature) == (
            message.protected,
            message.payload,
            message.signature,
        )
        assert again.sig_structure() == message.sig_structure()


def test_the_limit_is_the_last_size_taken():
    data = cose.Sign1(b"", b"", bytes(64)).encode()
    assert cose.parse(data, len(data))
    assert code_of(cose.parse, data, len(data) - 1) == TOO_LARGE


def test_every_other_outside_is_refused():
    data = cose.Sign1(b"\xa0", b"\x01", bytes(64)).encode()
    outside = {
        "empty": b"",
        "no tag": data[1:],
        "tag in a longer head": b"\xd8\x12" + data[1:],
        "another tag": b"\xd1" + data[1:],
        "two tags": b"\xd9\xd9\xf7" + data,
        "array in a longer head": b"\xd2\x98\x04" + data[2:],
        "array of indefinite length": b"\xd2\x9f" + data[2:] + b"\xff",
        "array of five": b"\xd2\x85" + data[2:] + b"\x00",
        "protected in a longer head": b"\xd2\x84\x58\x01\xa0" + data[4:],
        "protected as text": b"\xd2\x84\x61" + data[3:],
        "protected as a map": b"\xd2\x84\xa0" + data[4:],
        "unprotected in a longer head": data[:4] + b"\xb8\x00" + data[5:],
        "unprotected of indefinite length": data[:4] + b"\xbf\xff" + data[5:],
        "unprotected with a kid": data[:4] + b"\xa1\x04\x40" + data[5:],
        "payload in a longer head": data[:5] + b"\x58\x01" + data[6:],
        "payload in chunks": data[:5] + b"\x5f\x41\x01\xff" + data[7:],
        "payload detached": data[:5] + b"\xf6" + data[7:],
        "signature in a longer head": data[:7] + b"\x59\x00\x40" + data[9:],
        "signature of 63 bytes": data[:7] + b"\x58\x3f" + data[10:],
        "trailing byte": data + b"\x00",
        "trailing break": data + b"\xff",
        "twice": data + data,
    }
    for what, changed in outside.items():
        assert code_of(cose.parse, changed, 4096) == MALFORMED, what
    for end in range(len(data)):
        assert code_of(cose.parse, data[:end], 4096) == MALFORMED, end


def test_a_signature_is_checked_over_all_that_is_signed():
    signed = cose.sign(BOARD, b"\xa0", b"\x01")
    for changed in (
        cose.Sign1(b"\xa1", signed.payload, signed.signature),
        cose.Sign1(signed.protected, b"\x02", signed.signature),
        cose.Sign1(signed.protected, signed.payload, bytes(64)),
        cose.Sign1(b"", b"\xa0\x01", signed.signature),
    ):
        assert code_of(changed.check, BOARD.public) == BAD_SIGNATURE
    assert code_of(signed.check, BOARD_K.public) == BAD_SIGNATURE
