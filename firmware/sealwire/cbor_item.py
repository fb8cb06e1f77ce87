"""CBOR items (RFC 8949 section 3): item heads in the shortest form, and tagged values."""

from sealwire._compat import const
from sealwire.errors import malformed

UINT = const(0)  # major types
NINT = const(1)
BYTES = const(2)
TEXT = const(3)
ARRAY = const(4)
MAP = const(5)
TAG = const(6)
SIMPLE = const(7)

FALSE = const(20)  # arguments of SIMPLE
TRUE = const(21)
NULL = const(22)

DECIMAL_FRACTION = 4


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
