"""`socket` as the ESP32 port has it: name look-ups fail while the board is off the network."""

import usocket
from _sim import clock, faults, hardware
from _sim.network import radio
from _sim.network.sockets import Socket as socket  # noqa: N813 - the port's name
from usocket import (
    AF_INET,
    AF_INET6,
    SO_BROADCAST,
    SO_REUSEADDR,
    SOCK_DGRAM,
    SOCK_RAW,
    SOCK_STREAM,
    SOL_SOCKET,
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
_GIVES_UP_US = 14000000  # lwIP dns.c: four retries, further apart each time, all of it blocking

_hosts = hardware.records("hosts")


def getaddrinfo(host: str, port: int, *hints: int) -> object:
    """Resolve by the host's resolver; OSError(-202) for what has no address, as lwIP has it.

    Hints are address family, socket type, protocol and flags, as in lwIP; the first two count. An IPv6
    address comes where there is no IPv4 one, and as None (MicroPython, ports/esp32/modsocket.c).
    """
    if radio.out_of_reach():
        raise OSError(_EAI_FAIL)
    unanswered = faults.active("dns-dead") is not None or radio.mute()
    if unanswered and not host.replace(".", "").isdigit():
        clock.sleep_us(_GIVES_UP_US)
        raise OSError(_EAI_FAIL)
    for entry in _hosts:
        if entry["name"] == host and entry["port"] == port:
            host, port = _place(entry)
    family, kind = (hints + (0, 0))[:2]  # noqa: RUF005 - no star here in MicroPython
    kind = kind or SOCK_STREAM
    try:
        if family in (0, AF_INET):
            return usocket.getaddrinfo(host, port, AF_INET, kind)
    except OSError:
        if family:
            raise OSError(_EAI_FAIL)
    try:
        found = usocket.getaddrinfo(host, port, AF_INET6, kind)
    except OSError:
        raise OSError(_EAI_FAIL)
    return [(AF_INET6, kind, 0, host, None) for _ in found]


def _place(entry: dict[str, object]) -> tuple[str, int]:
    """Where a name of this board's world really is."""
    host, port = entry["real_host"], entry["real_port"]
    assert isinstance(host, str)
    assert isinstance(port, int)
    return host, port
