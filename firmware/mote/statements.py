"""What the board says about itself (an EAT, docs/spec/wire.md), out of what its parts know."""

import sys

import machine

from sealwire._compat import TYPE_CHECKING, const
from sealwire.statement import RESET_CAUSES, Account, Statement

from . import NAME, VERSION, uptime

if TYPE_CHECKING:
    from .clock import Clock
    from .ledger import Ledger

_STATED_MAX = const(16)  # dropped ranges: they and the rest have to fit one message
_HWMODEL_MAX = const(64)

# The ESP32 reports a brown-out as power-on and a panic as a hard reset.
_CAUSES = {
    machine.PWRON_RESET: "power-on",
    machine.HARD_RESET: "hard",
    machine.WDT_RESET: "watchdog",
    machine.DEEPSLEEP_RESET: "deep-sleep",
    machine.SOFT_RESET: "soft",
}


def make(mac: bytes, boot: int, clock: "Clock", ledger: "Ledger") -> Statement:
    """Return a statement as of now; ``mac`` is the station's, 6 bytes."""
    model = getattr(sys.implementation, "_machine", sys.platform)
    account = Account(
        RESET_CAUSES.index(_CAUSES.get(machine.reset_cause(), "other")),
        clock.source,
        clock.uncertainty_ms,
        dropped=ledger.ranges(_STATED_MAX),
    )
    model = model.encode()[:_HWMODEL_MAX]
    return Statement(mac, model, uptime.seconds(), boot, NAME, VERSION, account)
