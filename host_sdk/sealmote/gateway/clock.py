"""Clock check: no promise is made at a time that cannot be right, for boards judge promises by it.

Two bounds are certain, and nothing is promised outside of them. Within them the clock is held to what is
known of the time, and only warned about: those times may be wrong themselves, as after a checkpoint that
was signed while the clock was ahead.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from typing import Final

from sealmote.common.fault_log import FaultLog
from sealmote.common.timestamps import moment
from sealmote.gateway.errors import ClockError
from sealmote.gateway.supervisor import wait

RELEASED: Final = 1_793_491_200
"""2026-11-01, Unix seconds: this version did not run before. To be raised with every release."""

_DAY_S: Final = 86_400
LATEST: Final = RELEASED + 10 * 365 * _DAY_S
"""Up to then a clock is believed: a gateway of a version ten years old wants an update first."""

_BEHIND_S: Final = 300  # a chain's blocks may be a little early, and two servers differ
_AHEAD_S: Final = 365 * _DAY_S  # a gateway may have been off, a chain quiet
_PERIOD_S: Final = 60.0

_logger = logging.getLogger(__name__)

Clock = Callable[[], float]  # Unix seconds

Known = Mapping[str, int]
"""Times (Unix seconds) at which something was, by its name."""


def fault(now: float) -> str | None:
    """Say why nothing may be promised at this time (Unix seconds), None if it can be the right one."""
    if now < RELEASED:
        why = f"before this version of sealmote was released ({moment(RELEASED)})"
    elif now > LATEST:
        why = (
            f"more than ten years after this version of sealmote was released ({moment(RELEASED)})"
        )
    else:
        return None
    return (
        f"the gateway's clock shows {moment(int(now))}, {why}: set it, as by NTP; readings are taken"
        " again once it is right"
    )


def check_clock(now: float) -> float:
    """Return `now`, or raise ClockError if that cannot be the time."""
    found = fault(now)
    if found is not None:
        raise ClockError(found)
    return now


def warning(now: float, known: Known) -> str | None:
    """Say which of the known times the clock does not go with, None if it goes with all."""
    for name, time in known.items():
        if now < time - _BEHIND_S:
            return (
                f"the gateway's clock shows {moment(int(now))}, {name} is of {moment(time)}:"
                " see which is wrong"
            )
        if now > time + _AHEAD_S:
            return (
                f"the gateway's clock shows {moment(int(now))}, and {name} is of {moment(time)}, more than"
                " a year before: see whether the clock is right"
            )
    return None


class ClockWatch:
    """Looks at the clock for whoever asks, and once a minute for the log."""

    def __init__(self, clock: Clock, known: Callable[[], Known]):
        self._clock = clock
        self._known = known
        self._faults = FaultLog(_logger)

    def fault(self) -> str | None:
        """Say why nothing may be promised now, None if the clock can be right."""
        return fault(self._clock())

    def warning(self) -> str | None:
        """Say what speaks against the clock, None if nothing does."""
        now = self._clock()
        return fault(now) or warning(now, self._known())

    async def run(self, stopping: asyncio.Event) -> None:
        """Tell the log what speaks against the clock until told to stop."""
        while not stopping.is_set():
            found = self.warning()
            if found is not None:
                self._faults.report("%s", found, level=logging.WARNING)
            await wait(stopping, _PERIOD_S)
