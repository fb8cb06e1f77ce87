"""The part of a URL that a board needs (RFC 3986 section 3, without user, query and fragment)."""

from collections import namedtuple

Url = namedtuple("Url", ("tls", "host", "port", "path"))

_PORTS = {"http": 80, "https": 443}


def parse_url(text: str) -> Url:
    """Return (tls, host, port, path without a slash at its end). Raises ValueError with the mend."""
    scheme, separator, rest = _cut(text, "://")
    if not separator or scheme not in _PORTS:
        raise ValueError("has to begin with http:// or https://")
    if rest.startswith("["):
        raise ValueError(
            "has an IPv6 address; a board connects by IPv4: give a name or an IPv4 address"
        )
    for character in rest:
        if not "!" <= character <= "~" or character in '@?#[]\\"<>':
            raise ValueError("has a character that does not belong there: %r" % character)
    authority, slash, path = _cut(rest, "/")
    host, colon, port = _cut(authority, ":")
    if not host:
        raise ValueError("has no host: http://HOST:PORT")
    number = _PORTS[scheme]
    if colon:
        if not port.isdigit() or len(port) > 5 or not 0 < int(port) < 65536:
            raise ValueError("has a port outside 1..65535")
        number = int(port)
    return Url(scheme == "https", host, number, (slash + path).rstrip("/"))


def _cut(text: str, separator: str) -> tuple[str, str, str]:
    at = text.find(separator)
    if at < 0:
        return text, "", ""
    return text[:at], separator, text[at + len(separator) :]
