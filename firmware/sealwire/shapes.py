"""What a `Sealer` learns by heart: headers, and records up to their values, encoded and checked."""

from ._compat import TYPE_CHECKING, const
from .heads import encode_head
from .senml import Record

if TYPE_CHECKING:
    from .keys import Signer
    from .senml import Pack

    Shape = tuple[str, str | None, int, bytes]  # name, unit, exponent; the map up to the value

_BYTES = const(2)


def header(key: "Signer", content_type: int, boot: int, sequence: int, iat: int | None) -> bytes:
    """Return a protected header as a byte string. Raises `WireError` for a number out of range."""
    from .header import Header  # here and below: most times only one of the two is new

    return byte_string(
        Header(key.alg, content_type, key.public.kid(), iat, boot, sequence).encode()
    )


def byte_string(content: bytes) -> bytes:
    """Return ``content`` with its head before it."""
    head = bytearray()
    encode_head(_BYTES, len(content), head)
    return bytes(head) + content


def shape(pack: "Pack") -> "list[Shape]":
    """Return what stays of a dated pack when its values change."""
    found = [_shape_of(record) for record in pack.records]
    # The first record's map has one pair more: the base time.
    name, unit, exponent, start = found[0]
    found[0] = name, unit, exponent, bytes([start[0] + 1]) + start[1:]
    return found


def _shape_of(record: Record) -> "Shape":
    from . import cbor, packing

    zero = Record(record.name, record.unit, 0, record.exponent)
    # The last byte is the value's: zero.
    return record.name, record.unit, record.exponent, cbor.encode(packing.fields(zero))[:-1]
