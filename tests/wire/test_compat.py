import gc

from expect import raises

from sealwire import check
from sealwire._compat import const, decode_utf8


def test_const_is_its_value():
    assert const(7) == 7


def test_utf8_is_decoded_strictly():
    assert decode_utf8("gr\xfc\xdfe \u6c34 \U00010151".encode()) == "gr\xfc\xdfe \u6c34 \U00010151"
    for data in (b"\xff", b"\xc0\x80", b"\xed\xa0\x80", b"\xf4\x90\x80\x80", b"\xe2\x82"):
        raises(ValueError, decode_utf8, data)


def test_every_code_point_of_three_bytes_decodes_or_is_a_surrogate():
    for lead in range(0xE0, 0xF0):
        for middle in range(0x80, 0xC0):
            row = b"".join([bytes([lead, middle, last]) for last in range(0x80, 0xC0)])
            if (lead == 0xE0 and middle < 0xA0) or (lead == 0xED and middle >= 0xA0):
                raises(ValueError, decode_utf8, row)
            else:
                assert decode_utf8(row).encode() == row


def test_foreign_text_leaves_nothing_behind():
    # MicroPython interns every character that is looked at by itself; heard often enough, a stranger
    # would fill a board's heap.
    if not hasattr(gc, "mem_alloc"):
        return
    gc.collect()
    before = gc.mem_alloc()
    for lead in range(0xE1, 0xED):
        for middle in range(0x80, 0xC0):
            row = b"".join([bytes([lead, middle, last]) for last in range(0x80, 0xC0)])
            text = decode_utf8(row)
            raises(ValueError, check.text, text, "it", 1, 64)
    row = text = None
    gc.collect()
    assert gc.mem_alloc() - before < 20_000, gc.mem_alloc() - before
