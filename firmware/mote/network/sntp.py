"""SNTP client (RFC 4330): one exchange over UDP, and how far off its answer may be.

That is half the round trip, and what the server says of itself (RFC 5905 section 11.1): half the delay
to its root and back, its dispersion, its precision; a second if it has announced a leap.
"""

import asyncio
import os
import socket
import struct
import time
from collections import namedtuple

from mote.errors import ClockError
from sealwire._compat import const

_SIZE = const(48)
_REQUEST = const(4 << 3 | 3)  # leap 0, version 4, mode 3: client (RFC 4330 section 4)
_MODE_SERVER = const(4)
_LEAP_ALARM = const(3)  # the server itself has no time
_DISTANCE_MAX_MS = const(3000)  # a server that may be further off than this is of no use
_LEAP_SECOND_MS = const(1000)  # it may come before the clock is set again
_RESOLUTION_MS = const(3)  # of the server's two times and our own, each cut to milliseconds
_UNIX_FROM_1900 = const(2208988800)
_ERA = 1 << 32  # seconds of one NTP era; the second begins in 2036
_HALF = 1 << 31
_TIMEOUT_MS = const(3000)
_EARLIEST = const(1735689600)  # 2025-01-01: no board runs this before it was written

# Unix time in ms at ticks_ms `ticks`, the round trip in ms without the server's own share, and by how
# many ms the time may be off.
Answer = namedtuple("Answer", ("unix_ms", "ticks", "round_trip_ms", "error_ms"))


class NoAddressError(ClockError):
    """Nobody was asked."""


class AnswerError(ClockError):
    """An answer came, and is not believed."""


class KissError(AnswerError):
    """A kiss-o'-death (RFC 5905 section 7.4): its ``code``, and the address ``place`` that sent it."""

    def __init__(self, code: str) -> None:
        super().__init__("the server sent a kiss-o'-death (%s)" % code)
        self.code = code
        self.place = ""


async def query(host: str, port: int, shunned: "list[str] | tuple[str, ...]" = ()) -> Answer:
    """Ask once, and none of the addresses ``shunned``.

    Raises one of the errors above, or `ClockError` for no answer. Looking up the address blocks for as
    long as the port's resolver takes.
    """
    address = _look_up(host, port, shunned)
    connection = socket.socket(address[0], socket.SOCK_DGRAM)
    try:
        return await _exchange(connection, address[-1])
    except KissError as error:
        error.place = address[-1][0]
        raise
    except OSError as error:
        raise ClockError("%s: %s" % (host, error))
    finally:
        connection.close()


def _look_up(host: str, port: int, shunned):  # type: ignore[no-untyped-def]  # what getaddrinfo gives
    try:
        found = socket.getaddrinfo(host, port, 0, socket.SOCK_DGRAM)
    except OSError as error:
        raise NoAddressError("%s has no address: %s" % (host, error))
    usable = [entry for entry in found if entry[-1]]  # None for IPv6 on the ESP32 (modsocket.c)
    if not usable:
        raise NoAddressError("%s has IPv6 addresses alone, which a board cannot ask" % host)
    for entry in usable:
        if entry[-1][0] not in shunned:
            return entry
    raise NoAddressError("%s wants no more questions; name another ntp.host" % host)


async def _exchange(
    connection: socket.socket, address: tuple[str, int] | tuple[str, int, int, int]
) -> Answer:
    connection.setblocking(False)
    connection.connect(address)  # so that only this server's datagrams arrive
    # A random transmit timestamp, which the answer has to repeat: whoever cannot read our request
    # cannot forge an answer, and the board's own clock stays its own.
    cookie = os.urandom(8)
    sent = time.ticks_us()
    connection.send(bytes([_REQUEST]) + bytes(39) + cookie)
    # A stream only waits and reads, so it serves a connected UDP socket as well.
    reader = asyncio.StreamReader(connection)
    try:
        answer: bytes = await asyncio.wait_for_ms(reader.read(_SIZE), _TIMEOUT_MS)
    except asyncio.TimeoutError:
        raise ClockError("no answer within %d ms" % _TIMEOUT_MS)
    elapsed_us = time.ticks_diff(time.ticks_us(), sent)
    ticks = time.ticks_ms()
    received_ms, transmitted_ms, distance_ms = read(answer, cookie)
    round_trip_ms = elapsed_us // 1000 - (transmitted_ms - received_ms)
    if round_trip_ms < -1:  # a millisecond is the rounding of the three
        raise AnswerError("the server claims to have worked longer than the exchange took")
    round_trip_ms = max(round_trip_ms, 0)
    error_ms = (round_trip_ms + 1) // 2 + distance_ms + _RESOLUTION_MS
    return Answer(transmitted_ms + round_trip_ms // 2, ticks, round_trip_ms, error_ms)


def read(answer: bytes, cookie: bytes) -> tuple[int, int, int]:
    """Return when the request was received and answered, in Unix ms, and by how many the server may be off.

    Raises `AnswerError` unless ``answer`` passes the checks of RFC 4330 section 5.
    """
    if len(answer) != _SIZE:
        raise AnswerError("an answer of %d bytes instead of %d" % (len(answer), _SIZE))
    if answer[0] & 7 != _MODE_SERVER or answer[0] >> 3 & 7 not in (3, 4):
        raise AnswerError("not a server's answer of version 3 or 4")
    if answer[24:32] != cookie:  # before anything of it is obeyed
        raise AnswerError("an answer to somebody else's request")
    if answer[1] == 0:
        raise KissError(_printable(answer[12:16]))
    if answer[1] > 15 or answer[0] >> 6 == _LEAP_ALARM:
        raise AnswerError("the server itself has no time")
    received, transmitted = _unix_ms(answer[32:40]), _unix_ms(answer[40:48])
    if transmitted < received or transmitted < _EARLIEST * 1000:
        raise AnswerError("a time that cannot be: before 2025, or sent before it was received")
    distance_ms = _distance_ms(answer)
    if distance_ms > _DISTANCE_MAX_MS:
        raise AnswerError(
            "the server says that it may be off by %d ms; name a better ntp.host" % distance_ms
        )
    return received, transmitted, distance_ms


def _distance_ms(answer: bytes) -> int:
    """How far off the server says that it may be, rounded up."""
    delay, dispersion = struct.unpack(">II", answer[4:12])  # seconds, 16 bits of fraction
    distance_ms = _ceil_shift((delay + 2 * dispersion) * 1000, 17)
    precision = answer[3] if answer[3] < 128 else answer[3] - 256  # a power of two of seconds
    distance_ms += 1000 << precision if precision >= 0 else _ceil_shift(1000, -precision)
    if answer[0] >> 6:
        distance_ms += _LEAP_SECOND_MS
    return distance_ms


def _ceil_shift(value: int, bits: int) -> int:
    return -(-value >> bits)


def _unix_ms(timestamp: bytes) -> int:
    seconds, fraction = struct.unpack(">II", timestamp)
    if seconds < _HALF:  # RFC 4330 section 3: the top bit tells the era, until 2104
        seconds += _ERA
    return int((seconds - _UNIX_FROM_1900) * 1000 + (fraction * 1000 >> 32))


def _printable(code: bytes) -> str:
    return "".join([chr(c) if 32 < c < 127 else "?" for c in code])
