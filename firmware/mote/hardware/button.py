"""The BOOT button just after power-on: pressed, stay awake; held ten seconds, forget the configuration.

"Just after": held while power comes, it starts the chip's own loader and no MicroPython at all.
"""

import os
import time

import machine

from mote.hardware import pins
from mote.log import Log
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from collections.abc import Callable

_FORGET_MS = const(10_000)
_RELEASE_MS = const(30_000)
_POLL_MS = const(50)

FREE, PRESSED, HELD, STUCK = 0, 1, 2, 3

_log = Log("button")


def look(gpio: int, path: str) -> int:
    """Return what the button on ``gpio`` says, pressed being low; waits until it is let go of.

    HELD removes the configuration at ``path``.

    One at a pin that the chip has not, as with another board's name in the configuration, is FREE.
    """
    why = pins.fault(pins.chip(), gpio, False)
    if why:
        _log.warning("no button: %s; set board in %s" % (why, path))
        return FREE
    pin = machine.Pin(gpio, machine.Pin.IN, machine.Pin.PULL_UP)
    found = judge(lambda: pin.value() == 0)
    if found == HELD:
        os.remove(path)
        _log.warning("held for %d s: %s is forgotten, the key is not" % (_FORGET_MS // 1000, path))
    elif found == STUCK:
        _log.warning("GPIO %d stays low: that is no button, and is ignored" % gpio)
    elif found == PRESSED:
        _log.info("pressed: staying awake until the next reset")
    return found


def judge(pressed: "Callable[[], bool]") -> int:
    """Return FREE, PRESSED, HELD for ten seconds and let go of, or STUCK."""
    began = time.ticks_ms()
    if not pressed():
        return FREE
    held_ms = 0
    while pressed():
        held_ms = time.ticks_diff(time.ticks_ms(), began)
        if held_ms >= _RELEASE_MS:
            return STUCK  # a wire, not a finger: nothing is forgotten for it
        time.sleep_ms(_POLL_MS)
    return HELD if held_ms >= _FORGET_MS else PRESSED
