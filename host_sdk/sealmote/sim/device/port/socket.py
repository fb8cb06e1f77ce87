"""`socket` as the ESP32 port has it: name look-ups fail while the board is off the network."""

import usocket
from _sim import radio
from usocket import (
    AF_INET,
    AF_INET6,
    SO_BROADCAST,
    SO_REUSEADDR,
    SOCK_DGRAM,
    SOCK_RAW,
    SOCK_STREAM,
    SOL_SOCKET,
    socket,
)

__all__ = (
    "AF_INET",
    "AF_INET6",
    "SOCK_DGRAM",
    "SOCK_RAW",
    "SOCK_STREAM",
    "SOL_SOCKET",
    "SO_BROADCAST",
    "SO_REUSEADDR",
    "getaddrinfo",
    "socket",
)

_EAI_FAIL = -202  # lwIP netdb.h


def getaddrinfo(host: str, port: int, *hints: int) -> object:
    """Resolve by the host's resolver; OSError(-202) without a network, as lwIP has it.

    Hints are address family, socket type, protocol and flags, as in lwIP; the first two count.
    """
    if radio.station.status() != radio.GOT_IP:
        raise OSError(_EAI_FAIL)
    family, kind = (hints + (0, 0))[:2]  # noqa: RUF005 - no star here in MicroPython
    return usocket.getaddrinfo(host, port, family or AF_INET, kind or SOCK_STREAM)
