"""`time` as the ESP32 port has it: epoch 2000, whole seconds, ticks that wrap at 2**30."""

import utime
from _sim import clock
from micropython import const

_TICKS_PERIOD = const(1 << 30)
_TICKS_MASK = const((1 << 30) - 1)
_TICKS_HALF = const(1 << 29)
_CYCLES_PER_US = const(160)


def time() -> int:
    """Seconds since 2000-01-01, counted from there at power-on until the RTC is set."""
    return clock.wall_us() // 1000000


def time_ns() -> int:
    """Nanoseconds since 2000-01-01."""
    return clock.wall_us() * 1000


def gmtime(seconds: int | None = None) -> tuple[int, int, int, int, int, int, int, int]:
    """(year, month, mday, hour, minute, second, weekday from Monday = 0, yearday from 1)."""
    whole = time() if seconds is None else int(seconds)
    year, month, day, hour, minute, second, weekday, yearday = utime.gmtime(
        whole + clock.EPOCH_2000_S
    )[:8]
    return year, month, day, hour, minute, second, weekday, yearday


localtime = gmtime  # the port has no time zone


def mktime(parts: tuple[int, ...]) -> int:
    """Seconds since 2000-01-01 of an 8-tuple as gmtime gives it; fields may overflow."""
    if not 8 <= len(parts) <= 9:
        raise TypeError("mktime needs a tuple of length 8 or 9")
    year, month, day, hour, minute, second = parts[:6]
    days = _days_from_2000(year + (month - 1) // 12, (month - 1) % 12 + 1) + day - 1
    return ((days * 24 + hour) * 60 + minute) * 60 + second


def _days_from_2000(year: int, month: int) -> int:
    """Days from 2000-01-01 to the first of a month, in the proleptic Gregorian calendar.

    Years are counted from March so that the leap day comes last; 153 days make five months.
    """
    if month < 3:
        year -= 1
        month += 12
    leaps = year // 4 - year // 100 + year // 400
    return 365 * year + leaps + (153 * (month - 3) + 2) // 5 - 730425


def sleep(seconds: float) -> None:
    """Wait for seconds, fractions included."""
    clock.sleep_us(int(seconds * 1000000))


def sleep_ms(ms: int) -> None:
    """Wait for milliseconds."""
    clock.sleep_us(ms * 1000)


def sleep_us(us: int) -> None:
    """Wait for microseconds."""
    clock.sleep_us(us)


def ticks_ms() -> int:
    """Milliseconds since the last hard reset, modulo 2**30."""
    return clock.uptime_us() // 1000 & _TICKS_MASK


def ticks_us() -> int:
    """Microseconds since the last hard reset, modulo 2**30."""
    return clock.uptime_us() & _TICKS_MASK


def ticks_cpu() -> int:
    """Cycles of a 160 MHz CPU, modulo 2**30."""
    return clock.uptime_us() * _CYCLES_PER_US & _TICKS_MASK


def ticks_add(ticks: int, delta: int) -> int:
    """Tick that lies delta after (or before) another; OverflowError beyond half the period."""
    if not -_TICKS_HALF < delta < _TICKS_HALF:
        raise OverflowError("ticks interval overflow")
    return ticks + delta & _TICKS_MASK


def ticks_diff(end: int, start: int) -> int:
    """Signed distance of two ticks, -2**29 to 2**29 - 1."""
    return (end - start + _TICKS_HALF & _TICKS_MASK) - _TICKS_HALF
