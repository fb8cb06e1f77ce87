"""Statement: a board's EAT (RFC 9711) about itself, after each boot, daily, and on a challenge.

Together with the log it accounts for every number that the board used: logged, dropped (and named in
`Account.dropped`), or acknowledged and hidden by a gateway. A statement of the first version does not
say why a number was dropped, and by whom, nor how the board signs.
"""

from ._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    Range = tuple[int, int, int, int | None, bytes | None]

CONTENT_FORMAT = 267  # application/eat-ucs+cbor, RFC 9782: version 2
FIRST_FORMAT = 263  # application/eat+cwt, the same: version 1

RESET_CAUSES = ("power-on", "hard", "watchdog", "deep-sleep", "soft", "other")
CLOCK_SOURCES = ("unset", "sntp", "rtc")
SIGNERS = ("native", "python")
MAX_DROPPED = 32
RANGE_PARTS = {FIRST_FORMAT: 3, CONTENT_FORMAT: 4}  # boot, first, last; and why

NONCE = const(10)  # RFC 9711 section 4.1
UEID = const(256)  # 4.2.1
HWMODEL = const(259)  # 4.2.4
UPTIME = const(261)  # 4.2.11
DBGSTAT = const(263)  # 4.2.9
BOOTCOUNT = const(267)  # 4.2.12
SWNAME = const(270)  # 4.2.6
SWVERSION = const(271)  # 4.2.7
ACCOUNT = const(-70000)  # private use: below -65536 (RFC 8392 section 9.1)

RESET_CAUSE, CLOCK_SOURCE, UNCERTAINTY, PREVIOUS_LAST = const(1), const(2), const(3), const(4)
ACKNOWLEDGED_TO, DROPPED, LAST_ACK, COUNTERS = const(5), const(6), const(7), const(8)
SIGNER, MEMORY = const(9), const(10)

UEID_EUI = b"\x02"  # RFC 9711 section 4.2.1: an IEEE EUI follows
DBGSTAT_ENABLED = const(0)  # a stock image leaves the chip's debug port as its maker did


class Account:
    """What became of the board's numbers, its last reset and its clock.

    reset_cause: index into `RESET_CAUSES` · clock_source: index into `CLOCK_SOURCES` ·
    clock_uncertainty_ms: None while unset · previous_last: the highest (boot, sequence) that was kept
    or given up before this boot, None where there is none · acknowledged_to: (boot, sequence) up to
    which all is acknowledged, None before the first · dropped: (boot, first, last, cause, refusal) for
    each range of numbers that were given up: the cause one of `outcome`'s or the code of a gateway's
    refusal, None where version 1 does not say it; the refusal SHA-256 of that acknowledgement, None
    where there is none or none is known · last_ack: SHA-256 of the last acknowledgement, None before
    the first · counters: least free heap in bytes, uplink failures, Wi-Fi joins, sensor failures, numbers
    given up, watchdog resets, or None; docs/spec/wire.md says what each counts, and since when ·
    signer: index into `SIGNERS` · memory: (free, largest free block) of the chip's own heap in bytes;
    None for either where there is none to say, and in version 1.
    """

    def __init__(
        self,
        reset_cause: int,
        clock_source: int,
        clock_uncertainty_ms: int | None = None,
        previous_last: tuple[int, int] | None = None,
        acknowledged_to: tuple[int, int] | None = None,
        dropped: "list[Range] | None" = None,
        last_ack: bytes | None = None,
        counters: tuple[int, ...] | None = None,
        signer: int | None = None,
        memory: tuple[int, int] | None = None,
    ) -> None:
        self.reset_cause = reset_cause
        self.clock_source = clock_source
        self.clock_uncertainty_ms = clock_uncertainty_ms
        self.previous_last = previous_last
        self.acknowledged_to = acknowledged_to
        self.dropped = dropped or []
        self.last_ack = last_ack
        self.counters = counters
        self.signer = signer
        self.memory = memory

    def claim(self, parts: int) -> dict[int, object]:
        """Return the private claim's value, ready to encode, a range in so many ``parts`` and a hash."""
        fields: dict[int, object] = {
            RESET_CAUSE: self.reset_cause,
            CLOCK_SOURCE: self.clock_source,
            UNCERTAINTY: self.clock_uncertainty_ms,
            PREVIOUS_LAST: _listed(self.previous_last),
            ACKNOWLEDGED_TO: _listed(self.acknowledged_to),
            DROPPED: [_item(entry, parts) for entry in self.dropped] or None,
            LAST_ACK: self.last_ack,
            COUNTERS: _listed(self.counters),
            SIGNER: self.signer,
            MEMORY: _listed(self.memory),
        }
        return _without_none(fields)


class Statement:
    """What the board says of itself.

    mac: its 6 bytes · hwmodel: 1 to 64 bytes · uptime: seconds since the reset · bootcount: boots of
    this key · swname, swversion: the firmware's · nonce: the challenge answered, or None ·
    content_format: its version, `CONTENT_FORMAT` or `FIRST_FORMAT`.
    """

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
        content_format: int = CONTENT_FORMAT,
    ) -> None:
        self.content_format = content_format
        self.mac = mac
        self.hwmodel = hwmodel
        self.uptime = uptime
        self.bootcount = bootcount
        self.swname = swname
        self.swversion = swversion
        self.account = account
        self.nonce = nonce

    def claims(self) -> dict[int, object]:
        """Return the claims, to be checked (`statement_claims.read`) and then encoded."""
        return _without_none(
            {
                UEID: UEID_EUI + self.mac,
                HWMODEL: self.hwmodel,
                UPTIME: self.uptime,
                DBGSTAT: DBGSTAT_ENABLED,
                BOOTCOUNT: self.bootcount,
                SWNAME: self.swname,
                SWVERSION: [self.swversion],
                ACCOUNT: self.account.claim(RANGE_PARTS[self.content_format]),
                NONCE: self.nonce,
            }
        )


def _item(entry: "Range", parts: int) -> list[object]:
    """Return a range ready to encode, with a hash only where there is one to have."""
    item: list[object] = list(entry[:parts])
    if parts == len(entry) - 1 and entry[-1] is not None:
        item.append(entry[-1])
    return item


def _listed(numbers: tuple[int, ...] | None) -> list[int] | None:
    """Return a list, as decoding gives: `statement_claims.read` takes no other sequence."""
    return None if numbers is None else list(numbers)


def _without_none(fields: dict[int, object]) -> dict[int, object]:
    return {key: value for key, value in fields.items() if value is not None}
