"""Improv service: answers Improv's commands; a network is tried before its password is kept."""

import asyncio
import sys
from binascii import hexlify

import machine
import network

from mote import NAME, VERSION
from mote.configuration import store
from mote.errors import ConfigError, WifiError
from mote.log import Log
from mote.network import wifi_driver
from mote.setup import improv
from mote.setup.improv import ImprovError
from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_log = Log("setup")


class Service:
    """Answers frames by ``send``; ``done`` is set once the board has all that it needs."""

    def __init__(self, send: "Callable[[bytes], object]") -> None:
        self._send = send
        self._busy = False
        self._joining: asyncio.Task[None] | None = None
        self.done = False

    def take(self, frame: bytes) -> None:
        """Answer one frame; joining a network goes on behind it."""
        try:
            command, arguments = improv.parse(frame)
            self._send(improv.error(improv.NO_ERROR))
            self._obey(command, arguments)
        except ImprovError as error:
            self._send(improv.error(error.code))
            _log.warning("Improv: refused: %s" % error)

    def _obey(self, command: int, arguments: bytes) -> None:
        if command == improv.WIFI_SETTINGS:
            self._set_wifi(arguments)
            return
        improv.no_arguments(arguments)
        if command == improv.CURRENT_STATE:
            self._report_state()
        elif command == improv.DEVICE_INFORMATION:
            self._send(improv.result(command, self._information()))
        elif command == improv.SCAN:
            self._scan()
        else:
            raise ImprovError(improv.UNKNOWN_COMMAND, "command %d is unknown" % command)

    def _report_state(self) -> None:
        if self._busy:
            self._send(improv.state(improv.PROVISIONING))
        elif _radio().isconnected():
            self._send(improv.state(improv.PROVISIONED))
            self._send(improv.result(improv.CURRENT_STATE, ()))  # the board has no page to show
        else:
            self._send(improv.state(improv.READY))

    def _information(self) -> tuple[bytes, ...]:
        model = getattr(sys.implementation, "_machine", sys.platform).split(" with ")[-1]
        if model.startswith("ESP32") and model[5:6] not in ("", "-"):
            model = "ESP32-" + model[5:]  # as Improv's clients name them
        name = NAME + "-" + hexlify(machine.unique_id()[3:]).decode()
        return tuple([text.encode() for text in ("Sealmote", VERSION, model, name)])

    def _scan(self) -> None:
        self._only_one()
        try:
            found = networks(_radio())
        except wifi_driver.FAULTS as error:
            raise ImprovError(improv.UNKNOWN_ERROR, "the radio cannot scan (%s)" % error)
        for ssid, rssi, locked in found:
            strings = (ssid, str(rssi).encode(), b"YES" if locked else b"NO")
            self._send(improv.result(improv.SCAN, strings))
        self._send(improv.result(improv.SCAN, ()))

    def _set_wifi(self, arguments: bytes) -> None:
        ssid, password = improv.wifi_settings(arguments)
        self._only_one()
        self._busy = True
        self._send(improv.state(improv.PROVISIONING))
        self._joining = asyncio.create_task(self._join(ssid, password))

    async def _join(self, ssid: str, password: str) -> None:
        try:
            why = await wifi_driver.join(ssid, password, anew=True)
            if why:
                _log.warning("%s: %s" % (ssid, why))
                self._refuse(improv.UNABLE_TO_CONNECT)
            else:
                self._keep(ssid, password)
        finally:
            self._busy = False

    def _keep(self, ssid: str, password: str) -> None:
        try:
            sections = store.sections()
            sections["wifi"] = {"ssid": ssid, "password": password}
            store.write(sections)
        except ConfigError as error:
            _log.error(str(error))
            wifi_driver.leave(_radio())
            self._refuse(improv.UNKNOWN_ERROR)
            return
        self._send(improv.state(improv.PROVISIONED))
        self._send(improv.result(improv.WIFI_SETTINGS, ()))
        lacking = store.missing(sections)
        self.done = not lacking
        _log.info("%s is kept" % ssid)
        if lacking:
            _log.warning("no gateway yet: run `sealmote provision` on the computer")

    def _refuse(self, code: int) -> None:
        self._send(improv.error(code))
        self._send(improv.state(improv.READY))

    def _only_one(self) -> None:
        if self._busy:
            raise ImprovError(improv.UNKNOWN_ERROR, "the board is joining a network")


def _radio() -> network.WLAN:
    try:
        return wifi_driver.radio_on()
    except WifiError as error:
        raise ImprovError(improv.UNKNOWN_ERROR, str(error))


def networks(station: network.WLAN) -> list[tuple[bytes, int, bool]]:
    """Return (SSID, RSSI in dBm, whether it asks a password) of those in reach, the strongest first."""
    strongest: dict[bytes, tuple[int, bool]] = {}
    for found in station.scan():
        ssid, _, _, rssi, security, _ = found
        if ssid and (ssid not in strongest or strongest[ssid][0] < rssi):
            strongest[ssid] = (rssi, security != 0)
    by_strength = sorted(strongest.items(), key=lambda item: -item[1][0])
    return [(ssid, rssi, locked) for ssid, (rssi, locked) in by_strength]
