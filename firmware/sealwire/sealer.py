"""Sealing into one buffer: what is hashed and what is sent are two views of the same bytes.

    hashed   84 6A "Signature1"  58 n protected  40  58 m payload
    sent                  D2 84  58 n protected  A0  58 m payload  58 40 signature

A board seals the same shape of reading again and again: the header but for its numbers and times,
and each record up to its value, are encoded and checked once and then copied.
"""

import struct

from . import senml
from ._compat import TYPE_CHECKING, const
from .bounds import COUNTER_MAX, TIME_MIN
from .errors import TOO_LARGE, WireError, malformed

if TYPE_CHECKING:
    from .keys import Signer
    from .senml import Pack
    from .shapes import Shape
    from .statement import Statement

MAX_MESSAGE = 1024

_CONTEXT = b"\x84\x6aSignature1"  # Sig_structure's array and context (RFC 9052 section 4.4)
_TAG = b"\xd2\x84"  # the message's, in the place of the context's last two bytes
_SENT_AT = const(10)
_HEADER_AT = const(12)
_NO_AAD = const(0x40)
_NO_UNPROTECTED = const(0xA0)
_SIGNATURE_HEAD = b"\x58\x40"
_SIGNED_TAIL = const(66)

_BYTES_8 = const(0x58)  # a byte string of 24 to 255 bytes
_ARRAY = const(0x80)  # of less than 24 items
_BASE_TIME = b"\x22\x1a"  # key -3 and the head of four bytes
_UINT32_MAX = 0xFFFFFFFF
_SMALL = const(
    0x40000000
)  # below it an ESP32's integers need no heap; what is larger goes the long way


class Sealer:
    """Seals with one key, in one buffer: one caller at a time."""

    def __init__(self, key: "Signer") -> None:
        self._key = key
        self._buffer = bytearray(_SENT_AT + MAX_MESSAGE)
        self._headers: dict[int, bytes] = {}  # by content type, with a time and numbers of zero
        self._shape: list[Shape] = []  # of the last dated pack

    def seal(self, content: "Pack | Statement", boot: int, sequence: int, iat: int | None) -> bytes:
        """Sign ``content`` as number (boot, sequence); returns the message.

        The caller sees to it that no number is used twice. ``iat`` in Unix seconds, None while the
        clock is unset. Raises `WireError` for what `message.parse` would refuse.
        """
        if isinstance(content, senml.Pack):
            if (iat is None) != (content.base_time is None):
                raise malformed("iat and base time go together: both, or neither while unset")
            at = self._put_header(content.content_format, boot, sequence, iat)
            end = self._put_pack(content, at + 1)
        else:
            at = self._put_header(content.content_format, boot, sequence, iat)
            from . import shapes

            end = self._put(shapes.byte_string(content.encode()), at + 1)
        buffer = self._buffer
        buffer[:_HEADER_AT] = _CONTEXT
        buffer[at] = _NO_AAD
        signature = self._key.sign(bytes(memoryview(buffer)[:end]))
        buffer[_SENT_AT:_HEADER_AT] = _TAG
        buffer[at] = _NO_UNPROTECTED
        buffer[end : end + 2] = _SIGNATURE_HEAD
        buffer[end + 2 : end + _SIGNED_TAIL] = signature
        return bytes(memoryview(buffer)[_SENT_AT : end + _SIGNED_TAIL])

    def _put_header(self, content_type: int, boot: int, sequence: int, iat: int | None) -> int:
        """Write the protected header; return where it ends."""
        if iat is None or not TIME_MIN <= iat <= _UINT32_MAX:
            from . import shapes  # here and below: what is known by heart needs no encoding

            header = shapes.header(self._key, content_type, boot, sequence, iat)
            return self._put(header, _HEADER_AT)
        if not (0 <= boot <= COUNTER_MAX and 0 <= sequence <= COUNTER_MAX):
            raise malformed("boot or sequence is outside 0..%d" % COUNTER_MAX)
        if content_type not in self._headers:
            from . import shapes

            start = shapes.header(self._key, content_type, 0, 0, TIME_MIN)
            self._headers[content_type] = start
        start = self._headers[content_type]
        end: int = _HEADER_AT + len(start)
        buffer = self._buffer
        buffer[_HEADER_AT:end] = start
        # The header ends with iat (four bytes), the key and head of cti, and the two numbers.
        struct.pack_into(">I", buffer, end - 14, iat)
        struct.pack_into(">II", buffer, end - 8, boot, sequence)
        return end

    def _put_pack(self, pack: "Pack", at: int) -> int:
        """Write a payload; return where it ends."""
        time = pack.base_time
        records = pack.records
        shape = self._shape
        if time is None or not TIME_MIN <= time <= _UINT32_MAX or len(records) != len(shape):
            return self._put_new_pack(pack, at)
        buffer = self._buffer
        buffer[at + 2] = _ARRAY | len(records)
        end = at + 3
        for index, record in enumerate(records):
            name, unit, exponent, start = shape[index]
            value = record.mantissa
            if record.name != name or record.unit != unit or record.exponent != exponent:
                return self._put_new_pack(pack, at)
            if type(value) is not int or not -_SMALL < value < _SMALL:
                return self._put_new_pack(pack, at)
            begin = end + len(start)
            buffer[end:begin] = start
            end = put_integer(buffer, begin, value)
            if index == 0:
                buffer[end : end + 2] = _BASE_TIME  # its key sorts last
                struct.pack_into(">I", buffer, end + 2, time)
                end += 6
        length = end - at - 2
        if not 24 <= length < 256:
            return self._put_new_pack(pack, at)
        buffer[at] = _BYTES_8
        buffer[at + 1] = length
        return end

    def _put_new_pack(self, pack: "Pack", at: int) -> int:
        """Write a payload of another shape than the last, fully checked, and keep its shape."""
        from . import shapes

        end = self._put(shapes.byte_string(pack.encode()), at)
        if senml.UPTIME not in [record.name for record in pack.records]:
            self._shape = shapes.shape(pack)
        return end

    def _put(self, content: bytes, at: int) -> int:
        """Write what is encoded; return where it ends. Raises `WireError` where it does not fit."""
        end = at + len(content)
        if end + _SIGNED_TAIL > len(self._buffer):
            size = end + _SIGNED_TAIL - _SENT_AT
            raise WireError(
                TOO_LARGE, "a message of %d bytes; %d is the most" % (size, MAX_MESSAGE)
            )
        self._buffer[at:end] = content
        return end


def put_integer(buffer: bytearray, at: int, value: int) -> int:
    """Write an integer as CBOR in its shortest form (RFC 8949 section 4.2.1); return where it ends."""
    major = 0
    if value < 0:
        major = 0x20
        value = -1 - value
    if value >= 0x10000:
        if value <= _UINT32_MAX:
            struct.pack_into(">BI", buffer, at, major | 26, value)
            return at + 5
        struct.pack_into(">BQ", buffer, at, major | 27, value)
        return at + 9
    if value >= 0x100:
        buffer[at] = major | 25
        buffer[at + 1] = value >> 8
        buffer[at + 2] = value & 0xFF
        return at + 3
    if value >= 24:
        buffer[at] = major | 24
        buffer[at + 1] = value
        return at + 2
    buffer[at] = major | value
    return at + 1
