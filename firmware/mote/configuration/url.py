"""URL parser (RFC 3986 section 3), for what a board needs: no user, query or fragment."""

from collections import namedtuple

from mote.uplink.transport import SCHEMES

# scheme: one of `SCHEMES` · tls: whether it is · path: without a slash at its end · authority: the host,
# and the port unless it is the scheme's own, for some servers know their name without it alone.
Url = namedtuple("Url", ("scheme", "tls", "host", "port", "path", "authority"))


def parse_url(text: str) -> Url:
    """Return the parts of a URL. Raises ValueError with the fix."""
    scheme, separator, rest = _cut(text, "://")
    if not separator or scheme not in SCHEMES:
        raise ValueError("has to begin with " + " or ".join(sorted([s + "://" for s in SCHEMES])))
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
    known = SCHEMES[scheme]
    number = known.port
    if colon:
        if not port.isdigit() or len(port) > 5 or not 0 < int(port) < 65536:
            raise ValueError("has a port outside 1..65535")
        number = int(port)
    shown = host if number == known.port else "%s:%d" % (host, number)
    return Url(scheme, known.tls, host, number, (slash + path).rstrip("/"), shown)


def _cut(text: str, separator: str) -> tuple[str, str, str]:
    at = text.find(separator)
    if at < 0:
        return text, "", ""
    return text[:at], separator, text[at + len(separator) :]
