"""Safe mode: a board whose boots keep ending early stops trying for an hour, and answers on USB.

A boot is bad if it neither lasts ten minutes nor ends in order (Ctrl-C, a fault of the configuration,
deep sleep): it crashed, or the watchdog bit. After five in a row nothing of the application is
started, so that whatever it does wrong leaves time to fix it. Then the board tries again by itself,
for nobody may be near it.

The count is in RTC memory. A loss of power ends it, and must: brown-outs of a solar-powered board at
dawn look like power-on, and are no reason to stay silent all day.
"""

import time

import machine

from mote import uptime
from mote.log import Log
from mote.power.rtc_memory import Retained
from sealwire._compat import const

GOOD_AFTER_S = const(600)
_BAD_BOOTS = const(5)
_REST_S = const(3600)

_log = Log("safe")


def begin() -> bool:
    """Count this boot; say whether the application may run. Rests for an hour, and resets, if not."""
    retained = Retained()
    retained.bad = retained.bad + 1 if retained.young else 0
    retained.young = True
    if machine.reset_cause() == machine.WDT_RESET:
        retained.bites += 1
    retained.save()
    if retained.bad < _BAD_BOOTS:
        return True
    try:
        uptime.settle()
    finally:
        _say(retained.bad)
    time.sleep(_REST_S)
    leave()
    return False


def _say(bad: int) -> None:
    _log.error(
        "safe mode: %d boots in a row ended within %d minutes; the lines before say why. Nothing runs"
        " for %d minutes, then the board tries again. Ctrl-C gives the REPL; to try at once:"
        " from mote.power import safe_mode; safe_mode.leave()"
        % (bad, GOOD_AFTER_S // 60, _REST_S // 60)
    )


def end() -> None:
    """Note that this boot needs no explanation: it has lasted, or ends in order."""
    retained = Retained()
    retained.young = False
    retained.save()  # whatever it read: in a boot from power-on even `begin`'s record reads as empty


def leave() -> None:
    """Forget the bad boots and restart."""
    end()
    machine.reset()
