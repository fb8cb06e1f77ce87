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

from sealwire.cbor_item import ARRAY, BYTES, FALSE, MAP, NINT, NULL, SIMPLE, TAG, TEXT, TRUE, UINT
from sealwire.cbor_item import DECIMAL_FRACTION as DECIMAL_FRACTION  # noqa: PLC0414 - part of this module too
from sealwire.cbor_item import Tag as Tag  # noqa: PLC0414 - the same
from sealwire.cbor_item import decode_head as decode_head  # noqa: PLC0414 - the same
from sealwire.cbor_item import encode_head as encode_head  # noqa: PLC0414 - the same


def encode(value: object) -> bytes:
    """Encode ``value``. Raises TypeError or ValueError for what is outside the subset."""
    out = bytearray()
    _encode(value, out)
    return bytes(out)


def decode(data: bytes) -> object:
    """Decode exactly one item. Raises `WireError` (malformed) unless all of ``data`` is that item."""
    from sealwire import cbor_decoder  # here: a board that only seals never loads it

    return cbor_decoder.decode(data)


def _encode(value: object, out: bytearray) -> None:
    # bool before int: on CPython True is an int, on MicroPython it is not.
    if value is None or value is False or value is True:
        out.append(SIMPLE << 5 | (NULL if value is None else TRUE if value else FALSE))
    elif isinstance(value, int):
        encode_head(NINT if value < 0 else UINT, -1 - value if value < 0 else value, out)
    elif isinstance(value, (bytes, bytearray)):
        encode_head(BYTES, len(value), out)
        out.extend(value)
    elif isinstance(value, str):
        text = value.encode()
        encode_head(TEXT, len(text), out)
        out.extend(text)
    elif isinstance(value, (list, tuple)):
        encode_head(ARRAY, len(value), out)
        for item in value:
            _encode(item, out)
    elif isinstance(value, dict):
        _encode_map(value, out)
    elif isinstance(value, Tag) and value.number == DECIMAL_FRACTION:
        encode_head(TAG, value.number, out)
        _encode(value.value, out)
    else:
        raise TypeError("no CBOR for %s" % type(value).__name__)


def _encode_map(value: dict[object, object], out: bytearray) -> None:
    for key in value:
        if type(key) is not int and not isinstance(key, str):
            raise TypeError("a map key that is neither integer nor text")
    entries = sorted([(encode(key), key) for key in value], key=_encoded_key)
    encode_head(MAP, len(entries), out)
    for encoded, key in entries:
        out.extend(encoded)
        _encode(value[key], out)


def _encoded_key(entry: tuple[bytes, object]) -> bytes:
    return entry[0]
