"""Clock of the board: monotonic microseconds, alarms, and the one way to sleep.

Everything that measures, stamps or waits asks here. The clock is the host's, or a virtual one that
moves only when the board waits, and then at once: on it nothing sleeps for real.
"""

import sys

import utime
from micropython import const

from _sim import hardware, host_events, shared_state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

EPOCH_2000_S = 946684800
"""The ESP32 port's epoch, 2000-01-01 00:00:00 UTC, in Unix seconds."""

VIRTUAL = hardware.flag("virtual")

_PATIENCE = const(100000)
_NAP_US = const(100000000)  # what a 32-bit interpreter can sleep for at once, and less

_WRAPPING = sys.maxsize < 1 << 32
_TICKS_MASK = const((1 << 30) - 1)
_first_us = hardware.integer("now_us")
_first_ticks: int = utime.ticks_us()  # type: ignore[assignment]  # a plain int
_first_ns = utime.time_ns()

_now_us = hardware.integer("now_us")
_looks = 0  # at the clock since it last moved
_started_us = hardware.integer("started_us")
_ticks_offset_us = hardware.integer("ticks_offset_us")
_wall_offset_us = hardware.integer("wall_offset_us")
_alarms: "list[tuple[int, Callable[[], None]]]" = []  # in the order in which they are due


def now_us() -> int:
    """Microseconds: of the host's monotonic clock, or of the virtual world since 1970.

    Looking takes no virtual time, for how often one looks depends on the host's sockets; but who looks
    a hundred thousand times without waiting is in a loop that waits for the clock, and it moves.
    """
    global _now_us, _looks  # noqa: PLW0603 - one clock a board
    if VIRTUAL:
        _looks += 1
        if _looks > _PATIENCE:
            _now_us += 1
        return _now_us
    return _monotonic_us()


def world_us() -> int:
    """Microseconds since 1970 outside the board: what drives the weather; no board can read it."""
    return now_us() if VIRTUAL else utime.time_ns() // 1000


def uptime_us() -> int:
    """Microseconds since the chip's last hard reset, as ticks count them."""
    return now_us() - _started_us + _ticks_offset_us


def wall_us() -> int:
    """RTC: microseconds since 2000-01-01 as far as this board knows."""
    return now_us() + _wall_offset_us


def set_wall_us(wall: int) -> None:
    """Set the RTC; it keeps running through every reset but a loss of power."""
    global _wall_offset_us  # noqa: PLW0603 - one RTC a board
    _wall_offset_us = wall - now_us()
    host_events.send({"wall_offset_us": _wall_offset_us})


def sleep_us(duration: int) -> None:
    """Wait; returns at once for a duration that is not positive."""
    if duration > 0:
        wait_until(now_us() + duration)


def wait_until(moment: int) -> None:
    """Wait for a moment, and let happen what is due until then."""
    while _alarms and _alarms[0][0] <= moment:
        due, action = _alarms.pop(0)
        _pass_until(due)
        action()
    _pass_until(moment)


def work_us(duration: int) -> None:
    """Let pass what the hardware takes for a piece of work; on the host's clock it takes no time."""
    global _now_us  # noqa: PLW0603 - one clock a board
    if VIRTUAL:
        _now_us += duration


def halt() -> None:
    """Do nothing until the host ends the process."""
    while True:
        utime.sleep_us(_NAP_US)


def _monotonic_us() -> int:
    """Microseconds of the host's monotonic clock, as the host counts them.

    A 32-bit interpreter's ticks wrap every 18 minutes; how often they have, the other clock says.
    """
    ticks: int = utime.ticks_us()  # type: ignore[assignment]  # a plain int
    if not _WRAPPING:
        return ticks
    since = ticks - _first_ticks & _TICKS_MASK
    about = (utime.time_ns() - _first_ns) // 1000
    wraps = (about - since + _TICKS_MASK // 2) // (_TICKS_MASK + 1)
    return _first_us + since + wraps * (_TICKS_MASK + 1)


def _pass_until(moment: int) -> None:
    global _now_us, _looks  # noqa: PLW0603 - one clock a board
    if not VIRTUAL:
        left = moment - now_us()
        while left > 0:
            utime.sleep_us(min(left, _NAP_US))
            left = moment - now_us()
    elif moment > _now_us:
        _now_us = moment
        _looks = 0
        shared_state.time(moment)


def set_alarm(moment: int, action: "Callable[[], None]") -> None:
    """Have something happen at a moment, or at the next wait after it."""
    place = len(_alarms)
    while place and _alarms[place - 1][0] > moment:
        place -= 1
    _alarms.insert(place, (moment, action))


def drop_alarm(action: "Callable[[], None]") -> None:
    """Forget an alarm, where it is set."""
    _alarms[:] = [alarm for alarm in _alarms if alarm[1] is not action]


def next_alarm() -> int | None:
    """When the next alarm is due."""
    return _alarms[0][0] if _alarms else None
