"""One exchange with a time server: SNTP (RFC 4330) over UDP, with the round trip measured."""

import asyncio
import os
import socket
import struct
import time
from collections import namedtuple

from sealwire._compat import const

from .errors import ClockError

_SIZE = const(48)
_REQUEST = const(4 << 3 | 3)  # leap 0, version 4, mode 3: client (RFC 4330 section 4)
_MODE_SERVER = const(4)
_LEAP_ALARM = const(3)  # the server itself has no time
_UNIX_FROM_1900 = const(2208988800)
_ERA = 1 << 32  # seconds of one NTP era; the second begins in 2036
_HALF = 1 << 31
_TIMEOUT_MS = const(3000)
_EARLIEST = const(1735689600)  # 2025-01-01: no board runs this before it was written

# Unix time in ms at ticks_ms `ticks`, and the round trip in ms without the server's own share.
Answer = namedtuple("Answer", ("unix_ms", "ticks", "round_trip_ms"))


async def query(host: str, port: int) -> Answer:
    """Ask once. Raises `ClockError` for no answer or one that cannot be believed.

    The address look-up blocks for as long as the port's resolver takes.
    """
    try:
        address = socket.getaddrinfo(host, port, 0, socket.SOCK_DGRAM)[0]
    except OSError as error:
        raise ClockError("%s has no address: %s" % (host, error))
    connection = socket.socket(address[0], socket.SOCK_DGRAM)
    try:
        return await _exchange(connection, address[-1])
    except OSError as error:
        raise ClockError("%s: %s" % (host, error))
    finally:
        connection.close()


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
    received_ms, transmitted_ms = read(answer, cookie)
    round_trip_ms = elapsed_us // 1000 - (transmitted_ms - received_ms)
    if round_trip_ms < -1:  # a millisecond is the rounding of the three
        raise ClockError("the server claims to have worked longer than the exchange took")
    round_trip_ms = max(round_trip_ms, 0)
    return Answer(transmitted_ms + round_trip_ms // 2, ticks, round_trip_ms)


def read(answer: bytes, cookie: bytes) -> tuple[int, int]:
    """Return when the server received the request and when it answered, in Unix ms.

    Raises `ClockError` unless ``answer`` passes the checks of RFC 4330 section 5.
    """
    if len(answer) != _SIZE:
        raise ClockError("an answer of %d bytes instead of %d" % (len(answer), _SIZE))
    if answer[0] & 7 != _MODE_SERVER or answer[0] >> 3 & 7 not in (3, 4):
        raise ClockError("not a server's answer of version 3 or 4")
    if answer[1] == 0:
        raise ClockError("the server sent a kiss-o'-death (%s)" % _printable(answer[12:16]))
    if answer[1] > 15 or answer[0] >> 6 == _LEAP_ALARM:
        raise ClockError("the server itself has no time")
    if answer[24:32] != cookie:
        raise ClockError("an answer to somebody else's request")
    received, transmitted = _unix_ms(answer[32:40]), _unix_ms(answer[40:48])
    if transmitted < received or transmitted < _EARLIEST * 1000:
        raise ClockError("a time that cannot be: before 2025, or sent before it was received")
    return received, transmitted


def _unix_ms(timestamp: bytes) -> int:
    seconds, fraction = struct.unpack(">II", timestamp)
    if seconds < _HALF:  # RFC 4330 section 3: the top bit tells the era, until 2104
        seconds += _ERA
    return int((seconds - _UNIX_FROM_1900) * 1000 + (fraction * 1000 >> 32))


def _printable(code: bytes) -> str:
    return "".join([chr(c) if 32 < c < 127 else "?" for c in code])
