"""Strict decoder for the CBOR subset that `cbor` describes."""

from sealwire._compat import const, decode_utf8
from sealwire.cbor_item import (
    ARRAY,
    BYTES,
    DECIMAL_FRACTION,
    FALSE,
    MAP,
    NINT,
    NULL,
    TAG,
    TEXT,
    TRUE,
    UINT,
    Tag,
    decode_head,
)
from sealwire.errors import malformed

_MAX_DEPTH = const(8)


def decode(data: bytes) -> object:
    """Decode exactly one item. Raises `WireError` (malformed) unless all of ``data`` is that item."""
    value, end = _decode(data, 0, 0)
    if end != len(data):
        raise malformed("%d trailing bytes after the CBOR item" % (len(data) - end))
    return value


def _decode(data: bytes, at: int, depth: int) -> tuple[object, int]:
    if depth > _MAX_DEPTH:
        raise malformed("CBOR nested deeper than %d" % _MAX_DEPTH)
    major, argument, at = decode_head(data, at)
    if major == UINT:
        return argument, at
    if major == NINT:
        return -1 - argument, at
    if major in (BYTES, TEXT):
        return _decode_string(data, major, argument, at)
    if major == ARRAY:
        return _decode_array(data, argument, at, depth)
    if major == MAP:
        return _decode_map(data, argument, at, depth)
    if major == TAG:
        return _decode_tag(data, argument, at, depth)
    if argument in (FALSE, TRUE):
        return argument == TRUE, at
    if argument == NULL:
        return None, at
    raise malformed("a float or a simple value that Sealmote does not use")


def _decode_string(data: bytes, major: int, length: int, at: int) -> tuple[object, int]:
    end = at + length
    if end > len(data):
        raise malformed("a string that is longer than the data")
    content = bytes(data[at:end])
    if major == BYTES:
        return content, end
    try:
        return decode_utf8(content), end
    except ValueError:  # UnicodeError is one
        raise malformed("text that is not UTF-8")


def _decode_array(data: bytes, length: int, at: int, depth: int) -> tuple[object, int]:
    if length > len(data) - at:  # each item takes a byte at least
        raise malformed("an array that is longer than the data")
    items = []
    for _ in range(length):
        item, at = _decode(data, at, depth + 1)
        items.append(item)
    return items, at


def _decode_map(data: bytes, length: int, at: int, depth: int) -> tuple[object, int]:
    if 2 * length > len(data) - at:
        raise malformed("a map that is longer than the data")
    entries = {}
    previous = b""
    for _ in range(length):
        start = at
        if at < len(data) and data[at] >> 5 not in (UINT, NINT, TEXT):
            raise malformed("a map key that is neither integer nor text")
        key, at = _decode(data, at, depth + 1)
        encoded = bytes(data[start:at])
        if encoded <= previous:
            raise malformed("map keys out of order or twice")
        previous = encoded
        entries[key], at = _decode(data, at, depth + 1)
    return entries, at


def _decode_tag(data: bytes, number: int, at: int, depth: int) -> tuple[object, int]:
    if number != DECIMAL_FRACTION:
        raise malformed("tag %d, which Sealmote does not use" % number)
    value, at = _decode(data, at, depth + 1)
    if not isinstance(value, list) or [type(part) for part in value] != [int, int]:
        raise malformed("a decimal fraction that is not [exponent, mantissa]")
    return Tag(number, value), at
