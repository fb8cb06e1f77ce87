"""A small SNTP server for boards on a machine without a network (RFC 5905, server mode)."""

import asyncio
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from types import TracebackType
from typing import Final, Self, cast

_PACKET: Final = struct.Struct("!BBbb11I")  # RFC 5905 section 7.3, without extensions
_UNIX_TO_NTP_S: Final = 2_208_988_800
_FRACTION: Final = 1 << 32
_MODE_CLIENT: Final = 3
_MODE_SERVER: Final = 4
_SHORT: Final = 1 << 16  # RFC 5905 section 6: seconds with 16 bits of fraction


@dataclass(frozen=True)
class Standing:
    """What a server says of itself (RFC 5905 section 7.3).

    `leap`: 1 or 2 announce a leap second, 3 is no time at all · `precision`: a power of two of seconds ·
    `root_delay_s`, `root_dispersion_s`: to the source of its time and back, and how far off that may be.
    """

    leap: int = 0
    stratum: int = 2
    precision: int = -20  # about a microsecond
    root_delay_s: float = 0.0
    root_dispersion_s: float = 0.0
    reference: bytes = b"\x7f\x7f\x01\x01"  # an undisciplined local clock

    @classmethod
    def kiss(cls, code: str) -> "Standing":
        """Tell clients by a kiss-o'-death (section 7.4) such as RATE or DENY what they are to do."""
        return cls(leap=3, stratum=0, reference=code.encode("ascii"))


def answer(
    request: bytes,
    received_ns: int,
    sent_ns: int,
    standing: Standing = Standing(),
) -> bytes | None:
    """48-byte answer to a request, times in Unix nanoseconds; None if it is no request.

    Refused without a word, as RFC 5905 section 9.2 has it: other modes, other versions than 3 and
    4, packets shorter than a header.
    """
    if len(request) < _PACKET.size:
        return None
    first, _, poll, _, *words = _PACKET.unpack_from(request)
    version, mode = first >> 3 & 7, first & 7
    if mode != _MODE_CLIENT or version not in (3, 4):
        return None
    received, sent = _timestamp(received_ns), _timestamp(sent_ns)
    return _PACKET.pack(
        standing.leap << 6 | version << 3 | _MODE_SERVER, standing.stratum, poll, standing.precision,
        round(standing.root_delay_s * _SHORT), round(standing.root_dispersion_s * _SHORT),
        int.from_bytes(standing.reference, "big"), *received, *words[9:11], *received, *sent,
    )  # fmt: skip


def _timestamp(unix_ns: int) -> tuple[int, int]:
    """Seconds since 1900 modulo 2**32 (the era is not sent) and the fraction of one."""
    seconds, nanoseconds = divmod(unix_ns, 1_000_000_000)
    return (seconds + _UNIX_TO_NTP_S) % _FRACTION, nanoseconds * _FRACTION // 1_000_000_000


class NtpServer:
    """Serve time on a UDP port while the `async with` block runs.

    `clock` gives Unix nanoseconds; port 0 lets the system choose, and `port` then says which. `standing`
    may change while it serves.
    """

    def __init__(
        self, host: str = "127.0.0.1", port: int = 0, clock: Callable[[], int] = time.time_ns
    ) -> None:
        self.host = host
        self.port = port
        self.answered = 0
        self.standing = Standing()
        self._clock = clock
        self._transport: asyncio.DatagramTransport | None = None

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(
            lambda: _Protocol(self), local_addr=(self.host, self.port)
        )
        self.port = self._transport.get_extra_info("sockname")[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        assert self._transport is not None
        self._transport.close()

    def respond(self, request: bytes) -> bytes | None:
        """Answer one datagram by the server's clock."""
        received = self._clock()
        reply = answer(request, received, self._clock(), self.standing)
        self.answered += reply is not None
        return reply


class _Protocol(asyncio.DatagramProtocol):
    def __init__(self, server: NtpServer) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)  # no loop's class says so

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        reply = self._server.respond(data)
        if reply is not None and self._transport is not None:
            self._transport.sendto(reply, addr)
