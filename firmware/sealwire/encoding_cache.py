"""Encoding cache of a `Sealer`: records up to their values, checked and encoded once."""

from sealwire import senml_subset
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from sealwire.senml import Pack, Record

    Shape = tuple[str, str | None, int, bytes]  # name, unit, exponent; the map up to the value

_TEXT = const(0x60)  # of less than 24 bytes
_TEXT_8 = const(0x78)
_MAP = const(0xA0)
_DECIMAL = b"\xc4\x82"  # tag 4, and the head of its pair (RFC 8949 section 3.4.4)
_NINT = const(0x20)


def learn(pack: "Pack") -> "list[Shape]":
    """Return what stays of a pack when its values change. Raises `WireError` as its encoding does.

    The same bytes as `packing.encode` writes, without the code for all of CBOR.
    """
    senml_subset.judge(pack)
    pairs = 2 if pack.base_time is None else 3
    shapes: list[Shape] = []
    for record in pack.records:
        start = _start(record, pairs)
        shapes.append((record.name, record.unit, record.exponent, start))
        pairs = 2  # the base time stands in the first record alone
    return shapes


def _start(record: "Record", pairs: int) -> bytes:
    start = bytearray([_MAP | pairs, 0])
    _put_text(start, record.name)
    if record.unit is not None:
        start[0] += 1
        start.append(1)
        _put_text(start, record.unit)
    start.append(2)
    if record.exponent:
        start.extend(_DECIMAL)
        start.append(_NINT | (-1 - record.exponent))
    return bytes(start)


def _put_text(out: bytearray, text: str) -> None:
    """Append a text of at most 255 characters, all ASCII."""
    if len(text) < 24:
        out.append(_TEXT | len(text))
    else:
        out.extend(bytes([_TEXT_8, len(text)]))
    out.extend(text.encode())
