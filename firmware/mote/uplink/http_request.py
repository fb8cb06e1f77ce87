"""HTTP/1.1 request with a batch (RFC 9112), one a connection."""

import asyncio
import gc
import socket

from mote import VERSION
from mote.errors import SilentError, UplinkError
from mote.uplink.deadline import within
from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from mote.configuration.url import Url
    from mote.uplink.http import Http

_ONE = "application/cose"  # RFC 9052 section 11.3.1
_SEVERAL = "application/cbor-seq"  # RFC 8742 section 7.1


async def send(
    http: "Http", messages: list[bytes]
) -> "tuple[asyncio.StreamReader, OSError | ValueError | None]":
    """Return the stream on which the answer comes, and what kept the request from going out whole.

    Who closes early may have answered before (RFC 9112 section 9.5). Raises as `Http.post`.
    """
    gc.collect()  # what opening a connection needs is in one piece, if anything is
    url = http.url
    _check_name(url)
    connecting = asyncio.open_connection(url.host, url.port, http.tls, url.host)  # type: ignore[call-arg, arg-type]  # the stub has CPython's arguments
    stream, _ = await within(http.connect_ms, connecting, "connecting")
    try:
        stream.write(_request(url, messages))
        for sealed in messages:
            stream.write(sealed)
            await within(http.send_ms, stream.drain(), "sending")
    except (OSError, ValueError) as error:  # the latter is mbedTLS's, of a certificate
        return stream, error
    except Exception:
        await stream.wait_closed()
        raise
    return stream, None


def _check_name(url: "Url") -> None:
    """Raise `UplinkError` for a name that cannot be connected to, before anything else does.

    The ESP32 port gives None for an IPv6 address (MicroPython, ports/esp32/modsocket.c).
    """
    try:
        found = socket.getaddrinfo(url.host, url.port, 0, socket.SOCK_STREAM)
    except OSError as error:
        raise SilentError("%s has no address: %s" % (url.host, error))
    if not found or found[0][-1] is None:
        raise UplinkError(
            "%s has IPv6 addresses alone, and a board connects by IPv4: give it an A record, or"
            " gateway.url another name" % url.host
        )


def _request(url: "Url", messages: list[bytes]) -> bytes:
    lines = (
        "POST %s/v1/readings HTTP/1.1" % url.path,
        "Host: " + url.authority,
        "User-Agent: sealmote/" + VERSION,
        "Accept-Encoding: identity",
        "Content-Type: " + (_ONE if len(messages) == 1 else _SEVERAL),
        "Content-Length: %d" % sum([len(sealed) for sealed in messages]),
        "Connection: close",
        "",
        "",
    )
    return "\r\n".join(lines).encode()
