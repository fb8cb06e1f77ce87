"""A board's statement about itself: an EAT (RFC 9711) after each boot, daily, and on a challenge.

Together with the log it accounts for every number that the board used: logged, dropped by the board
(and named in `Account.dropped`), or acknowledged and hidden by a gateway.
"""

from . import cbor, check
from ._compat import const
from .bounds import COUNTER_MAX
from .errors import malformed

CONTENT_FORMAT = 263  # application/eat+cwt, RFC 9711 section 10.4

RESET_CAUSES = ("power-on", "hard", "watchdog", "deep-sleep", "soft", "other")
CLOCK_SOURCES = ("unset", "sntp", "rtc")
MAX_DROPPED = 32

_NONCE = const(10)  # RFC 9711 section 4.1
_UEID = const(256)  # 4.2.1
_HWMODEL = const(259)  # 4.2.4
_UPTIME = const(261)  # 4.2.11
_DBGSTAT = const(263)  # 4.2.9
_BOOTCOUNT = const(267)  # 4.2.12
_SWNAME = const(270)  # 4.2.6
_SWVERSION = const(271)  # 4.2.7
_ACCOUNT = const(-70000)  # private use: below -65536 (RFC 8392 section 9.1)

_RESET_CAUSE, _CLOCK_SOURCE, _UNCERTAINTY, _PREVIOUS_LAST = const(1), const(2), const(3), const(4)
_ACKNOWLEDGED_TO, _DROPPED, _LAST_ACK, _COUNTERS = const(5), const(6), const(7), const(8)
_COUNTERS_COUNT = const(6)

_UEID_EUI = b"\x02"  # RFC 9711 section 4.2.1: an IEEE EUI follows
_DBGSTAT_ENABLED = const(0)  # a stock image leaves the chip's debug port as its maker did
_UINT_MAX = (1 << 53) - 1


class Account:
    """What became of the board's numbers, its last reset and its clock.

    reset_cause: index into `RESET_CAUSES` · clock_source: index into `CLOCK_SOURCES` ·
    clock_uncertainty_ms: None while unset · previous_last: the highest (boot, sequence) that was kept
    or given up before this boot, None where there is none · acknowledged_to: (boot, sequence) up to
    which all is acknowledged, None before the first · dropped: (boot, first, last) for each run of
    numbers that the outbox gave up · last_ack: SHA-256 of the last acknowledgement, None before the
    first · counters: least free heap in bytes, uplink failures, Wi-Fi joins, sensor failures, numbers
    given up, watchdog resets, or None; docs/spec/wire.md says what each counts, and since when.
    """

    def __init__(
        self,
        reset_cause: int,
        clock_source: int,
        clock_uncertainty_ms: int | None = None,
        previous_last: tuple[int, int] | None = None,
        acknowledged_to: tuple[int, int] | None = None,
        dropped: list[tuple[int, int, int]] | None = None,
        last_ack: bytes | None = None,
        counters: tuple[int, ...] | None = None,
    ) -> None:
        self.reset_cause = reset_cause
        self.clock_source = clock_source
        self.clock_uncertainty_ms = clock_uncertainty_ms
        self.previous_last = previous_last
        self.acknowledged_to = acknowledged_to
        self.dropped = dropped or []
        self.last_ack = last_ack
        self.counters = counters

    def claim(self) -> dict[int, object]:
        """Return the private claim's value, ready to encode."""
        fields: dict[int, object] = {
            _RESET_CAUSE: self.reset_cause,
            _CLOCK_SOURCE: self.clock_source,
            _UNCERTAINTY: self.clock_uncertainty_ms,
            _PREVIOUS_LAST: self.previous_last,
            _ACKNOWLEDGED_TO: self.acknowledged_to,
            _DROPPED: self.dropped or None,
            _LAST_ACK: self.last_ack,
            _COUNTERS: self.counters,
        }
        return _without_none(fields)

    @staticmethod
    def read(claim: object) -> "Account":
        """Read the private claim's value. Raises `WireError` (malformed)."""
        optional = (_UNCERTAINTY, _PREVIOUS_LAST, _ACKNOWLEDGED_TO, _DROPPED, _LAST_ACK, _COUNTERS)
        fields = check.mapping(claim, "the account", (_RESET_CAUSE, _CLOCK_SOURCE), optional)
        uncertainty = fields.get(_UNCERTAINTY)
        previous = fields.get(_PREVIOUS_LAST)
        acknowledged = fields.get(_ACKNOWLEDGED_TO)
        last_ack = fields.get(_LAST_ACK)
        counters = fields.get(_COUNTERS)
        dropped: list[object] = []
        if _DROPPED in fields:
            dropped = check.array(fields[_DROPPED], "dropped", 1, MAX_DROPPED)
        return Account(
            check.integer(fields[_RESET_CAUSE], "reset cause", 0, len(RESET_CAUSES) - 1),
            check.integer(fields[_CLOCK_SOURCE], "clock source", 0, len(CLOCK_SOURCES) - 1),
            None if uncertainty is None else _uint(uncertainty, "clock uncertainty"),
            None if previous is None else _number(previous),
            None if acknowledged is None else _number(acknowledged),
            [_run(run) for run in dropped],
            None if last_ack is None else check.octets(last_ack, "last ack", 32, 32),
            None if counters is None else _counters(counters),
        )


