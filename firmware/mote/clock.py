"""The board's time: unset until a server was believed, then Unix seconds with a known uncertainty.

The uncertainty grows with the time since the clock was set, by the drift that the last interval
between two exchanges showed, and the doubt in that. Until there were two, by what the oscillator's
makers allow.
"""

import asyncio
import time

import machine

from sealwire._compat import TYPE_CHECKING, const

from . import jitter
from .errors import ClockError
from .log import Log
from .passing import Passing

if TYPE_CHECKING:
    from .watchdog import Pulse

_RESYNC_MS = const(3600_000)
_MEASURABLE_MS = const(
    600_000
)  # a shorter interval says more about the network than the oscillator
CRYSTAL_PPM = const(100)  # modules' crystals: 10 ppm, and as much again for age, heat and load
# Asleep the chip counts by an RC oscillator, which temperature moves by percents (ESP-IDF, System Time).
ASLEEP_PPM = const(50_000)
_FLOOR_PPM = const(5)
_EPOCH_YEAR = time.gmtime(0)[0]  # 2000 on the ESP32, 1970 on the Unix port
_UNSET, _SNTP, _RTC = const(0), const(1), const(2)  # in `statement.CLOCK_SOURCES`
_EPOCH = const(946684800) if _EPOCH_YEAR == 2000 else 0  # Unix time of the port's zero

_log = Log("clock")


class Clock:
    """``known`` is set from the first believed answer on; ``source`` indexes `statement.CLOCK_SOURCES`.

    ``drift_ppm``: how fast the uncertainty grows, to begin with.
    """

    def __init__(self, host: str, port: int, drift_ppm: int = CRYSTAL_PPM) -> None:
        self._host = host
        self._port = port
        self._drift_ppm = drift_ppm
        self._set_ms = 0  # Unix ms when it was last set
        self._round_trip_ms = 0  # and the uncertainty at that moment: half of this
        self.source = _UNSET
        self.known = asyncio.Event()

    @property
    def uncertainty_ms(self) -> int | None:
        """How far off the clock may be by now, None while it is unset."""
        if not self.known.is_set():
            return None
        grown = self.age_ms * self._drift_ppm // 1_000_000
        return (self._round_trip_ms + 1) // 2 + grown

    @property
    def age_ms(self) -> int:
        """How long ago it was set."""
        return max(_unix_ms() - self._set_ms, 0)

    def now(self) -> int | None:
        """Return Unix seconds, or None while the clock is unset."""
        if not self.known.is_set():
            return None
        return int(time.time()) + _EPOCH

    def state(self) -> list[int] | None:
        """Return what `resume` needs after deep sleep, None while the clock is unset."""
        if not self.known.is_set():
            return None
        return [self._set_ms, self._round_trip_ms, self._drift_ppm]

    def resume(self, state: list[int]) -> None:
        """Trust the RTC, which ran on in deep sleep."""
        self._set_ms, self._round_trip_ms, self._drift_ppm = state
        self.source = _RTC
        self.known.set()

    async def keep(self, online: asyncio.Event, pulse: "Pulse") -> None:
        """Set the clock, and again every hour, for ever; only while ``online`` is set."""
        backoff = jitter.Backoff(1000, 300_000)
        while True:
            await pulse.wait(online.wait())
            try:
                await self.synchronise()
            except ClockError as error:
                _log.warning(str(error))
                await pulse.sleep_ms(backoff.next_ms())
            else:
                backoff.reset()
                await pulse.sleep_ms(jitter.around(_RESYNC_MS))

    async def synchronise(self) -> None:
        """Set the clock once. Raises `ClockError`, and leaves the clock as it was."""
        with Passing():
            from .sntp import query
        answer = await query(self._host, self._port)
        del query
        unix_ms = answer.unix_ms + time.ticks_diff(time.ticks_ms(), answer.ticks)
        offset_ms = unix_ms - _unix_ms()
        if self.known.is_set():
            self._judge(offset_ms, answer.round_trip_ms)
        _set_rtc(unix_ms)
        self._set_ms, self._round_trip_ms = unix_ms, answer.round_trip_ms
        self.source = _SNTP
        self.known.set()
        _log.info(
            "set %d offset=%dms uncertainty=%dms drift=%dppm"
            % (unix_ms // 1000, offset_ms, (answer.round_trip_ms + 1) // 2, self._drift_ppm)
        )

    def _judge(self, offset_ms: int, round_trip_ms: int) -> None:
        """Learn from how far off the clock was when it was set again."""
        expected_ms = (self.uncertainty_ms or 0) + (round_trip_ms + 1) // 2
        if abs(offset_ms) > expected_ms:
            _log.warning("was off by %d ms, and thought at most %d" % (offset_ms, expected_ms))
        if self.age_ms >= _MEASURABLE_MS:
            doubt_ms = (self._round_trip_ms + round_trip_ms + 1) // 2
            ppm = (abs(offset_ms) + doubt_ms) * 1_000_000 // self.age_ms
            self._drift_ppm = min(max(ppm, _FLOOR_PPM), ASLEEP_PPM)


def _unix_ms() -> int:
    return time.time_ns() // 1_000_000 + _EPOCH * 1000


def _set_rtc(unix_ms: int) -> None:
    year, month, day, hour, minute, second, weekday, _ = time.gmtime(unix_ms // 1000 - _EPOCH)
    # The ESP32 takes microseconds in the last place.
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, unix_ms % 1000 * 1000))
