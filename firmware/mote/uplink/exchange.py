"""A batch to the gateway and its acknowledgement back: HTTP/1.1 (RFC 9112), one request a connection."""

import asyncio
import gc

from mote.errors import UplinkError
from mote.passing import Passing
from sealwire._compat import TYPE_CHECKING, const

from .http import TooLargeError

if TYPE_CHECKING:
    from mote.url import Url

    from .http import Http

_HEAD_MAX = const(4096)
_BODY_MAX = const(16384)
_CHUNK = const(512)

_ONE = "application/cose"  # RFC 9052 section 11.3.1
_SEVERAL = "application/cbor-seq"  # RFC 8742 section 7.1


async def exchange(http: "Http", messages: list[bytes]) -> bytes:
    """Do what `Http.post` says."""
    gc.collect()  # what opening a connection needs is in one piece, if anything is
    url = http.url
    connecting = asyncio.open_connection(url.host, url.port, http.tls, url.host)  # type: ignore[call-arg, arg-type]  # the stub has CPython's arguments
    reader, writer = await _within(http.connect_ms, connecting, "connecting")
    try:
        writer.write(_request(url, messages))
        for sealed in messages:
            writer.write(sealed)
            await _within(http.send_ms, writer.drain(), "sending")
        answer: bytes = await _within(http.answer_ms, _answer(reader), "answering")
    except ValueError as error:  # what mbedTLS makes of a certificate
        raise UplinkError("TLS: %s; is gateway.ca this gateway's CA?" % str(error).strip())
    finally:
        await writer.wait_closed()
    return answer


def _request(url: "Url", messages: list[bytes]) -> bytes:
    lines = (
        "POST %s/v1/readings HTTP/1.1" % url.path,
        "Host: %s:%d" % (url.host, url.port),
        "Content-Type: " + (_ONE if len(messages) == 1 else _SEVERAL),
        "Content-Length: %d" % sum([len(sealed) for sealed in messages]),
        "Connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode()


async def _within(milliseconds: int, step, doing: str):  # type: ignore[no-untyped-def]  # any awaitable
    try:
        return await asyncio.wait_for_ms(step, milliseconds)
    except asyncio.TimeoutError:
        raise UplinkError("%s took longer than %d s" % (doing, milliseconds // 1000))


async def _answer(reader: asyncio.StreamReader) -> bytes:
    data = bytearray()
    while True:
        end = data.find(b"\r\n\r\n")
        if end >= 0:
            break
        if len(data) > _HEAD_MAX:
            raise UplinkError("the answer's header is longer than %d bytes" % _HEAD_MAX)
        await _receive(reader, data)
    size = read_head(bytes(data[:end]))
    end += 4
    while len(data) < end + size:
        await _receive(reader, data)
    if len(data) != end + size:
        raise UplinkError("the answer goes on after its end")
    return bytes(memoryview(data)[end:])


async def _receive(reader: asyncio.StreamReader, data: bytearray) -> None:
    chunk = await reader.read(_CHUNK)
    if not chunk:
        raise UplinkError("the connection ended within the answer, after %d bytes" % len(data))
    data.extend(chunk)


def read_head(head: bytes) -> int:
    """Return the body's length from status line and fields. Raises `UplinkError` unless it is 200."""
    try:
        lines = str(head, "utf-8").split("\r\n")
    except ValueError:
        raise UplinkError("the answer is not HTTP")
    status = lines[0].split(" ")
    if len(status) < 2 or status[0] not in ("HTTP/1.1", "HTTP/1.0") or not status[1].isdigit():
        raise UplinkError("the answer is not HTTP")
    _check_status(int(status[1]))
    size = None
    for line in lines[1:]:
        colon = line.find(":")
        name, value = line[:colon].lower(), line[colon + 1 :].strip()
        if name == "transfer-encoding":
            raise UplinkError(
                "the answer is in chunks; the gateway or its proxy has to send a length"
            )
        if name == "content-length":
            if size is not None or not value.isdigit() or len(value) > 9:
                raise UplinkError("the answer's length is no number, or stands twice")
            size = int(value)
    if size is None or size > _BODY_MAX:
        raise UplinkError("the answer has no length, or more than %d bytes" % _BODY_MAX)
    return size


def _check_status(status: int) -> None:
    if status == 413:
        raise TooLargeError("413: the batch is too large for the gateway")
    if status != 200:
        with Passing():
            from .refusals import WORDS

            raise UplinkError("%d: %s" % (status, WORDS.get(status, "no acknowledgement")))