class Statement:
    """What the board says of itself.

    mac: its 6 bytes · hwmodel: 1 to 64 bytes · uptime: seconds since the reset · bootcount: boots of
    this key · swname, swversion: the firmware's · nonce: the challenge answered, or None.
    """

    content_format = CONTENT_FORMAT

    def __init__(
        self,
        mac: bytes,
        hwmodel: bytes,
        uptime: int,
        bootcount: int,
        swname: str,
        swversion: str,
        account: Account,
        nonce: bytes | None = None,
    ) -> None:
        self.mac = mac
        self.hwmodel = hwmodel
        self.uptime = uptime
        self.bootcount = bootcount
        self.swname = swname
        self.swversion = swversion
        self.account = account
        self.nonce = nonce

    def encode(self) -> bytes:
        """Return the payload to sign. Raises `WireError` for what `parse` would refuse."""
        claims: dict[int, object] = {
            _UEID: _UEID_EUI + self.mac,
            _HWMODEL: self.hwmodel,
            _UPTIME: self.uptime,
            _DBGSTAT: _DBGSTAT_ENABLED,
            _BOOTCOUNT: self.bootcount,
            _SWNAME: self.swname,
            _SWVERSION: [self.swversion],
            _ACCOUNT: self.account.claim(),
            _NONCE: self.nonce,
        }
        payload = cbor.encode(_without_none(claims))
        Statement.parse(payload)
        return payload

    @staticmethod
    def parse(payload: bytes) -> "Statement":
        """Read a payload. Raises `WireError` (malformed) unless it is exactly a statement."""
        required = (_UEID, _HWMODEL, _UPTIME, _DBGSTAT, _BOOTCOUNT, _SWNAME, _SWVERSION, _ACCOUNT)
        claims = check.mapping(cbor.decode(payload), "the statement", required, (_NONCE,))
        ueid = check.octets(claims[_UEID], "ueid", 7, 7)
        if ueid[:1] != _UEID_EUI:
            raise malformed("a ueid that is not an EUI-48")
        check.integer(claims[_DBGSTAT], "dbgstat", _DBGSTAT_ENABLED, _DBGSTAT_ENABLED)
        version = check.array(claims[_SWVERSION], "swversion", 1, 1)
        nonce = claims.get(_NONCE)
        return Statement(
            ueid[1:],
            check.octets(claims[_HWMODEL], "hwmodel", 1, 64),
            _uint(claims[_UPTIME], "uptime"),
            _counter(claims[_BOOTCOUNT], "bootcount"),
            check.text(claims[_SWNAME], "swname", 1, 32),
            check.text(version[0], "swversion", 1, 32),
            Account.read(claims[_ACCOUNT]),
            None if nonce is None else check.octets(nonce, "nonce", 8, 64),
        )


def _without_none(fields: dict[int, object]) -> dict[int, object]:
    return {key: value for key, value in fields.items() if value is not None}


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


def _run(value: object) -> tuple[int, int, int]:
    parts = check.array(value, "a dropped run", 3, 3)
    first = _counter(parts[1], "a dropped run's first")
    last = check.integer(parts[2], "a dropped run's last", first, COUNTER_MAX)
    return _counter(parts[0], "a boot"), first, last
