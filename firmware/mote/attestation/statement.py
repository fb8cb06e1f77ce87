"""Statement: what the board says about itself (an EAT, docs/spec/wire.md), made, checked and encoded.

One after the other: the code for all three at once takes much heap.
"""

import sys

import esp32
import machine

from mote import NAME, VERSION, uptime
from mote.power.rtc_memory import Retained
from mote.unimport import Unimport
from sealwire import fast
from sealwire._compat import TYPE_CHECKING, const
from sealwire.statement import CONTENT_FORMAT, RESET_CAUSES, SIGNERS, Account, Statement

if TYPE_CHECKING:
    from mote.device import Device

_HWMODEL_MAX = const(64)

# The ESP32 reports a brown-out as power-on and a panic as a hard reset.
_CAUSES = {
    machine.PWRON_RESET: "power-on",
    machine.HARD_RESET: "hard",
    machine.WDT_RESET: "watchdog",
    machine.DEEPSLEEP_RESET: "deep-sleep",
    machine.SOFT_RESET: "soft",
}


def encode(device: "Device", nonce: bytes | None) -> bytes:
    """Return a statement to seal; ``nonce``: of the challenge that it answers, or None.

    Raises `WireError` for what a gateway would refuse.
    """
    made = claims(device, nonce)
    with Unimport():
        _check(made)
    from sealwire import cbor  # here and below: a name holds a module until its function returns

    return cbor.encode(made)


def _check(made: dict[int, object]) -> None:
    from sealwire import statement_claims

    statement_claims.read(made, CONTENT_FORMAT)


def claims(device: "Device", nonce: bytes | None) -> dict[int, object]:
    """Return a statement's claims as of now, neither checked nor encoded.

    ``nonce``: the challenge that it answers, or None.
    """
    clock, outbox, boot = device.clock, device.outbox, device.identity.boot
    assert boot is not None
    stated = outbox.deliveries.stated
    model = getattr(sys.implementation, "_machine", sys.platform)
    account = Account(
        RESET_CAUSES.index(_CAUSES.get(machine.reset_cause(), "other")),
        clock.source,
        clock.uncertainty_ms,
        previous_last=device.previous,
        acknowledged_to=outbox.acknowledged_to(stated),
        dropped=outbox.deliveries.account_ranges(stated),
        last_ack=outbox.deliveries.last_ack,
        counters=tuple(device.counts + [Retained().bites]),
        signer=SIGNERS.index("python" if fast.failed else "native"),
        memory=_memory(),
    )
    model = model.encode()[:_HWMODEL_MAX]
    made = Statement(device.mac, model, uptime.seconds(), boot, NAME, VERSION, account, nonce)
    return made.claims()


def _memory() -> tuple[int, int]:
    """Return the bytes free in ESP-IDF's own heap, and the largest block of them."""
    pieces = esp32.idf_heap_info(esp32.HEAP_DATA)
    return sum([free for _, free, _, _ in pieces]), max([largest for _, _, largest, _ in pieces])
