"""Sealer: signs messages in one buffer; what is hashed and what is sent are two views of the same bytes.

    hashed   84 6A "Signature1"  58 n protected  40  58 m payload
    sent                  D2 84  58 n protected  A0  58 m payload  58 40 signature

A board seals the same shape of reading again and again: the header but for its numbers and times,
and each record up to its value, are encoded and checked once and then copied.
"""

import struct

from . import senml
from ._compat import TYPE_CHECKING, const
from .bounds import COUNTER_MAX, TIME_MAX, TIME_MIN
from .errors import TOO_LARGE, WireError, malformed

if TYPE_CHECKING:
    from sealwire.encoding_cache import Shape

    from .keys import Signer
    from .senml import Pack

MAX_MESSAGE = 1024

_STATEMENT = const(267)  # its content format (`statement` says more, and takes more heap)

_CONTEXT = b"\x84\x6aSignature1"  # Sig_structure's array and context (RFC 9052 section 4.4)
_TAG = b"\xd2\x84"  # the message's, in the place of the context's last two bytes
_SENT_AT = const(10)
_HEADER_AT = const(12)
_NO_AAD = const(0x40)
_NO_UNPROTECTED = const(0xA0)
_SIGNATURE_HEAD = b"\x58\x40"
_SIGNED_TAIL = const(66)

# The header, as `header.Header` encodes it: a map of four, the labels of what is in it, and heads.
_ALG = b"\xa4\x01"
_CONTENT_TYPE = const(3)
_KID = b"\x04\x48"
_CLAIMS = b"\x0f\xa1"
_DATED_CLAIMS = b"\x0f\xa2\x06"
_CTI = b"\x07\x48"

_NINT = const(0x20)  # major types, as they stand in a head
_BYTES = const(0x40)
_BYTES_8 = const(0x58)  # a byte string of 24 to 255 bytes
_ARRAY = const(0x80)  # of less than 24 items
_BASE_TIME = const(0x22)  # the key -3
_UINT32_MAX = 0xFFFFFFFF
_SMALL = const(
    0x40000000
)  # below it an ESP32's integers need no heap; what is larger goes the long way


class Sealer:
    """Seals with one key, in one buffer: one caller at a time."""

    def __init__(self, key: "Signer") -> None:
        self._key = key
        self._buffer = bytearray(_SENT_AT + MAX_MESSAGE)
        self._kid = _KID + key.public.kid()
        self._shape: list[Shape] = []  # of the last dated pack

    def seal(
        self,
        content: "Pack | bytes",
        boot: int,
        sequence: int,
        iat: int | None,
        content_type: int = _STATEMENT,
    ) -> bytes:
        """Sign ``content`` under the identity (boot, sequence); returns the message.

        Bytes are a statement as `statement_claims.encode` returned it, of ``content_type``. The caller
        sees to it that no identity is used twice. ``iat`` in Unix seconds, None while the clock is
        unset. Raises `WireError` for what `message.parse` would refuse.
        """
        if isinstance(content, senml.Pack):
            if (iat is None) != (content.base_time is None):
                raise malformed("iat and base time go together: both, or neither while unset")
            at = self._put_header(content.content_format, boot, sequence, iat)
            end = self._put_pack(content, at + 1)
        else:
            at = self._put_header(content_type, boot, sequence, iat)
            end = self._put(content, at + 1)
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
        if not (0 <= boot <= COUNTER_MAX and 0 <= sequence <= COUNTER_MAX):
            raise malformed("boot or sequence is outside 0..%d" % COUNTER_MAX)
        if iat is not None and not TIME_MIN <= iat <= TIME_MAX:
            raise malformed("iat is outside %d..%d" % (TIME_MIN, TIME_MAX))
        buffer = self._buffer
        at = _copy(buffer, _HEADER_AT + 2, _ALG)
        at = put_integer(buffer, at, self._key.alg)
        buffer[at] = _CONTENT_TYPE
        at = put_integer(buffer, at + 1, content_type)
        at = _copy(buffer, at, self._kid)
        if iat is None:
            at = _copy(buffer, at, _CLAIMS)
        else:
            at = put_integer(buffer, _copy(buffer, at, _DATED_CLAIMS), iat)
        at = _copy(buffer, at, _CTI)
        struct.pack_into(">II", buffer, at, boot, sequence)
        buffer[_HEADER_AT] = _BYTES_8
        buffer[_HEADER_AT + 1] = at + 8 - (_HEADER_AT + 2)
        return at + 8

    def _put_pack(self, pack: "Pack", at: int) -> int:
        """Write a payload; return where it ends."""
        shape = self._shape if self._knows(pack) else self._learn(pack)
        buffer = self._buffer
        buffer[at + 2] = _ARRAY | len(shape)
        end = at + 3
        for index, record in enumerate(pack.records):
            end = _copy(buffer, end, shape[index][3])
            end = put_integer(buffer, end, record.mantissa)
            if index == 0 and pack.base_time is not None:
                buffer[end] = _BASE_TIME  # its key sorts last
                end = put_integer(buffer, end + 1, pack.base_time)
        length = end - at - 2
        if not 24 <= length < 256:  # its head is not of two bytes
            return self._put(bytes(memoryview(buffer)[at + 2 : end]), at)
        buffer[at] = _BYTES_8
        buffer[at + 1] = length
        return end

    def _knows(self, pack: "Pack") -> bool:
        """Say whether a pack is of the last shape, and has values and a time that need no check."""
        time, shape = pack.base_time, self._shape
        if time is None or not TIME_MIN <= time <= _UINT32_MAX or len(pack.records) != len(shape):
            return False
        for index, record in enumerate(pack.records):
            name, unit, exponent, _ = shape[index]
            value = record.mantissa
            if record.name != name or record.unit != unit or record.exponent != exponent:
                return False
            if type(value) is not int or not -_SMALL < value < _SMALL:
                return False
        return len(shape) > 0

    def _learn(self, pack: "Pack") -> "list[Shape]":
        """Check a pack, and keep its shape if it is one of those that come again."""
        from sealwire import encoding_cache  # here: what is known by heart needs no check

        shape = encoding_cache.learn(pack)
        if pack.base_time is not None and senml.UPTIME not in [name for name, _, _, _ in shape]:
            self._shape = shape
        return shape

    def _put(self, content: bytes, at: int) -> int:
        """Write a payload; return where it ends. Raises `WireError` where it does not fit."""
        at = put_head(self._buffer, at, _BYTES, len(content))
        end = at + len(content)
        if end + _SIGNED_TAIL > len(self._buffer):
            size = end + _SIGNED_TAIL - _SENT_AT
            raise WireError(
                TOO_LARGE, "a message of %d bytes; %d is the most" % (size, MAX_MESSAGE)
            )
        self._buffer[at:end] = content
        return end


def _copy(buffer: bytearray, at: int, content: bytes) -> int:
    """Write ``content``; return where it ends."""
    end = at + len(content)
    buffer[at:end] = content
    return end


def put_integer(buffer: bytearray, at: int, value: int) -> int:
    """Write an integer as CBOR in its shortest form (RFC 8949 section 4.2.1); return where it ends."""
    if value < 0:
        return put_head(buffer, at, _NINT, -1 - value)
    return put_head(buffer, at, 0, value)


def put_head(buffer: bytearray, at: int, major: int, value: int) -> int:
    """Write a head, ``major`` in its upper three bits, in the shortest form; return where it ends."""
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
