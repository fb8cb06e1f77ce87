"""The one clock and the one sleep of the board: microseconds, never going back.

Everything that measures, stamps or waits asks here.
"""

import utime

from _sim import control, hardware

EPOCH_2000_S = 946684800
"""The ESP32 port's epoch, 2000-01-01 00:00:00 UTC, in Unix seconds."""

_started_us = hardware.integer("started_us")
_ticks_offset_us = hardware.integer("ticks_offset_us")
_wall_offset_us = hardware.integer("wall_offset_us")


def now_us() -> int:
    """Microseconds of the host's monotonic clock, common to all boards of one machine."""
    return utime.ticks_us()  # type: ignore[return-value]  # a plain int that does not wrap here


def world_us() -> int:
    """Microseconds since 1970 outside the board: what drives the weather; no board can read it."""
    return utime.time_ns() // 1000


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
    control.tell({"wall_offset_us": _wall_offset_us})


def sleep_us(duration: int) -> None:
    """Wait; returns at once for a duration that is not positive."""
    if duration > 0:
        utime.sleep_us(duration)
