"""Statement claims (EAT, RFC 9711): strict reading, encoder and decoder."""

from sealwire import check
from sealwire._compat import TYPE_CHECKING, const
from sealwire.bounds import COUNTER_MAX
from sealwire.errors import CODE_NAMES, malformed
from sealwire.outcome import FOR_ROOM, SEVERAL
from sealwire.statement import (
    ACCOUNT,
    ACKNOWLEDGED_TO,
    BOOTCOUNT,
    CLOCK_SOURCE,
    CLOCK_SOURCES,
    CONTENT_FORMAT,
    COUNTERS,
    DBGSTAT,
    DBGSTAT_ENABLED,
    DROPPED,
    HWMODEL,
    LAST_ACK,
    MAX_DROPPED,
    MEMORY,
    NONCE,
    PREVIOUS_LAST,
    RANGE_PARTS,
    RESET_CAUSE,
    RESET_CAUSES,
    SIGNER,
    SIGNERS,
    SWNAME,
    SWVERSION,
    UEID,
    UEID_EUI,
    UNCERTAINTY,
    UPTIME,
    Account,
    Statement,
)

if TYPE_CHECKING:
    from sealwire.statement import Range

_COUNTERS_COUNT = const(6)
_WITH_CAUSE = const(4)  # parts of a range that says why
_UINT_MAX = (1 << 53) - 1


def encode(statement: Statement) -> bytes:
    """Return the payload to sign. Raises `WireError` for what `parse` would refuse."""
    from sealwire import (
        cbor,
    )  # here and below: a board reads the claims before it loads what encodes

    made = statement.claims()
    read(made, statement.content_format)
    return cbor.encode(made)


def parse(payload: bytes, content_format: int = CONTENT_FORMAT) -> Statement:
    """Read a payload. Raises `WireError` (malformed) unless it is exactly a statement."""
    from sealwire import cbor

    return read(cbor.decode(payload), content_format)


def read(value: object, content_format: int) -> Statement:
    """Return what a statement's claims say. Raises `WireError` (malformed) unless they are exactly one.

    ``content_format``: of a statement, which is its version.
    """
    required = (UEID, HWMODEL, UPTIME, DBGSTAT, BOOTCOUNT, SWNAME, SWVERSION, ACCOUNT)
    claims = check.mapping(value, "the statement", required, (NONCE,))
    ueid = check.octets(claims[UEID], "ueid", 7, 7)
    if ueid[:1] != UEID_EUI:
        raise malformed("a ueid that is not an EUI-48")
    check.integer(claims[DBGSTAT], "dbgstat", DBGSTAT_ENABLED, DBGSTAT_ENABLED)
    version = check.array(claims[SWVERSION], "swversion", 1, 1)
    nonce = claims.get(NONCE)
    return Statement(
        ueid[1:],
        check.octets(claims[HWMODEL], "hwmodel", 1, 64),
        _uint(claims[UPTIME], "uptime"),
        _counter(claims[BOOTCOUNT], "bootcount"),
        check.text(claims[SWNAME], "swname", 1, 32),
        check.text(version[0], "swversion", 1, 32),
        _account(claims[ACCOUNT], RANGE_PARTS[content_format]),
        None if nonce is None else check.octets(nonce, "nonce", 8, 64),
        content_format,
    )


def _account(claim: object, range_parts: int) -> Account:
    """Read the private claim's value. Raises `WireError` (malformed)."""
    optional = (UNCERTAINTY, PREVIOUS_LAST, ACKNOWLEDGED_TO, DROPPED, LAST_ACK, COUNTERS)
    more = (SIGNER, MEMORY) if range_parts == _WITH_CAUSE else ()
    fields = check.mapping(claim, "the account", (RESET_CAUSE, CLOCK_SOURCE), optional + more)
    uncertainty = fields.get(UNCERTAINTY)
    previous = fields.get(PREVIOUS_LAST)
    acknowledged = fields.get(ACKNOWLEDGED_TO)
    last_ack = fields.get(LAST_ACK)
    counters = fields.get(COUNTERS)
    signer = fields.get(SIGNER)
    memory = fields.get(MEMORY)
    dropped: list[object] = []
    if DROPPED in fields:
        dropped = check.array(fields[DROPPED], "dropped", 1, MAX_DROPPED)
    return Account(
        check.integer(fields[RESET_CAUSE], "reset cause", 0, len(RESET_CAUSES) - 1),
        check.integer(fields[CLOCK_SOURCE], "clock source", 0, len(CLOCK_SOURCES) - 1),
        None if uncertainty is None else _uint(uncertainty, "clock uncertainty"),
        None if previous is None else _number(previous),
        None if acknowledged is None else _number(acknowledged),
        [_range(entry, range_parts) for entry in dropped],
        None if last_ack is None else check.octets(last_ack, "last ack", 32, 32),
        None if counters is None else _counters(counters),
        None if signer is None else check.integer(signer, "signer", 0, len(SIGNERS) - 1),
        None if memory is None else _memory(memory),
    )


def _uint(value: object, what: str) -> int:
    return check.integer(value, what, 0, _UINT_MAX)


def _counter(value: object, what: str) -> int:
    return check.integer(value, what, 0, COUNTER_MAX)


def _number(value: object) -> tuple[int, int]:
    pair = check.array(value, "a number", 2, 2)
    return _counter(pair[0], "a boot"), _counter(pair[1], "a sequence number")


def _counters(value: object) -> tuple[int, ...]:
    counters = check.array(value, "counters", _COUNTERS_COUNT, _COUNTERS_COUNT)
    return tuple([_uint(counter, "a counter") for counter in counters])


def _memory(value: object) -> tuple[int, int]:
    pair = check.array(value, "memory", 2, 2)
    free = _uint(pair[0], "free memory")
    return free, check.integer(pair[1], "the largest block of it", 0, free)


def _range(value: object, parts: int) -> "Range":
    entry = check.array(value, "a dropped range", parts, parts + (parts == _WITH_CAUSE))
    boot = _counter(entry[0], "a boot")
    first = _counter(entry[1], "a dropped range's first")
    last = check.integer(entry[2], "a dropped range's last", first, COUNTER_MAX)
    if parts < _WITH_CAUSE:
        return boot, first, last, None, None
    cause = check.integer(entry[3], "a dropped range's cause", SEVERAL, len(CODE_NAMES))
    if len(entry) == _WITH_CAUSE:
        return boot, first, last, cause, None
    if cause <= FOR_ROOM:
        raise malformed("a refusal's hash where nothing was refused")
    return boot, first, last, cause, check.octets(entry[4], "a refusal's hash", 32, 32)
