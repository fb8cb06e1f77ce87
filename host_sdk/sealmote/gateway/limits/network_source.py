"""The network source that a client is counted under: an IPv4 address, or an IPv6 network of 64 bits."""

from ipaddress import IPv6Address, ip_address

UNKNOWN = "?"


def source_of(host: str | None) -> str:
    """Return the name under which the requests of an address are counted.

    Whoever has one IPv6 address has the whole /64 around it (RFC 6177).
    """
    if host is None:
        return UNKNOWN
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:
        return UNKNOWN
    if not isinstance(address, IPv6Address):
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return f"{IPv6Address(int(address) >> 64 << 64)}/64"
