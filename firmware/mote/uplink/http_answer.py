"""HTTP/1.1 response parser (RFC 9112), bounded, for what any server or proxy may send.

Interim answers are passed over (RFC 9110 section 15.2), LF alone ends a line (RFC 9112 section 2.2), a
folded line belongs to the one before (5.2); a body comes in chunks, by length, or until the connection
ends (6.3), and what follows it is nobody's. Nothing here depends on how the bytes were cut on the way.
"""

from mote.errors import UplinkError
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    import asyncio

    Fields = dict[bytes, bytes]

_READ = const(512)
_KEPT = const(512)  # of a line: those that matter are short
_HEADS_MAX = const(16384)  # of all heads together, interim ones too; of one line as well
_BODY_MAX = const(16384)
_TLS_ALERT = const(21)  # a record's first byte (RFC 8446 section 5.1)

_LISTS = (b"content-length", b"transfer-encoding", b"content-encoding")  # may come in several lines
_SINGLES = (b"retry-after", b"date", b"location")


async def read(reader: "asyncio.StreamReader") -> "tuple[int, Fields, bytearray]":
    """Return status, the fields that matter by lower-case name, and the body, which 200 alone has.

    Raises `UplinkError`; OSError from the network.
    """
    source = _Source(reader)
    if await source.first() == _TLS_ALERT:
        raise UplinkError("the server speaks TLS: gateway.url has to begin with https://")
    status = 100
    while 100 <= status < 200 and status != 101:  # nobody asked for another protocol
        status = _status(await source.line())
        fields = await _fields(source)
    body = bytearray()
    if status == 200:
        await _receive(source, fields, body)
    return status, fields, body


def _status(line: bytes) -> int:
    words = line.split()  # a reason phrase may be absent, or in any bytes (RFC 9112 section 4)
    if len(words) < 2 or words[0][:7] != b"HTTP/1." or len(words[1]) != 3 or not words[1].isdigit():
        raise UplinkError("the answer is not HTTP/1")
    return int(words[1])


async def _fields(source: "_Source") -> "Fields":
    fields: Fields = {}
    name = b""
    while True:
        line = await source.line()
        if source.taken > _HEADS_MAX:
            raise UplinkError("the answer's header is longer than %d bytes" % _HEADS_MAX)
        if not line:
            return fields
        if line[0] in b" \t":
            if name in fields:
                fields[name] += b" " + line.strip()
            continue
        colon = line.find(b":")
        name, value = line[: max(colon, 0)].strip().lower(), line[colon + 1 :].strip()
        if name in _LISTS and name in fields:
            fields[name] += b"," + value
        elif name in _LISTS or name in _SINGLES:
            fields[name] = value


async def _receive(source: "_Source", fields: "Fields", body: bytearray) -> None:
    """Put the body of an answer with these fields after ``body``."""
    if _codings(fields, b"content-encoding"):
        raise UplinkError("the answer is compressed, by whatever is before the gateway")
    codings = _codings(fields, b"transfer-encoding")
    if codings == [b"chunked"]:
        await _receive_chunks(source, body)
    elif codings:
        raise UplinkError("the answer has a transfer coding that nobody asked for, beside chunks")
    elif b"content-length" in fields:
        await source.append(_length(fields[b"content-length"]), body)
    else:
        await source.append_rest(body)


def _codings(fields: "Fields", name: bytes) -> list[bytes]:
    given = [coding.strip().lower() for coding in fields.get(name, b"").split(b",")]
    return [coding for coding in given if coding not in (b"", b"identity")]


def _length(value: bytes) -> int:
    """Return a length that may have been repeated (RFC 9112 section 6.3)."""
    sizes = {size.strip() for size in value.split(b",")}
    size = sizes.pop()
    if sizes or not size.isdigit():
        raise UplinkError("the answer's length is no number, or stands twice and differs")
    return int(size)


async def _receive_chunks(source: "_Source", body: bytearray) -> None:
    """Take chunks up to the last; the trailers after it say nothing here (RFC 9112 section 7.1)."""
    while True:
        digits = (await source.line()).split(b";")[0].strip()
        if not digits or digits.strip(b"0123456789abcdefABCDEF"):
            raise UplinkError("the answer has a chunk without a size")
        size = int(digits, 16)
        if not size:
            return
        await source.append(size, body)
        if await source.line():
            raise UplinkError("the answer has a chunk that is longer than it says")


class _Source:
    """The bytes of one answer in their order; ``taken``: how many so far."""

    def __init__(self, reader: "asyncio.StreamReader") -> None:
        self._reader = reader
        self._waiting = b""
        self.taken = 0

    async def first(self) -> int:
        """Return the next byte, and leave it."""
        await self._need()
        return self._waiting[0]

    async def line(self) -> bytes:
        """Take a line; return it without its end, and no more than `_KEPT` bytes of it."""
        kept, size, end = b"", 0, -1
        while end < 0:
            await self._need()
            end = self._waiting.find(b"\n")
            piece = self._pull(end + 1 if end >= 0 else _READ)
            kept += piece[: _KEPT - len(kept)]
            size += len(piece)
            if size > _HEADS_MAX:
                raise UplinkError("a line of the answer is longer than %d bytes" % _HEADS_MAX)
        return kept.rstrip(b"\r\n")

    async def append(self, size: int, body: bytearray) -> None:
        """Take so many bytes and put them after ``body``."""
        _check_room(len(body) + size)
        while size:
            await self._need()
            piece = self._pull(size)
            body.extend(piece)
            size -= len(piece)

    async def append_rest(self, body: bytearray) -> None:
        """Take all until the connection ends, and put it after ``body``."""
        while self._waiting or await self._more():
            body.extend(self._pull(_READ))
            _check_room(len(body))

    async def _more(self) -> bool:
        self._waiting = await self._reader.read(_READ)
        return bool(self._waiting)

    async def _need(self) -> None:
        if not self._waiting and not await self._more():
            raise UplinkError("the connection ended within the answer, after %d bytes" % self.taken)

    def _pull(self, size: int) -> bytes:
        """Take up to so many of the bytes that are here."""
        piece, self._waiting = self._waiting[:size], self._waiting[size:]
        self.taken += len(piece)
        return piece


def _check_room(size: int) -> None:
    if size > _BODY_MAX:
        raise UplinkError("the answer has more than %d bytes" % _BODY_MAX)
