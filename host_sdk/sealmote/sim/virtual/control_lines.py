"""DTR and RTS: how a program resets a board into download mode or out of it.

True means asserted, as in pyserial; the lines' voltage is then low.
"""

from enum import Enum, auto
from typing import Literal, Protocol

Wiring = Literal["uart", "usb"]


class Step(Enum):
    """What a change of the lines does to the chip."""

    HOLD = auto()
    """It is held in reset."""
    RELEASE = auto()
    """It is let go, and starts from flash once its reset pin has risen."""
    DOWNLOAD = auto()
    """The pin that chooses download mode is low: a chip that has not yet started waits there."""


class Circuit(Protocol):
    """How a board is wired to the lines."""

    def moved(self, *, dtr: bool, rts: bool) -> list[Step]:
        """Take the lines' new state; return what follows from it."""


class AutoReset:
    """Two transistors between a USB bridge and the chip, as on most boards.

    RTS alone pulls EN low, DTR alone pulls IO0 low, both or none do nothing (Espressif, ESP32-DevKitC
    schematics, "auto program").
    """

    def __init__(self) -> None:
        self._held = False

    def moved(self, *, dtr: bool, rts: bool) -> list[Step]:
        """Take the lines' new state."""
        held, steps = rts and not dtr, []
        if held != self._held:
            steps.append(Step.HOLD if held else Step.RELEASE)
        if dtr and not rts:
            steps.append(Step.DOWNLOAD)
        self._held = held
        return steps


class UsbSerialJtag:
    """The USB peripheral inside an ESP32-S3 or -C3, which makes a reset of the lines' order.

    DTR alone chooses download mode, RTS alone resets, none of them forgets the choice (ESP32-C3 TRM,
    "USB Serial/JTAG Controller", "Reset SoC").
    """

    def __init__(self) -> None:
        self._held = self._download = False

    def moved(self, *, dtr: bool, rts: bool) -> list[Step]:
        """Take the lines' new state."""
        held, steps = rts and not dtr, []
        if dtr and not rts:
            self._download = True
        if held != self._held:
            steps.append(Step.HOLD if held else Step.RELEASE)
            if not held and self._download:
                steps.append(Step.DOWNLOAD)
        if not dtr and not rts:
            self._download = False
        self._held = held
        return steps


def circuit(wiring: Wiring) -> Circuit:
    """Make the circuit of that kind."""
    return AutoReset() if wiring == "uart" else UsbSerialJtag()
