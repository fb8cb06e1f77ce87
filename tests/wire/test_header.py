from expect import NOW, code_of

from sealwire import cbor
from sealwire.errors import MALFORMED
from sealwire.header import COUNTER_MAX, TIME_MAX, TIME_MIN, Header

KID = b"12345678"
CTI = bytes.fromhex("0000000300000011")


def fields(**changes):
    """Return an encoded header, its fields replaced or (where None) left out."""
    header = {"alg": -7, "content": 112, "kid": KID, "claims": {6: NOW, 7: CTI}}
    header.update(changes)
    labels = {"alg": 1, "content": 3, "kid": 4, "claims": 15}
    return cbor.encode(
        {labels.get(name, name): value for name, value in header.items() if value is not None}
    )


def test_the_header_is_what_the_specification_says():
    data = Header(-7, 112, KID, NOW, 3, 17).encode()
    assert data.hex() == "a4012603187004483132333435363738" + "0fa2061a6924810007480000000300000011"
    assert data == fields()
    assert Header(-7, 112, KID, None, 3, 17).encode() == fields(claims={7: CTI})


def test_a_header_reads_back():
    for iat in (None, TIME_MIN, NOW, TIME_MAX):
        for counter in (0, 1, COUNTER_MAX):
            header = Header(-47, 263, KID, iat, counter, COUNTER_MAX - counter)
            again = Header.parse(header.encode())
            assert again.encode() == header.encode()
            assert (again.alg, again.content_type, again.kid, again.iat) == (-47, 263, KID, iat)
            assert (again.boot, again.sequence) == (counter, COUNTER_MAX - counter)


def test_numbers_outside_their_range_are_not_encoded():
    for iat, boot, sequence in (
        (TIME_MIN - 1, 0, 0),
        (TIME_MAX + 1, 0, 0),
        (NOW, COUNTER_MAX + 1, 0),
        (NOW, 0, COUNTER_MAX + 1),
        (NOW, -1, 0),
        (NOW, True, 0),
    ):
        assert code_of(Header(-7, 112, KID, iat, boot, sequence).encode) == MALFORMED


def test_everything_else_is_refused():
    for changes in (
        {"alg": None},
        {"alg": "ES256"},
        {"alg": True},
        {"alg": 65536},
        {"content": None},
        {"content": "application/senml+cbor"},
        {"content": -1},
        {"content": 65536},
        {"kid": None},
        {"kid": KID[1:]},
        {"kid": KID + b"9"},
        {"kid": "12345678"},
        {"claims": None},
        {"claims": {}},
        {"claims": []},
        {"claims": {6: NOW}},
        {"claims": {7: CTI[1:]}},
        {"claims": {7: 17}},
        {"claims": {6: TIME_MIN - 1, 7: CTI}},
        {"claims": {6: TIME_MAX + 1, 7: CTI}},
        {"claims": {6: True, 7: CTI}},
        {"claims": {5: NOW, 7: CTI}},
        {"claims": {1: "issuer", 7: CTI}},
        {"crit": [1]},
    ):
        assert code_of(Header.parse, fields(**changes)) == MALFORMED, changes
    assert code_of(Header.parse, b"") == MALFORMED
    assert code_of(Header.parse, b"\x80") == MALFORMED
    assert code_of(Header.parse, fields() + b"\x00") == MALFORMED
    assert code_of(Header.parse, b"\xb8\x04" + fields()[1:]) == MALFORMED
