"""Time since boot that does not wrap: the port's ticks do, every 2**30 ms (12.4 days)."""

import time

_elapsed_ms = 0
_last_ticks = time.ticks_ms()


def milliseconds() -> int:
    """Return milliseconds since this module was first imported, which main.py does first.

    Has to be called at least once every six days, half of the ticks' period; every log line does.
    """
    global _elapsed_ms, _last_ticks  # noqa: PLW0603 - there is one boot, and this is its clock
    ticks = time.ticks_ms()
    _elapsed_ms += time.ticks_diff(ticks, _last_ticks)
    _last_ticks = ticks
    return _elapsed_ms


def seconds() -> int:
    """Return whole seconds since boot."""
    return milliseconds() // 1000
