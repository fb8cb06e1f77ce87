"""`network` as the ESP32 port has it: the station interface."""

from _sim import clock, faults, hardware, seeded_random
from _sim.network import radio

STA_IF = 0
AP_IF = 1
STAT_IDLE = 1000
STAT_CONNECTING = 1001
STAT_GOT_IP = 1010
STAT_BEACON_TIMEOUT = 200
STAT_NO_AP_FOUND = 201
STAT_WRONG_PASSWORD = 202
STAT_ASSOC_FAIL = 203
STAT_HANDSHAKE_TIMEOUT = 204

_SCAN_US = 120000
_WPA2_PSK = 3
_LEASE = ("192.168.4.2", "255.255.255.0", "192.168.4.1", "192.168.4.1")
_NO_LEASE = ("0.0.0.0", "0.0.0.0", "0.0.0.0", "0.0.0.0")  # noqa: S104 - what the port answers

_hostname = "mpy-" + hardware.text("chip")
_settings: dict[str, object] = {"pm": 1, "txpower": 20}
_calls = 0  # to the driver, in this life of the board


def hostname(name: str | None = None) -> str | None:
    """Get or set the name that the board gives to DHCP and mDNS, up to 32 characters."""
    global _hostname  # noqa: PLW0603 - one board
    if name is None:
        return _hostname
    if len(name) > 32:
        raise ValueError
    _hostname = name
    return None


def _driver() -> None:
    """Fail as esp_exceptions does for an error that it does not know (network_common.c)."""
    global _calls  # noqa: PLW0603 - one driver a board
    _calls += 1
    ill = faults.active("wifi-error")
    if ill is not None and seeded_random.happens(
        ill["share"], "wifi-error", seeded_random.life(), _calls
    ):
        raise RuntimeError("Wifi Unknown Error 0x3014")


class WLAN:
    """The station interface; every instance is the same one."""

    IF_STA = 0
    IF_AP = 1
    PM_NONE = 0
    PM_PERFORMANCE = 1
    PM_POWERSAVE = 2

    def __init__(self, interface_id: int = 0) -> None:
        if interface_id != STA_IF:
            raise ValueError("invalid WLAN interface identifier")

    def active(self, is_active: bool | None = None) -> bool:
        """Get whether the radio is on, or switch it."""
        _driver()
        if is_active is not None:
            radio.station.switch(bool(is_active))
        return radio.station.active

    def connect(self, ssid: object = None, key: object = None) -> None:
        """Begin to join a network; status() tells how far it is. Names and keys are text or bytes."""
        _driver()
        station = radio.station
        if not station.active:
            raise OSError("Wifi Not Started")
        if station.trying():
            raise OSError("Wifi Internal State Error")
        if ssid is not None or key is not None:
            station.ssid, station.key = _cut(ssid, 32), _cut(key, 64)
        station.begin()

    def disconnect(self) -> None:
        """Leave the network, or stop trying."""
        radio.station.requested = False
        _driver()
        if not radio.station.active:
            raise OSError("Wifi Not Started")
        radio.station.leave()

    def isconnected(self) -> bool:
        """Whether the station has an address."""
        return radio.station.joined()

    def status(self, param: str | None = None) -> int:
        """One of the STAT_* codes, or the signal strength in dBm for "rssi"."""
        if param is None:
            return radio.station.status()
        if param != "rssi":
            raise ValueError("unknown status param")
        _driver()
        network = radio.station.network()
        if network is None or not self.isconnected():
            raise OSError("WiFi Not Connected")
        rssi = network["rssi"]
        assert isinstance(rssi, int)
        return rssi

    def scan(self) -> list[tuple[bytes, bytes, int, int, int, bool]]:
        """(ssid, bssid, channel, rssi, security, hidden) of each network in the air."""
        _driver()
        if not radio.station.active:
            raise OSError("STA must be active")
        clock.sleep_us(_SCAN_US)
        found = []
        for network in radio.in_the_air():
            name, channel, rssi = network["ssid"], network["channel"], network["rssi"]
            assert isinstance(name, str)
            assert isinstance(channel, int)
            assert isinstance(rssi, int)
            security = _WPA2_PSK if network["password"] else 0
            found.append(
                (name.encode(), b"\x02\x00\x00\x00\x00\x01", channel, rssi, security, False)
            )
        return found

    def ifconfig(self) -> tuple[str, str, str, str]:
        """(address, netmask, gateway, DNS server); zeros while there is no lease."""
        return _LEASE if self.isconnected() else _NO_LEASE

    def config(self, *query: str, **settings: object) -> object:
        """Get one parameter by its name, or set some: mac, ssid, channel, reconnects, pm, ..."""
        if query and settings:
            raise TypeError("either pos or kw args are allowed")
        _driver()
        if query:
            return self._get(query[0])
        for name, value in settings.items():
            self._set(name, value)
        if radio.station.trying():  # what was set stays: esp_wifi_set_config comes after it
            raise OSError("Wifi Internal State Error")
        return None

    def _get(self, name: str) -> object:
        if name == "mac":
            return hardware.binary("mac")
        if name in ("ssid", "essid"):
            return radio.station.ssid.decode()
        if name == "reconnects":
            return radio.station.reconnects
        if name == "channel":
            network = radio.station.network()
            return network["channel"] if network and self.isconnected() else 0
        if name in _settings:
            return _settings[name]
        raise ValueError("unknown config param")

    def _set(self, name: str, value: object) -> None:
        if name == "reconnects":
            if not isinstance(value, int) or not -1 <= value < 255:
                raise ValueError("reconnects")
            radio.station.reconnects = value
            radio.station.keep()
        elif name in _settings:
            _settings[name] = value
        else:
            raise ValueError("unknown config param")


def _cut(value: object, most: int) -> bytes:
    """Text as the port hands it to the driver: its bytes, and no more than there is room for."""
    if value is None:
        return b""
    if isinstance(value, str):
        value = value.encode()
    if not isinstance(value, bytes):
        raise TypeError("can't convert to str implicitly")
    return value[:most]
