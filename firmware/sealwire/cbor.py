"""Deterministic CBOR (RFC 8949 section 4.2.1), in the closed subset that Sealmote signs.

    int       -2**64 .. 2**64-1, shortest head
    bytes     definite length
    str       definite length, well-formed UTF-8
    list      definite length (tuples encode alike)
    dict      keys int or str, in the bytewise order of their encodings, no key twice
    False, True, None
    Tag(4)    a decimal fraction [exponent, mantissa] (RFC 8949 section 3.4.4)

`decode` refuses everything else: floats, indefinite lengths, longer heads, other tags and simple
values, deep nesting and trailing bytes. So ``encode(decode(data)) == data`` for all it accepts.
"""

from ._compat import const, decode_utf8
from .errors import malformed

DECIMAL_FRACTION = 4

_UINT = const(0)
_NINT = const(1)
_BYTES = const(2)
_TEXT = const(3)
_ARRAY = const(4)
_MAP = const(5)
_TAG = const(6)
_SIMPLE = const(7)

_FALSE = const(20)
_TRUE = const(21)
_NULL = const(22)

_MAX_DEPTH = const(8)


class Tag:
    """A tagged value: ``number`` says what ``value`` means (RFC 8949 section 3.4)."""

    def __init__(self, number: int, value: object) -> None:
        self.number = number
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tag) and self.number == other.number and self.value == other.value

    def __hash__(self) -> int:
        return hash((self.number, repr(self.value)))

    def __repr__(self) -> str:
        return "Tag(%d, %r)" % (self.number, self.value)


def encode(value: object) -> bytes:
    """Encode ``value``. Raises TypeError or ValueError for what is outside the subset."""
    out = bytearray()
    _encode(value, out)
    return bytes(out)


def decode(data: bytes) -> object:
    """Decode exactly one item. Raises `WireError` (malformed) unless all of ``data`` is that item."""
    value, end = _decode(data, 0, 0)
    if end != len(data):
        raise malformed("%d trailing bytes after the CBOR item" % (len(data) - end))
    return value


def encode_head(major: int, argument: int, out: bytearray) -> None:
    """Append the shortest head for a major type (0..7) and its argument (0..2**64-1)."""
    major <<= 5
    if argument < 24:
        out.append(major | argument)
        return
    for info, size in ((24, 1), (25, 2), (26, 4), (27, 8)):
        if argument >> (8 * size) == 0:
            out.append(major | info)
            out.extend(argument.to_bytes(size, "big"))
            return
    raise ValueError("integer outside 64 bits")


def decode_head(data: bytes, at: int) -> tuple[int, int, int]:
    """Read the head at ``at``: (major type, argument, where its content begins). Shortest form only."""
    if at >= len(data):
        raise malformed("the CBOR item ends early")
    first = data[at]
    major, info = first >> 5, first & 31
    at += 1
    if info < 24:
        return major, info, at
    if info > 27:
        raise malformed("indefinite length or reserved head 0x%02x" % first)
    end = at + (1 << (info - 24))
    if end > len(data):
        raise malformed("the CBOR item ends early")
    argument = int.from_bytes(data[at:end], "big")
    least = 24 if info == 24 else 1 << (4 << (info - 24))
    if argument < least:
        raise malformed("a CBOR head that is longer than it needs to be")
    return major, argument, end


def _encode(value: object, out: bytearray) -> None:
    # bool before int: on CPython True is an int, on MicroPython it is not.
    if value is None or value is False or value is True:
        out.append(_SIMPLE << 5 | (_NULL if value is None else _TRUE if value else _FALSE))
    elif isinstance(value, int):
        encode_head(_NINT if value < 0 else _UINT, -1 - value if value < 0 else value, out)
    elif isinstance(value, (bytes, bytearray)):
        encode_head(_BYTES, len(value), out)
        out.extend(value)
    elif isinstance(value, str):
        text = value.encode()
        encode_head(_TEXT, len(text), out)
        out.extend(text)
    elif isinstance(value, (list, tuple)):
        encode_head(_ARRAY, len(value), out)
        for item in value:
            _encode(item, out)
    elif isinstance(value, dict):
        _encode_map(value, out)
    elif isinstance(value, Tag) and value.number == DECIMAL_FRACTION:
        encode_head(_TAG, value.number, out)
        _encode(value.value, out)
    else:
        raise TypeError("no CBOR for %s" % type(value).__name__)


def _encode_map(value: dict[object, object], out: bytearray) -> None:
    for key in value:
        if type(key) is not int and not isinstance(key, str):
            raise TypeError("a map key that is neither integer nor text")
    entries = sorted([(encode(key), key) for key in value], key=_encoded_key)
    encode_head(_MAP, len(entries), out)
    for encoded, key in entries:
        out.extend(encoded)
        _encode(value[key], out)


def _encoded_key(entry: tuple[bytes, object]) -> bytes:
    return entry[0]


def _decode(data: bytes, at: int, depth: int) -> tuple[object, int]:
    if depth > _MAX_DEPTH:
        raise malformed("CBOR nested deeper than %d" % _MAX_DEPTH)
    major, argument, at = decode_head(data, at)
    if major == _UINT:
        return argument, at
    if major == _NINT:
        return -1 - argument, at
    if major in (_BYTES, _TEXT):
        return _decode_string(data, major, argument, at)
    if major == _ARRAY:
        return _decode_array(data, argument, at, depth)
    if major == _MAP:
        return _decode_map(data, argument, at, depth)
    if major == _TAG:
        return _decode_tag(data, argument, at, depth)
    if argument in (_FALSE, _TRUE):
        return argument == _TRUE, at
    if argument == _NULL:
        return None, at
    raise malformed("a float or a simple value that Sealmote does not use")


def _decode_string(data: bytes, major: int, length: int, at: int) -> tuple[object, int]:
    end = at + length
    if end > len(data):
        raise malformed("a string that is longer than the data")
    content = bytes(data[at:end])
    if major == _BYTES:
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
        if at < len(data) and data[at] >> 5 not in (_UINT, _NINT, _TEXT):
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
