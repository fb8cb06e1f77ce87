"""The sealer's buffer gives the same bytes as header, pack and COSE_Sign1 put together by themselves."""

from expect import code_of

from sealwire import cbor, cose, message, senml_codec, statement, statement_claims
from sealwire.errors import MALFORMED
from sealwire.header import Header
from sealwire.keys import ES256, SecretKey
from sealwire.sealer import Sealer, put_integer
from sealwire.senml import CONTENT_FORMAT, Pack, Record
from sealwire.statement import Account, Statement

KEY = SecretKey(ES256, bytes(range(1, 33)))
TIME = 1767225600


class Echo:
    """A key whose signature is cheap, and tells what was signed."""

    alg = ES256
    public = KEY.public

    def sign(self, message: bytes) -> bytes:
        self.signed = message
        return bytes(64)


def plainly(pack: Pack, boot: int, sequence: int, iat: "int | None") -> bytes:
    header = Header(ES256, CONTENT_FORMAT, KEY.public.kid(), iat, boot, sequence)
    return cose.sign(Echo(), header.encode(), senml_codec.encode(pack)).encode()


def weather(t: int, h: int, p: int, time: "int | None" = TIME) -> Pack:
    return Pack(time, [Record("t", "Cel", t, -2), Record("h", "%RH", h, -2), Record("p", "Pa", p)])


def test_the_same_shape_again_and_again() -> None:
    sealer = Sealer(Echo())
    for number, t in enumerate(
        (0, -1, 23, 24, -25, 255, 256, -257, 65535, 65536, 1 << 32, -(1 << 40))
    ):
        pack = weather(t, 4510 + number, 99213)
        assert sealer.seal(pack, 7, number, TIME + number) == plainly(
            pack, 7, number, TIME + number
        )


def test_what_is_signed_is_the_sig_structure() -> None:
    key = Echo()
    sealer = Sealer(key)
    for sequence in (1, 2):
        raw = sealer.seal(weather(2143, 4510, 99213), 7, sequence, TIME)
        assert key.signed == message.parse(raw).sign1.sig_structure()


def test_shapes_that_change() -> None:
    sealer = Sealer(Echo())
    packs = [
        weather(2143, 4510, 99213),
        Pack(TIME, [Record("t", "Cel", 2143, -2)]),
        Pack(TIME, [Record("t", "Cel", 2143, -1)]),
        Pack(TIME, [Record("t", None, 1)]),
        Pack(TIME, [Record("t", "K", 1)]),
        Pack(TIME, [Record("chip", "Cel", 40)]),
        Pack(None, [Record("t", "Cel", 1), Record("uptime", "s", 9)]),
        Pack(TIME, [Record("t", "Cel", 1), Record("uptime", "s", 9)]),
        Pack(TIME, [Record("r" + str(n), "Cel", n << 40, -9) for n in range(16)]),
        weather(-2143, 0, 65536),
    ]
    for pack in packs + packs[::-1]:
        for _ in range(2):
            assert sealer.seal(pack, 1, 2, pack.base_time) == plainly(pack, 1, 2, pack.base_time)


def test_times_past_four_bytes() -> None:
    sealer = Sealer(Echo())
    for _ in range(2):
        pack = weather(1, 2, 3, 1 << 33)
        assert sealer.seal(pack, 1, 2, 1 << 33) == plainly(pack, 1, 2, 1 << 33)
        pack = weather(1, 2, 3)
        assert sealer.seal(pack, 1, 2, TIME) == plainly(pack, 1, 2, TIME)


def test_what_a_pack_refuses_the_sealer_refuses_whatever_came_before() -> None:
    sealer = Sealer(Echo())
    sealer.seal(weather(1, 2, 3), 1, 2, TIME)
    too_large = weather(1, 2, 1 << 63)
    twice = Pack(TIME, [Record("t", "Cel", 1, -2), Record("t", "Cel", 1, -2), Record("p", "Pa", 1)])
    for pack in (too_large, twice, Pack(TIME, [])):
        assert code_of(sealer.seal, pack, 1, 2, TIME) == MALFORMED
    assert code_of(sealer.seal, weather(1, 2, 3), 1, 2, None) == MALFORMED
    assert code_of(sealer.seal, weather(1, 2, 3, None), 1, 2, None) == MALFORMED
    assert code_of(sealer.seal, weather(1, 2, 3), 1 << 32, 2, TIME) == MALFORMED
    assert code_of(sealer.seal, weather(1, 2, 3), 1, -1, TIME) == MALFORMED
    assert code_of(sealer.seal, weather(1, 2, 3), 1, 2, 5) == MALFORMED


def test_a_statement_between_readings() -> None:
    sealer = Sealer(Echo())
    told = Statement(bytes(6), b"esp32", 9, 1, "mote", "0.1", Account(0, 0))
    for _ in range(2):
        raw = sealer.seal(statement_claims.encode(told), 3, 0, TIME)
        assert statement_claims.encode(message.parse(raw).content) == statement_claims.encode(told)
        pack = weather(2143, 4510, 99213)
        assert sealer.seal(pack, 3, 1, TIME) == plainly(pack, 3, 1, TIME)


def test_integers_in_their_shortest_form() -> None:
    buffer = bytearray(12)
    for edge in (0, 24, 1 << 8, 1 << 16, 1 << 32, (1 << 63) - 1):
        for value in (edge, edge - 1, -edge, -1 - edge):
            end = put_integer(buffer, 1, value)
            assert bytes(buffer[1:end]) == cbor.encode(value)


def test_an_encoded_statement_and_a_whole_one_are_sealed_alike() -> None:
    told = Statement(
        bytes(6), b"esp32", 9, 1, "mote", "0.1", Account(0, 0, dropped=[(1, 2, 3, 0, None)])
    )
    for iat in (None, TIME, 1 << 33):
        header = Header(ES256, statement.CONTENT_FORMAT, KEY.public.kid(), iat, 3, 0)
        encoded = statement_claims.encode(told)
        plain = cose.sign(Echo(), header.encode(), encoded).encode()
        assert Sealer(Echo()).seal(encoded, 3, 0, iat) == plain
        assert message.seal(Echo(), told, 3, 0, iat) == plain


def test_longest_names_and_units_are_learnt_as_they_are_encoded() -> None:
    records = [Record("n" * 23 + chr(97 + n), "u" * 8, (1 << 63) - 1, -9) for n in range(16)]
    pack = Pack(TIME, records)
    assert Sealer(Echo()).seal(pack, 1, 2, TIME) == plainly(pack, 1, 2, TIME)
    short = Pack(TIME, [Record("n" * 23, None, 0)])
    assert Sealer(Echo()).seal(short, 1, 2, TIME) == plainly(short, 1, 2, TIME)
