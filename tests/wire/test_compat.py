from expect import raises

from sealwire._compat import const, decode_utf8


def test_const_is_its_value():
    assert const(7) == 7


def test_utf8_is_decoded_strictly():
    assert decode_utf8("gr\xfc\xdfe \u6c34 \U00010151".encode()) == "gr\xfc\xdfe \u6c34 \U00010151"
    for data in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"):
        raises(ValueError, decode_utf8, data)
