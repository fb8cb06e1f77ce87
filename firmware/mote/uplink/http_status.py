"""HTTP statuses without an acknowledgement (RFC 9110 section 15) as errors."""

from mote.errors import UplinkError
from mote.unimport import Unimport
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from mote.network.clock import Clock
    from mote.uplink.http_answer import Fields

_PATIENCE_MAX_S = const(3600)  # nobody who forges an answer silences a board for longer
_SHOWN = const(120)

_NO_GATEWAY = "no gateway at this url; check gateway.url"
_PROXY = "the gateway's proxy cannot reach it"

_WORDS = {
    301: "the gateway has moved to %s; put its new address into gateway.url",
    302: "sent on to %s, where no board goes: the network's log-in page, or a wrong gateway.url",
    400: "the gateway cannot read the request",
    401: "the gateway wants other credentials than a signature",
    403: "the gateway forbids it",
    404: _NO_GATEWAY,
    405: _NO_GATEWAY,
    407: "the network's proxy wants credentials, which a board has not",
    408: "the gateway gave up waiting",
    411: "the gateway or its proxy does not see the request's length",
    413: "the batch is too large for the gateway",
    415: "the gateway does not take this content type",
    421: _NO_GATEWAY,
    426: "the gateway wants another protocol; does gateway.url begin with https://?",
    429: "the gateway asks for patience",
    500: "the gateway has an error",
    502: _PROXY,
    503: "the gateway is too busy",
    504: _PROXY,
    511: "the network wants somebody to log in first",
}
_SAME = {303: 302, 307: 302, 308: 301}


def refusal(status: int, fields: "Fields", clock: "Clock") -> UplinkError:
    """Return the error that tells of an answer with this status and these fields."""
    words = _WORDS.get(_SAME.get(status, status), "no acknowledgement")
    if "%s" in words:
        where = _shown(fields.get(b"location", b""))
        words = words % where if where else "sent elsewhere without an address; check gateway.url"
    error = UplinkError("%d: %s" % (status, words))
    error.too_large, error.patience_s = status == 413, _patience_s(fields, clock)
    return error


def _shown(location: bytes) -> str:
    """Return a stranger's address as it may stand in a log line."""
    shown = "".join([chr(c) if 32 < c < 127 else "%%%02X" % c for c in location[:_SHOWN]])
    return shown + "..." if len(location) > _SHOWN else shown


def _patience_s(fields: "Fields", clock: "Clock") -> int:
    """Return for how long the answer asks to be left alone (RFC 9110 section 10.2.3); 0: it does not."""
    after = fields.get(b"retry-after", b"")
    if after.isdigit():
        return min(int(after), _PATIENCE_MAX_S)
    with Unimport():
        from mote.uplink.http_date import unix

        until = unix(after)
        now = until and (clock.now() or unix(fields.get(b"date", b"")))
    return min(max(until - now, 0), _PATIENCE_MAX_S) if until and now else 0
