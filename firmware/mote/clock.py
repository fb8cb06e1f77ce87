"""The board's time: unset until a server was believed, then Unix seconds with a known uncertainty."""

import asyncio
import time

import machine

from sealwire._compat import TYPE_CHECKING, const
from sealwire.statement import CLOCK_SOURCES

from . import jitter, sntp
from .errors import ClockError
from .log import Log

if TYPE_CHECKING:
    from .watchdog import Pulse

_RESYNC_MS = const(3600_000)  # a crystal of 40 ppm is 144 ms off after an hour
_EPOCH_YEAR = time.gmtime(0)[0]  # 2000 on the ESP32, 1970 on the Unix port
_EPOCH = const(946684800) if _EPOCH_YEAR == 2000 else 0  # Unix time of the port's zero

_log = Log("clock")


class Clock:
    """``known`` is set from the first believed answer on; ``source`` indexes `CLOCK_SOURCES`.

    ``uncertainty_ms`` (None while unset) is half the round trip of the exchange that set the clock:
    the server's time lay somewhere within it. Drift since then is not in it.
    """

    def __init__(self, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self.source = CLOCK_SOURCES.index("unset")
        self.uncertainty_ms: int | None = None
        self.known = asyncio.Event()

    def now(self) -> int | None:
        """Return Unix seconds, or None while the clock is unset."""
        if self.uncertainty_ms is None:
            return None
        return int(time.time()) + _EPOCH

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
        answer = await sntp.query(self._host, self._port)
        unix_ms = answer.unix_ms + time.ticks_diff(time.ticks_ms(), answer.ticks)
        offset_ms = unix_ms - (time.time_ns() // 1_000_000 + _EPOCH * 1000)
        _set_rtc(unix_ms)
        self.source = CLOCK_SOURCES.index("sntp")
        self.uncertainty_ms = (answer.round_trip_ms + 1) // 2
        self.known.set()
        _log.info(
            "set %d offset=%dms uncertainty=%dms"
            % (unix_ms // 1000, offset_ms, self.uncertainty_ms)
        )


def _set_rtc(unix_ms: int) -> None:
    year, month, day, hour, minute, second, weekday, _ = time.gmtime(unix_ms // 1000 - _EPOCH)
    # The ESP32 takes microseconds in the last place.
    machine.RTC().datetime((year, month, day, weekday, hour, minute, second, unix_ms % 1000 * 1000))
