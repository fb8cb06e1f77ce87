from expect import NOW, code_of

from sealwire import cbor
from sealwire.cbor import Tag
from sealwire.errors import MALFORMED
from sealwire.header import TIME_MAX, TIME_MIN
from sealwire.senml import Pack, Record
from sealwire.senml_codec import encode, parse

BIGGEST = (1 << 63) - 1


def pack(*records):
    return cbor.encode(list(records))


def record(**changes):
    """Return a first record as a map, its fields replaced, or left out where the change is None."""
    fields = {"bt": NOW, "n": "t", "u": "Cel", "v": Tag(4, [-2, 2150])}
    fields.update(changes)
    labels = {"bt": -3, "n": 0, "u": 1, "v": 2}
    return {labels.get(name, name): value for name, value in fields.items() if value is not None}


def test_the_pack_is_what_rfc8428_says():
    payload = encode(Pack(NOW, [Record("t", "Cel", 2150, -2), Record("p", "Pa", 101325)]))
    assert payload == pack(
        {-3: NOW, 0: "t", 1: "Cel", 2: Tag(4, [-2, 2150])}, {0: "p", 1: "Pa", 2: 101325}
    )
    assert (
        payload.hex()
        == "82a40061740163" + "43656c02c48221190866221a69248100" + "a300617001625061021a00018bcd"
    )


def test_a_pack_reads_back():
    for base_time in (TIME_MIN, NOW, TIME_MAX):
        for mantissa in (0, 1, -1, 65535, BIGGEST, -BIGGEST):
            for exponent in (0, -1, -9):
                given = Pack(
                    base_time, [Record("a", None, mantissa, exponent), Record("b", "%RH", 5)]
                )
                again = parse(encode(given))
                assert encode(again) == encode(given)
                one = again.records[0]
                assert (one.name, one.unit, one.mantissa, one.exponent) == (
                    "a",
                    None,
                    mantissa,
                    exponent,
                )
                assert again.base_time == base_time


def test_trailing_zeros_stay():
    records = [Record("t", "Cel", 2100, -2), Record("h", "%RH", 50, -1), Record("p", "Pa", 0, -3)]
    again = parse(encode(Pack(NOW, records)))
    assert [one.decimal() for one in again.records] == ["21.00", "5.0", "0.000"]


def test_values_read_as_decimals():
    for mantissa, exponent, text in (
        (0, 0, "0"),
        (-7, 0, "-7"),
        (-50, -2, "-0.50"),
        (5, -3, "0.005"),
        (-12345, -2, "-123.45"),
        (BIGGEST, -9, "9223372036.854775807"),
    ):
        assert Record("x", None, mantissa, exponent).decimal() == text
    assert repr(Record("t", "Cel", -50, -2)) == "t=-0.50Cel"
    assert repr(Record("n", None, 4)) == "n=4"


def test_a_pack_without_time_has_the_uptime():
    undated = Pack(None, [Record("t", "Cel", 215, -1), Record("uptime", "s", 12)])
    assert parse(encode(undated)).base_time is None
    assert code_of(encode, Pack(None, [Record("t", "Cel", 215, -1)])) == MALFORMED
    for unit, mantissa, exponent in ((None, 12, 0), ("ms", 12, 0), ("s", -1, 0), ("s", 120, -1)):
        odd = Pack(NOW, [Record("uptime", unit, mantissa, exponent)])
        assert code_of(encode, odd) == MALFORMED, (unit, mantissa, exponent)


def test_the_base_time_stands_in_the_first_record_alone():
    first, second = record(bt=None, n="uptime", u="s", v=5), record(n="b")
    assert code_of(parse, pack(first, second)) == MALFORMED


def test_sizes_are_bounded():
    sixteen = [Record(f"r{number}", None, number) for number in range(16)]
    assert len(parse(encode(Pack(NOW, sixteen))).records) == 16
    sixteen.append(Record("x", None, 0))
    assert code_of(encode, Pack(NOW, sixteen)) == MALFORMED
    assert code_of(encode, Pack(NOW, [])) == MALFORMED
    assert encode(Pack(NOW, [Record("n" * 24, "u" * 8, 0)]))
    assert code_of(encode, Pack(NOW, [Record("n" * 25, None, 0)])) == MALFORMED
    assert code_of(encode, Pack(NOW, [Record("n", "u" * 9, 0)])) == MALFORMED
    assert code_of(encode, Pack(NOW, [Record("n", "", 0)])) == MALFORMED
    for mantissa, exponent in ((BIGGEST + 1, 0), (-BIGGEST - 1, 0), (0, -10), (0, 1)):
        assert code_of(encode, Pack(NOW, [Record("n", None, mantissa, exponent)])) == MALFORMED
    assert code_of(encode, Pack(NOW, [Record("n", None, 21.5)])) == MALFORMED


def test_names_are_rfc8428s_and_not_repeated():
    for name in ("t", "T0", "9", "a-b:c.d/e_f"):
        assert parse(encode(Pack(NOW, [Record(name, None, 0)]))).records[0].name == name
    for name in ("", "-a", "_a", " a", "a b", "a\n", "\xe9", "a%"):
        assert code_of(encode, Pack(NOW, [Record(name, None, 0)])) == MALFORMED, name
    assert code_of(encode, Pack(NOW, [Record("t", None, 0), Record("t", "Cel", 1)])) == MALFORMED


def test_everything_else_is_refused():
    assert parse(pack(record()))
    for changes in (
        {"n": None},
        {"n": b"t"},
        {"v": None},
        {"v": True},
        {"v": "21"},
        {"v": b"21"},
        {"v": [0, 1]},
        {"v": Tag(4, [0, 5])},  # a second encoding of 5
        {"v": Tag(4, [1, 5])},
        {"v": Tag(4, [-10, 5])},
        {"u": 5},
        {"u": "m\xb2"},
        {"bt": 5},  # relative to now, RFC 8428 section 4.5.3
        {"bt": TIME_MIN - 1},
        {"bt": TIME_MAX + 1},
        {"bt": Tag(4, [-3, NOW * 1000])},
        {"t": 0},
        {"bn": "urn:dev:mac:0123456789ab"},
    ):
        assert code_of(parse, pack(record(**changes))) == MALFORMED, changes
    for extra in (-2, -1, 3, 4, 5, 6, 7, 8):  # bn, bver, vs, vb, s, t, ut, vd
        assert code_of(parse, pack({-3: NOW, 0: "t", 2: 1, extra: 1})) == MALFORMED, extra
    for payload in ("", "a0", "f6", "80", "8180", "9f" + pack(record())[1:].hex() + "ff"):
        assert code_of(parse, bytes.fromhex(payload)) == MALFORMED, payload
