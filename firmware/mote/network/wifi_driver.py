"""Wi-Fi driver calls: one attempt to join a network, and the radio on and off; loaded for each attempt.

The port keeps the driver's last reason until an address comes, through `connect`, `disconnect`, restarts
of the radio and soft resets (ports/esp32/network_wlan.c). So a reason says something of an attempt only
if it is not the one that showed when the attempt began.
"""

import asyncio
import os
import time

import network

from mote.errors import WifiError
from mote.log import Log
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from mote.network.wifi import Wifi

PATIENCE_MS = const(20_000)  # scan, association, handshake and DHCP together
_POLL_MS = const(200)
_RESTART_AFTER = const(5)  # attempts in vain
_CONNECTING = const(1001)
_IDLE = const(1000)

# What the port raises for the driver's errors (ports/esp32/network_common.c, esp_exceptions_helper), and
# for settings that it does not know.
FAULTS = (OSError, RuntimeError, ValueError)

_log = Log("wifi")


def radio_on() -> network.WLAN:
    """Switch the radio on and return the station, its own reconnecting switched off.

    From here on os.urandom is a true random source on the ESP32; without the radio it is not. Raises
    `WifiError`.
    """
    try:
        station = network.WLAN(network.WLAN.IF_STA)
        station.active(True)
    except FAULTS as error:
        raise WifiError("the radio cannot be switched on: %s" % error)
    try:
        station.config(reconnects=0)
    except FAULTS as error:
        # While an attempt is on its way, as after a soft reset, the call fails after it took effect.
        if not _reconnects_off(station):
            _log.warning("the driver's own reconnecting stays on: %s" % error)
    return station


def _reconnects_off(station: network.WLAN) -> bool:
    try:
        return bool(station.config("reconnects") == 0)
    except FAULTS:
        return False


def random(size: int) -> bytes:
    """Return random bytes, fit for keys. Raises `WifiError` where the radio does not start."""
    radio_on()
    return os.urandom(size)


async def join(ssid: str, password: str, anew: bool = False) -> str:
    """Try once, unless the board is in already; return "" when it is, or why not, in words.

    ``anew``: leave first whatever network it is in, or is about to join.
    """
    try:
        station = radio_on()
        if anew:
            leave(station)
        elif station.isconnected():
            return ""
        before = _begin(station, ssid, password or None)
    except WifiError as error:
        return str(error)
    began = time.ticks_ms()
    while time.ticks_diff(time.ticks_ms(), began) < PATIENCE_MS:
        await asyncio.sleep_ms(_POLL_MS)
        if station.isconnected():
            return ""
        if station.status() not in (_CONNECTING, _IDLE, before):
            break
    why = reason(station.status())
    leave(station)
    return why


def _begin(station: network.WLAN, ssid: str, password: str | None) -> int:
    """Begin an attempt; return the status that an earlier one left behind. Raises `WifiError`."""
    try:
        try:
            station.connect(ssid, password)
        except FAULTS:  # busy with an attempt from before a soft reset
            leave(station)
            station.connect(ssid, password)
    except FAULTS as error:
        raise WifiError("cannot begin to connect: %s" % error)
    return station.status()


async def attempt(wifi: "Wifi", password: str) -> network.WLAN | None:
    """Try once, and note how it went; return the station if it is in, None if not."""
    why = await join(wifi.ssid, password)
    if why:
        _fail(wifi, why)
        return None
    station = network.WLAN(network.WLAN.IF_STA)
    _arrive(wifi, station)
    return station


def _arrive(wifi: "Wifi", station: network.WLAN) -> None:
    try:
        rssi = station.status("rssi")
    except FAULTS:  # gone again, as will be seen
        rssi = 0
    _log.info("connected %s ip=%s rssi=%d" % (wifi.ssid, station.ifconfig()[0], rssi))
    wifi.vain = 0
    wifi.joins += 1
    wifi.connectivity.begin()
    wifi.online.set()


def part(wifi: "Wifi", station: network.WLAN) -> None:
    """Leave a network that is lost, or that passes nothing; where joining anew has not helped, restart."""
    stuck = station.isconnected()
    if not stuck:
        _log.warning("%s lost: %s" % (wifi.ssid, reason(station.status())))
    leave(station)
    if stuck:
        _log.warning("%s passes nothing: left, to be joined anew" % wifi.ssid)
        wifi.failures += 1
        if wifi.connectivity.leave() > 1:
            _restart()


def _fail(wifi: "Wifi", why: str) -> None:
    _log.warning("%s: %s" % (wifi.ssid, why))
    wifi.failures += 1
    wifi.vain += 1
    if wifi.vain % _RESTART_AFTER == 0:
        _restart()


def leave(station: network.WLAN) -> None:
    """Leave the network, or stop trying to join it."""
    try:
        station.disconnect()
    except FAULTS as error:
        _log.debug("disconnect: %s" % error)


def _restart() -> None:
    """Switch the radio off; `radio_on` comes with the next attempt."""
    _log.warning("the radio is restarted")
    try:
        network.WLAN(network.WLAN.IF_STA).active(False)
    except FAULTS as error:
        _log.warning("it does not go off: %s" % error)


def reason(status: int) -> str:
    """Return a driver's status in words."""
    if status in (_CONNECTING, _IDLE):
        return "no answer"
    from mote.network.wifi_reasons import REASONS  # here: an attempt that succeeds needs none

    return REASONS.get(status, "reason %d" % status)
