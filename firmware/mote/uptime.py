"""Uptime: milliseconds since boot that do not wrap; the port's ticks do, every 2**30 ms (12.4 days)."""

import time

__all__ = ["milliseconds", "seconds"]  # for drivers (docs/guides/sensors.md)

_elapsed_ms = 0
_last_ticks = _began = time.ticks_ms()
_USB_MS = 3000


def milliseconds() -> int:
    """Return milliseconds since the boot began: since main.py imported this module, sleep included.

    Has to be called at least once every six days, half of the ticks' period; every log line does.
    """
    global _elapsed_ms, _last_ticks  # noqa: PLW0603 - there is one boot, and this is its clock
    ticks = time.ticks_ms()
    _elapsed_ms += time.ticks_diff(ticks, _last_ticks)
    _last_ticks = ticks
    return _elapsed_ms


def resume(milliseconds_since_boot: int) -> None:
    """Go on counting after deep sleep, which is not a boot, from what it is by now."""
    global _elapsed_ms, _last_ticks  # noqa: PLW0603 - as above
    _last_ticks = time.ticks_ms()
    _elapsed_ms = milliseconds_since_boot


def seconds() -> int:
    """Return whole seconds since boot."""
    return milliseconds() // 1000


def settle() -> bool:
    """Wait until what is said is heard: a chip's own USB starts late. Say if that was still to come."""
    left_ms = _USB_MS - time.ticks_diff(time.ticks_ms(), _began)
    time.sleep_ms(min(max(left_ms, 0), _USB_MS))
    return left_ms > 0
