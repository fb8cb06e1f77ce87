"""Clock: unset until a server was believed, then Unix seconds with a known uncertainty.

It begins with how far off the answer may be, the server's own doubt included, and grows with the time
since by the drift that the last interval between two exchanges showed, and the doubt in that. A calm
interval does not vouch for the next, so it halves the drift at the most. Until there were two it is
what the oscillator's makers allow.

Servers are asked no more often than they want (RFC 4330 section 10, RFC 5905 section 7.4).
"""

import asyncio
import gc
import time

from mote import uptime
from mote.errors import ClockError
from mote.log import Log
from mote.network import jitter
from mote.network.connectivity import Connectivity
from mote.network.rtc import CRYSTAL_PPM, EPOCH, RTC, UNSET, unix_ms
from mote.unimport import Unimport
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from mote.power.watchdog import Pulse

_RESYNC_MS = const(3600_000)
_DOUBT_MS = const(30_000)  # how soon a doubt is seen
_POLL_MIN_MS = const(15_000)  # RFC 4330 section 10

_log = Log("clock")


class Clock:
    """``known`` is set from the first believed answer on; ``source`` indexes `statement.CLOCK_SOURCES`.

    ``drift_ppm``: how fast the uncertainty grows, to begin with.
    """

    def __init__(
        self,
        host: str,
        port: int,
        drift_ppm: int = CRYSTAL_PPM,
        connectivity: Connectivity | None = None,
    ) -> None:
        self.host = host
        self.port = port
        self.drift_ppm = drift_ppm
        self.set_ms = 0  # Unix ms when it was last set
        self.error_ms = 0  # and the uncertainty at that moment
        self.connectivity = connectivity or Connectivity()
        self.asked_ms: int | None = None  # uptime of the last request
        self.pause_ms = _POLL_MIN_MS  # from one to the next, at the least
        self.shunned: list[str] = []  # addresses that want no more of them
        self.source = UNSET
        self.known = asyncio.Event()

    @property
    def uncertainty_ms(self) -> int | None:
        """How far off the clock may be by now, None while it is unset."""
        if not self.known.is_set():
            return None
        grown = self.age_ms * self.drift_ppm // 1_000_000
        return self.error_ms + grown

    @property
    def age_ms(self) -> int:
        """How long ago it was set."""
        return max(unix_ms() - self.set_ms, 0)

    def now(self) -> int | None:
        """Return Unix seconds, or None while the clock is unset."""
        if not self.known.is_set():
            return None
        return int(time.time()) + EPOCH

    def state(self) -> list[object]:
        """Return what `resume` needs after deep sleep."""
        set_ms = self.set_ms if self.known.is_set() else None
        return [
            set_ms, self.error_ms, self.drift_ppm, self.asked_ms, self.pause_ms, self.shunned
        ]  # fmt: skip

    def resume(self, state: list) -> None:  # type: ignore[type-arg]  # what `state` gave
        """Trust the RTC, which ran on in deep sleep, if the clock was set."""
        set_ms, self.error_ms, self.drift_ppm = state[:3]
        self.asked_ms, self.pause_ms, self.shunned = state[3:]
        if set_ms is not None:
            self.set_ms = set_ms
            self.source = RTC
            self.known.set()

    async def keep(self, online: asyncio.Event, pulse: "Pulse") -> None:
        """Set the clock, and again every hour, for ever; only while ``online`` is set.

        Sooner where nothing else passes through the network: the answer tells whether it is at fault.
        """
        backoff = jitter.Backoff(1000, 300_000)
        while True:
            await pulse.wait(online.wait())
            try:
                await self.synchronise()
            except (
                ClockError,
                MemoryError,
                ImportError,
            ) as error:  # short of heap, or a fault of the flash
                _log.warning(str(error) or repr(error))
                await pulse.sleep_ms(self.wait_ms() + backoff.next_ms())
            else:
                backoff.reset()
                await self._rest(pulse, max(jitter.around(_RESYNC_MS), self.wait_ms()))
                await pulse.sleep_ms(self.wait_ms())

    async def _rest(self, pulse: "Pulse", milliseconds: int) -> None:
        """Sleep, unless a second opinion is wanted."""
        until_ms = uptime.milliseconds() + milliseconds
        while uptime.milliseconds() < until_ms and not self.connectivity.doubted:
            await pulse.sleep_ms(min(until_ms - uptime.milliseconds(), _DOUBT_MS))

    def wait_ms(self) -> int:
        """How long to wait before the next request."""
        if self.asked_ms is None:
            return 0
        return max(self.asked_ms + self.pause_ms - uptime.milliseconds(), 0)

    async def synchronise(self) -> None:
        """Set the clock once. Raises `ClockError`, and leaves the clock as it was."""
        gc.collect()  # so that what is loaded lies close to what stays
        with Unimport():
            from mote.network.clock_sync import synchronise
        setting = synchronise(self)
        del synchronise
        await setting
