"""Wi-Fi that comes back: the driver's endless reconnecting is off, ours backs off with full jitter."""

import asyncio
import time

import network

from sealwire._compat import TYPE_CHECKING, const

from . import jitter
from .log import Log
from .passing import Passing

if TYPE_CHECKING:
    from .watchdog import Pulse

_PATIENCE_MS = const(20_000)  # scan, association, handshake and DHCP together
_POLL_MS = const(200)
_WATCH_MS = const(1000)
_CONNECTING = const(1001)
_IDLE = const(1000)

_log = Log("wifi")


def station() -> network.WLAN:
    """Return the station; the radio stays as it is."""
    return network.WLAN(network.WLAN.IF_STA)


def radio_on() -> network.WLAN:
    """Switch the radio on and return the station, its own reconnecting switched off.

    From here on os.urandom is a true random source on the ESP32; without the radio it is not.
    """
    switched = station()
    switched.active(True)
    try:
        switched.config(reconnects=0)
    except (OSError, ValueError) as error:  # a port without the setting
        _log.warning("the driver's own reconnecting stays on: %s" % error)
    return switched


class Wifi:
    """Keeps ``station`` connected; ``online`` is set while it is, ``joins`` counts how often it came."""

    def __init__(self, station: network.WLAN, ssid: str, password: str) -> None:
        self._station = station
        self._ssid = ssid
        self._password = password
        self.online = asyncio.Event()
        self.joins = 0
        self._task: asyncio.Task[None] | None = None

    def start(self, pulse: "Pulse") -> None:
        """Switch the radio on and begin to `keep`, unless that has begun."""
        if self._task is None:
            radio_on()
            self._task = asyncio.create_task(self.keep(pulse))

    async def keep(self, pulse: "Pulse") -> None:
        """Connect, watch, and connect again, for ever."""
        backoff = jitter.Backoff(1000, 120_000)
        while True:
            pulse.within(_PATIENCE_MS)
            if await self._connect():
                backoff.reset()
                await self._watch(pulse)
            wait = backoff.next_ms()
            _log.info("next attempt in %d ms" % wait)
            await pulse.sleep_ms(wait)

    async def _connect(self) -> bool:
        if not self._station.isconnected():
            why = await self.join()
            if why:
                _log.warning("%s: %s" % (self._ssid, why))
                return False
        try:
            address, rssi = self._station.ifconfig()[0], self._station.status("rssi")
        except OSError:  # gone again already
            return False
        _log.info("connected %s ip=%s rssi=%d" % (self._ssid, address, rssi))
        self.joins += 1
        self.online.set()
        return True

    async def join(self) -> str:
        """Try once; return "" when connected, or why not, in words."""
        try:
            self._station.connect(self._ssid, self._password or None)
        except OSError as error:  # the driver is still busy with an earlier attempt
            self._leave()
            return "cannot begin to connect: %s" % error
        began = time.ticks_ms()
        while time.ticks_diff(time.ticks_ms(), began) < _PATIENCE_MS:
            await asyncio.sleep_ms(_POLL_MS)
            if self._station.isconnected():
                return ""
            status = self._station.status()
            if status not in (_CONNECTING, _IDLE):
                break
        why = reason(self._station.status())
        self._leave()
        return why

    async def _watch(self, pulse: "Pulse") -> None:
        while self._station.isconnected():
            await pulse.sleep_ms(_WATCH_MS)
        self.online.clear()
        _log.warning("%s lost: %s" % (self._ssid, reason(self._station.status())))
        self._leave()

    def _leave(self) -> None:
        try:
            self._station.disconnect()
        except OSError as error:
            _log.debug("disconnect: %s" % error)


def reason(status: int) -> str:
    """Return a driver's status in words."""
    if status in (_CONNECTING, _IDLE):
        return "no answer"
    with Passing():
        from .reasons import REASONS

        return REASONS.get(status, "reason %d" % status)
