"""Sealing into one buffer: what is hashed and what is sent are two views of the same bytes.

    hashed   84 6A "Signature1"  58 n protected  40  58 m payload
    sent                  D2 84  58 n protected  A0  58 m payload  58 40 signature

A board seals the same shape of reading again and again: the header but for its numbers and times,
and each record up to its value, are encoded and checked once and then copied.
"""

import struct

from . import cbor, check, senml, statement
from ._compat import TYPE_CHECKING, const
from .errors import TOO_LARGE, WireError, malformed
from .header import COUNTER_MAX, TIME_MIN, Header

if TYPE_CHECKING:
    from .keys import Signer
    from .senml import Pack, Record
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

_BYTES = const(2)
_BYTES_8 = const(0x58)  # a byte string of 24 to 255 bytes
_ARRAY = const(0x80)  # of less than 24 items
_BASE_TIME = b"\x22\x1a"  # key -3 and the head of four bytes
_UINT32_MAX = 0xFFFFFFFF


class Sealer:
    """Seals with one key, in one buffer: one caller at a time."""

    def __init__(self, key: "Signer") -> None:
        self._key = key
        self._buffer = bytearray(_SENT_AT + MAX_MESSAGE)
        self._headers: dict[int, bytes] = {}  # by content type, with a time and numbers of zero
        self._shape: list[tuple[str, str | None, int]] = []  # of a pack: names, units, exponents
        self._starts: list[bytes] = []  # its records, each up to the value

    def seal(self, content: "Pack | Statement", boot: int, sequence: int, iat: int | None) -> bytes:
        """Sign ``content`` as number (boot, sequence); returns the message.

        The caller sees to it that no number is used twice. ``iat`` in Unix seconds, None while the
        clock is unset. Raises `WireError` for what `message.parse` would refuse.
        """
        if isinstance(content, senml.Pack):
            if (iat is None) != (content.base_time is None):
                raise malformed("iat and base time go together: both, or neither while unset")
            at = self._put_header(senml.CONTENT_FORMAT, boot, sequence, iat)
            end = self._put_pack(content, at + 1)
        else:
            at = self._put_header(statement.CONTENT_FORMAT, boot, sequence, iat)
            end = self._put_bytes(content.encode(), at + 1)
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
            header = self._header(content_type, boot, sequence, iat)
            return self._put_bytes(header.encode(), _HEADER_AT)
        check.integer(boot, "boot", 0, COUNTER_MAX)
        check.integer(sequence, "sequence", 0, COUNTER_MAX)
        start = self._headers.get(content_type)
        if start is None:
            start = self._header(content_type, 0, 0, TIME_MIN).encode()
            self._headers[content_type] = start
        end = self._put_bytes(start, _HEADER_AT)
        # The header ends with iat (four bytes), the key and head of cti, and the two numbers.
        struct.pack_into(">I", self._buffer, end - 14, iat)
        struct.pack_into(">II", self._buffer, end - 8, boot, sequence)
        return end

    def _header(self, content_type: int, boot: int, sequence: int, iat: int | None) -> Header:
        key = self._key
        return Header(key.alg, content_type, key.public.kid(), iat, boot, sequence)

    def _put_pack(self, pack: "Pack", at: int) -> int:
        """Write a payload; return where it ends."""
        time = pack.base_time
        if time is None or not TIME_MIN <= time <= _UINT32_MAX or not self._fits(pack.records):
            payload = pack.encode()
            self._learn(pack.records)
            return self._put_bytes(payload, at)
        buffer = self._buffer
        end = at + 3
        buffer[at + 2] = _ARRAY | len(pack.records)
        dated = False
        for record, start in zip(pack.records, self._starts):
            buffer[end : end + len(start)] = start
            # The first record's map has one pair more: the base time, whose key sorts last.
            buffer[end] += not dated
            end = put_integer(buffer, end + len(start), record.mantissa)
            if not dated:
                buffer[end : end + 2] = _BASE_TIME
                struct.pack_into(">I", buffer, end + 2, time)
                end += 6
                dated = True
        length = end - at - 2
        if not 24 <= length < 256:
            return self._put_bytes(pack.encode(), at)
        buffer[at] = _BYTES_8
        buffer[at + 1] = length
        return end

    def _fits(self, records: "list[Record]") -> bool:
        """Say whether the records differ from the last pack's in their values only, within range."""
        if len(records) != len(self._shape):
            return False
        for record, (name, unit, exponent) in zip(records, self._shape):
            if record.name != name or record.unit != unit or record.exponent != exponent:
                return False
            mantissa = record.mantissa
            if type(mantissa) is not int or abs(mantissa) > senml.MANTISSA_MAX:
                return False
        return True

    def _learn(self, records: "list[Record]") -> None:
        """Keep the shape of records that `Pack.encode` found sound, and dated by themselves."""
        if senml.UPTIME in [record.name for record in records]:
            return  # while the clock is unset
        self._shape = [(record.name, record.unit, record.exponent) for record in records]
        # Of a value of zero, the last byte is the zero.
        zeros = [senml.Record(name, unit, 0, exponent) for name, unit, exponent in self._shape]
        self._starts = [cbor.encode(zero.fields())[:-1] for zero in zeros]

    def _put_bytes(self, content: bytes, at: int) -> int:
        """Write a byte string; return where it ends. Raises `WireError` where it does not fit."""
        head = bytearray()
        cbor.encode_head(_BYTES, len(content), head)
        begin = at + len(head)
        end = begin + len(content)
        if end + _SIGNED_TAIL > len(self._buffer):
            size = end + _SIGNED_TAIL - _SENT_AT
            raise WireError(
                TOO_LARGE, "a message of %d bytes; %d is the most" % (size, MAX_MESSAGE)
            )
        self._buffer[at:begin] = head
        self._buffer[begin:end] = content
        return end


def put_integer(buffer: bytearray, at: int, value: int) -> int:
    """Write an integer as CBOR in its shortest form (RFC 8949 section 4.2.1); return where it ends."""
    major = 0
    if value < 0:
        major = 0x20
        value = -1 - value
    if value < 24:
        buffer[at] = major | value
        return at + 1
    if value < 0x100:
        buffer[at] = major | 24
        buffer[at + 1] = value
        return at + 2
    if value < 0x10000:
        buffer[at] = major | 25
        buffer[at + 1] = value >> 8
        buffer[at + 2] = value & 0xFF
        return at + 3
    if value <= _UINT32_MAX:
        struct.pack_into(">BI", buffer, at, major | 26, value)
        return at + 5
    struct.pack_into(">BQ", buffer, at, major | 27, value)
    return at + 9
