"""This machine's network addresses, by which boards can reach a gateway that runs here.

Which network the boards are in nobody but a person knows, where there are several: the way to the
Internet may lead through a VPN that no board is in. Loopback is each board's own.
"""

import ipaddress
import os
import socket
import struct
import sys
from typing import Final, NamedTuple
from urllib.parse import urlsplit

_GET_ADDRESS: Final = (
    0xC0206921 if sys.platform == "darwin" else 0x8915
)  # SIOCGIFADDR, netdevice(7)
_REQUEST: Final = struct.Struct("16s24x")  # struct ifreq: the name, then a sockaddr_in
_ADDRESS_AT: Final = 20
# Bridges of containers and virtual machines on this machine: nobody else is in them.
_INNER: Final = ("docker", "br-", "veth", "virbr", "vmnet", "lxc", "cni", "bridge")


class Address(NamedTuple):
    """An IPv4 address, as text, and the interface that has it; "" where the system does not say."""

    address: str
    interface: str

    def __str__(self) -> str:
        return f"{self.address} ({self.interface})" if self.interface else self.address


def own() -> list[Address]:
    """Return this machine's addresses but for loopback and networks inside of it; [] in no network."""
    found = _by_name() if os.name == "nt" else _by_interface()
    return [
        one
        for one in found
        if not _is_inner(ipaddress.ip_address(one.address)) and not one.interface.startswith(_INNER)
    ]


def is_loopback(url: str) -> bool:
    """Say whether an address leads back to whoever uses it."""
    host = (urlsplit(url).hostname or "").rstrip(".")
    if host == "localhost" or host.endswith(".localhost"):  # RFC 6761 section 6.3
        return True
    try:
        return _is_inner(ipaddress.ip_address(host))
    except ValueError:
        return False


def _is_inner(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return address.is_loopback or address.is_unspecified or address.is_link_local


def _by_interface() -> list[Address]:
    import fcntl  # noqa: PLC0415 - there is none on Windows

    found = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        for _, name in socket.if_nameindex():
            try:
                answer = fcntl.ioctl(probe, _GET_ADDRESS, _REQUEST.pack(name.encode()[:15]))
            except OSError:
                continue  # it has no IPv4 address
            raw = answer[_ADDRESS_AT : _ADDRESS_AT + 4]
            found.append(Address(socket.inet_ntoa(raw), name))
    return found


def _by_name() -> list[Address]:
    _, _, addresses = socket.gethostbyname_ex(socket.gethostname())
    return [Address(address, "") for address in addresses]
