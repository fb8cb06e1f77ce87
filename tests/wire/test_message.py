from expect import BOARD, BOARD_K, NOW, code_of

from sealwire import cbor, cose, message, senml_codec, statement_claims
from sealwire.errors import MALFORMED, TOO_LARGE, UNSUPPORTED_CONTENT, WRONG_ALGORITHM
from sealwire.header import COUNTER_MAX
from sealwire.senml import Pack, Record
from sealwire.statement import FIRST_FORMAT, Account, Statement

READING = Pack(
    NOW, [Record("t", "Cel", 2150, -2), Record("h", "%RH", 4512, -2), Record("p", "Pa", 65535)]
)
UNDATED = Pack(None, [Record("t", "Cel", 2150, -2), Record("uptime", "s", 12)])


def statement(nonce=None):
    return Statement(
        b"\x24\x0a\xc4\x12\x34\x56", b"ESP32", 12, 3, "sealmote", "0.1.0", Account(0, 0), nonce
    )


def resealed(header, payload):
    """Sign any header and payload, as a device gone wrong could."""
    return cose.sign(BOARD, cbor.encode(header), cbor.encode(payload)).encode()


def parts(data):
    sign1 = cose.parse(data, 2000)
    return cbor.decode(sign1.protected), cbor.decode(sign1.payload)


def test_what_is_sealed_parses_and_verifies():
    for key in (BOARD, BOARD_K):
        for content, iat in (
            (READING, NOW),
            (UNDATED, None),
            (statement(), NOW),
            (statement(), None),
        ):
            raw = message.seal(key, content, 3, 17, iat)
            parsed = message.parse(raw)
            assert parsed.raw == raw
            assert parsed.sign1.encode() == raw
            encode = senml_codec.encode if isinstance(content, Pack) else statement_claims.encode
            assert encode(parsed.content) == encode(content)
            assert type(parsed.content) is type(content)
            header = parsed.header
            assert (header.alg, header.kid) == (key.alg, key.public.kid())
            assert (header.boot, header.sequence, header.iat) == (3, 17, iat)
            parsed.sign1.check(key.public)


def test_a_reading_of_three_is_at_most_160_bytes():
    for pressure, alg_bytes in ((65535, 0), (65536, 2), (110000, 2)):
        for key in (BOARD, BOARD_K):
            records = [
                Record("t", "Cel", -4000, -2),
                Record("h", "%RH", 10000, -2),
                Record("p", "Pa", pressure),
            ]
            pack = Pack(NOW + COUNTER_MAX // 4, records)
            raw = message.seal(key, pack, COUNTER_MAX, COUNTER_MAX, NOW)
            most = 158 + alg_bytes + (1 if key is BOARD_K else 0)
            assert len(raw) == most, (pressure, key.alg, len(raw))


def test_sealing_twice_gives_the_same_bytes():
    assert message.seal(BOARD, READING, 1, 2, NOW) == message.seal(BOARD, READING, 1, 2, NOW)


def test_iat_and_base_time_go_together():
    assert code_of(message.seal, BOARD, READING, 1, 2, None) == MALFORMED
    assert code_of(message.seal, BOARD, UNDATED, 1, 2, NOW) == MALFORMED
    header, payload = parts(message.seal(BOARD, READING, 1, 2, NOW))
    del header[15][6]
    assert code_of(message.parse, resealed(header, payload)) == MALFORMED
    header, payload = parts(message.seal(BOARD, UNDATED, 1, 2, None))
    header[15][6] = NOW
    assert code_of(message.parse, resealed(header, payload)) == MALFORMED


def test_a_message_of_another_kind_has_its_own_code():
    header, payload = parts(message.seal(BOARD, READING, 1, 2, NOW))
    for field, value, code in (
        (1, -8, WRONG_ALGORITHM),
        (1, -257, WRONG_ALGORITHM),
        (1, -9, WRONG_ALGORITHM),  # ESP256: the same signature under another name
        (3, 110, UNSUPPORTED_CONTENT),
        (3, 61, UNSUPPORTED_CONTENT),
        (3, 263, MALFORMED),  # a reading that claims to be a statement
        (3, "application/senml+cbor", MALFORMED),
    ):
        changed = dict(header)
        changed[field] = value
        assert code_of(message.parse, resealed(changed, payload)) == code, value


def test_header_and_payload_are_deterministic_inside_their_byte_strings():
    good = cose.parse(message.seal(BOARD, READING, 1, 2, NOW), 2000)
    for protected, payload in (
        (b"\xb8\x04" + good.protected[1:], good.payload),
        (b"\xbf" + good.protected[1:] + b"\xff", good.payload),
        (good.protected + b"\x00", good.payload),
        (good.protected, b"\x98\x03" + good.payload[1:]),
        (good.protected, b"\x9f" + good.payload[1:] + b"\xff"),
        (good.protected, good.payload + b"\x00"),
        (b"", good.payload),
        (good.protected, b""),
    ):
        raw = cose.sign(BOARD, protected, payload).encode()
        assert code_of(message.parse, raw) == MALFORMED


def test_size_is_bounded():
    records = [Record(f"r{number:022d}", "u" * 8, -(1 << 62), -9) for number in range(16)]
    assert len(message.seal(BOARD, Pack(NOW, records), 1, 2, NOW)) <= message.MAX_MESSAGE
    assert code_of(message.parse, bytes(message.MAX_MESSAGE + 1)) == TOO_LARGE
    top, most = (1 << 53) - 1, (COUNTER_MAX, COUNTER_MAX)
    runs = [(COUNTER_MAX, COUNTER_MAX, COUNTER_MAX, None, None)] * 32
    account = Account(0, 0, top, most, most, runs, bytes(32), (top,) * 6)
    longest = Statement(
        bytes(6),
        bytes(64),
        top,
        COUNTER_MAX,
        "x" * 32,
        "y" * 32,
        account,
        bytes(64),
        FIRST_FORMAT,
    )
    assert len(message.seal(BOARD, longest, 1, 2, NOW)) <= message.MAX_MESSAGE


def test_counters_end():
    assert message.seal(BOARD, READING, COUNTER_MAX, COUNTER_MAX, NOW)
    assert code_of(message.seal, BOARD, READING, COUNTER_MAX + 1, 0, NOW) == MALFORMED
    assert code_of(message.seal, BOARD, READING, 0, COUNTER_MAX + 1, NOW) == MALFORMED
