"""Wi-Fi supervision: joins again with backoff and full jitter; the driver's own reconnecting is off."""

import asyncio
import gc

from mote.log import Log
from mote.network import jitter
from mote.network.connectivity import Connectivity
from mote.unimport import Unimport
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from collections.abc import Awaitable

    from network import WLAN

    from mote.power.watchdog import Pulse

_WATCH_MS = const(1000)
_PATIENCE_MS = const(20_000)  # `joining.PATIENCE_MS`
_BACKOFF_CAP_MS = const(60_000)

_log = Log("wifi")


class Wifi:
    """Keeps the board in a network; ``online`` is set while it is, ``joins`` counts how often it came.

    ``failures``: attempts in vain, and times that the network was left because nothing passed ·
    ``vain``: attempts since it was in.
    """

    def __init__(self, ssid: str, password: str, connectivity: Connectivity | None = None) -> None:
        self.ssid = ssid
        self._password = password
        self.connectivity = connectivity or Connectivity()
        self.online = asyncio.Event()
        self.joins = self.failures = self.vain = 0
        self._task: asyncio.Task[None] | None = None

    def start(self, pulse: "Pulse") -> None:
        """Begin to `keep`, unless that has begun."""
        if self._task is None:
            self._task = asyncio.create_task(self.keep(pulse))

    async def keep(self, pulse: "Pulse") -> None:
        """Connect, watch, and connect again, for ever."""
        backoff = jitter.Backoff(1000, _BACKOFF_CAP_MS)
        while True:
            try:
                await self._once(pulse, backoff)
            except (MemoryError, ImportError) as error:  # what asks the driver could not be loaded
                _log.warning("short of heap, or a fault of the flash: %r" % error)
                self.failures += 1
            self.online.clear()
            wait = backoff.next_ms()
            _log.info("next attempt in %d ms" % wait)
            await pulse.sleep_ms(wait)

    async def _once(self, pulse: "Pulse", backoff: jitter.Backoff) -> None:
        """Try to join; return when that failed, or the network is lost or left."""
        pulse.within(_PATIENCE_MS)
        station = await self._attempt()
        if station is None:
            return
        backoff.reset()
        while station.isconnected() and not self.connectivity.stuck:
            await pulse.sleep_ms(_WATCH_MS)
        self.online.clear()
        with Unimport():
            from mote.network.wifi_driver import part

            part(self, station)
            del part

    def _attempt(self) -> "Awaitable[WLAN | None]":
        gc.collect()  # so that what is loaded lies close to what stays
        with Unimport():
            from mote.network.wifi_driver import attempt

            return attempt(self, self._password)
