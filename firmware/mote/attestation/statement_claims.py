"""What the board says about itself (an EAT, docs/spec/wire.md), out of what its parts know."""

import sys

import esp32
import machine

from mote import NAME, VERSION, uptime
from mote.power.rtc_memory import Retained
from sealwire import fast
from sealwire._compat import TYPE_CHECKING, const
from sealwire.statement import RESET_CAUSES, SIGNERS, Account, Statement

if TYPE_CHECKING:
    from mote.device import Parts

_HWMODEL_MAX = const(64)

# The ESP32 reports a brown-out as power-on and a panic as a hard reset.
_CAUSES = {
    machine.PWRON_RESET: "power-on",
    machine.HARD_RESET: "hard",
    machine.WDT_RESET: "watchdog",
    machine.DEEPSLEEP_RESET: "deep-sleep",
    machine.SOFT_RESET: "soft",
}


def claims(parts: "Parts", nonce: bytes | None) -> dict[int, object]:
    """Return a statement's claims as of now, neither checked nor encoded.

    ``nonce``: the challenge that it answers, or None.
    """
    clock, outbox, boot = parts.clock, parts.outbox, parts.identity.boot
    assert boot is not None
    stated = outbox.ledger.stated
    model = getattr(sys.implementation, "_machine", sys.platform)
    account = Account(
        RESET_CAUSES.index(_CAUSES.get(machine.reset_cause(), "other")),
        clock.source,
        clock.uncertainty_ms,
        previous_last=parts.previous,
        acknowledged_to=outbox.acknowledged_to(stated),
        dropped=outbox.ledger.runs(stated),
        last_ack=outbox.ledger.last_ack,
        counters=tuple(parts.counts + [Retained().bites]),
        signer=SIGNERS.index("python" if fast.failed else "native"),
        memory=_memory(),
    )
    model = model.encode()[:_HWMODEL_MAX]
    made = Statement(parts.mac, model, uptime.seconds(), boot, NAME, VERSION, account, nonce)
    return made.claims()


def _memory() -> tuple[int, int]:
    """Return the bytes free in ESP-IDF's own heap, and the largest block of them."""
    pieces = esp32.idf_heap_info(esp32.HEAP_DATA)
    return sum([free for _, free, _, _ in pieces]), max([largest for _, _, largest, _ in pieces])
