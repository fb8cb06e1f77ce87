"""Clock synchronisation: ask a time server, judge its answer, learn the clock's drift from it."""

import time

import machine

from mote import uptime
from mote.errors import ClockError
from mote.log import Log
from mote.network import sntp
from mote.network.rtc import ASLEEP_PPM, EPOCH, SNTP, unix_ms
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from mote.network.clock import Clock

_MEASURABLE_MS = const(
    600_000
)  # a shorter interval says more about the network than the oscillator
_FLOOR_PPM = const(20)  # a crystal at another temperature
_RATE_FIRST_MS = const(60_000)
_PAUSE_MAX_MS = const(86_400_000)
_SHUNNED_MAX = const(8)

_log = Log("clock")


async def synchronise(clock: "Clock") -> None:
    """Set it. Raises `ClockError`, and leaves it as it was."""
    wait_ms = clock.wait_ms()
    if wait_ms:
        raise ClockError("the time server is asked again in %d s" % (wait_ms // 1000 + 1))
    answer = await _ask(clock)
    offset_ms = _unix_of(answer) - unix_ms()
    if clock.known.is_set():
        _judge(clock, offset_ms, answer.error_ms)
    now_ms = _unix_of(answer)  # by now: what was logged since took its time
    _set_rtc(now_ms)
    clock.set_ms, clock.error_ms = now_ms, answer.error_ms
    clock.source = SNTP
    clock.known.set()
    _log.info(
        "set %d offset=%dms uncertainty=%dms drift=%dppm"
        % (now_ms // 1000, offset_ms, answer.error_ms, clock.drift_ppm)
    )


async def _ask(clock: "Clock") -> sntp.Answer:
    """Ask once, and do what the answer or its absence is for. Raises `ClockError`."""
    before_ms, clock.asked_ms = clock.asked_ms, uptime.milliseconds()
    try:
        answer = await sntp.query(clock.host, clock.port, clock.shunned)
    except sntp.AnswerError as error:
        clock.connectivity.passed()
        if isinstance(error, sntp.KissError):
            _obey(clock, error, before_ms)
        raise
    except ClockError as error:
        if isinstance(error, sntp.NoAddressError):
            clock.asked_ms = before_ms
        clock.connectivity.failed(error)
        raise
    clock.connectivity.passed()
    return answer


def _obey(clock: "Clock", kiss: sntp.KissError, before_ms: int | None) -> None:
    """Do what a kiss-o'-death asks for (RFC 5905 section 7.4); any other is a failure like any."""
    if kiss.code in ("DENY", "RSTR"):
        clock.shunned = (clock.shunned + [kiss.place])[-_SHUNNED_MAX:]
    elif kiss.code == "RATE":
        assert clock.asked_ms is not None
        too_short_ms = _RATE_FIRST_MS if before_ms is None else clock.asked_ms - before_ms
        clock.pause_ms = min(2 * max(too_short_ms, clock.pause_ms), _PAUSE_MAX_MS)


def _judge(clock: "Clock", offset_ms: int, error_ms: int) -> None:
    """Learn from how far off the clock was when it was set again.

    A calm interval does not vouch for the next, so it halves the drift at the most.
    """
    expected_ms = (clock.uncertainty_ms or 0) + error_ms
    if abs(offset_ms) > expected_ms:
        _log.warning("was off by %d ms, and thought at most %d" % (offset_ms, expected_ms))
    if clock.age_ms >= _MEASURABLE_MS:
        ppm = (abs(offset_ms) + clock.error_ms + error_ms) * 1_000_000 // clock.age_ms
        clock.drift_ppm = min(max(ppm, clock.drift_ppm // 2, _FLOOR_PPM), ASLEEP_PPM)


def _unix_of(answer: sntp.Answer) -> int:
    return int(answer.unix_ms + time.ticks_diff(time.ticks_ms(), answer.ticks))


def _set_rtc(now_ms: int) -> None:
    year, month, day, hour, minute, second, weekday, _ = time.gmtime(now_ms // 1000 - EPOCH)
    # The ESP32 takes microseconds in the last place.
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, now_ms % 1000 * 1000))
