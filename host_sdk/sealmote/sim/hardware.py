"""Hardware of a board as dataclasses, and their JSON forms.

`Hardware` is kept in the board's folder and stays the same for its life; `Retained` lives as long as
the board has power.
"""

import hashlib
import secrets
import string
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, Self, get_args

from sealmote import texts
from sealmote.sim.environment import weather
from sealmote.sim.environment.weather import Weather
from sealmote.sim.errors import BoardFilesError, HardwareError

Chip = Literal["esp32", "esp32s3", "esp32c3"]
Kind = Literal["bme280", "bmp280", "bme680", "bmp180", "bmp388"]

BUS: Final[dict[Chip, tuple[int, int]]] = {
    "esp32": (21, 22),
    "esp32s3": (8, 9),
    "esp32c3": (8, 9),
}
"""(sda, scl) by chip, as most boards have them: those of the firmware's board "generic"."""

PWRON_RESET, HARD_RESET, WDT_RESET, DEEPSLEEP_RESET, SOFT_RESET = range(1, 6)
"""Reset causes, numbered as the ESP32 port's `machine` numbers them."""


@dataclass(frozen=True)
class Network:
    """A Wi-Fi network in the air; an empty password means an open one. rssi in dBm.

    A password of 64 hexadecimal digits is the network's raw key, as stations may give any network's.
    """

    ssid: str
    password: str = ""
    channel: int = 6
    rssi: int = -55

    def __post_init__(self) -> None:
        if len(self.password) == 64 and set(self.password) - set(string.hexdigits):
            raise HardwareError("a Wi-Fi password of 64 characters is a key in hexadecimal digits")
        texts.json_for_board([self.ssid, self.password])

    def for_board(self) -> dict[str, Any]:
        """Form that the board's side reads: with the raw key in hex, "" for an open network."""
        return {**asdict(self), "psk": self._psk().hex()}

    def _psk(self) -> bytes:
        """Raw key of WPA (IEEE 802.11-2020, J.4.1)."""
        if len(self.password) == 64:
            return bytes.fromhex(self.password)
        name, secret = self.ssid.encode(), self.password.encode()
        return hashlib.pbkdf2_hmac("sha1", secret, name, 4096, 32) if secret else b""


@dataclass(frozen=True)
class Sensor:
    """A chip on the I2C bus, at the pins that it is soldered to.

    Of a bme680, bmp180 or bmp388 there is no more than its id.
    """

    kind: Kind = "bme280"
    address: int = 0x76
    sda: int = 21
    scl: int = 22

    @classmethod
    def usual(cls, chip: Chip, kind: Kind = "bme280") -> Self:
        """One at the chip's usual pins. Raises HardwareError for a chip that there is not."""
        _check_chip(chip)
        sda, scl = BUS[chip]
        return cls(kind, sda=sda, scl=scl)


@dataclass(frozen=True)
class Hardware:
    """A board: its chip, MAC (six bytes), sensors, the Wi-Fi and the weather around it.

    `join_ms` is how long joining a network takes; `pins` are levels put on inputs from outside,
    by GPIO number; `ticks_offset_ms` is added to the board's uptime, so that a wrap of its ticks
    can be had without waiting twelve days.
    """

    mac: bytes
    chip: Chip = "esp32"
    sensors: tuple[Sensor, ...] = ()
    wifi: tuple[Network, ...] = ()
    weather: Weather = field(default_factory=Weather.recorded)
    join_ms: int = 300
    pins: dict[int, int] = field(default_factory=dict)
    ticks_offset_ms: int = 0

    def __post_init__(self) -> None:
        if len(self.mac) != 6 or self.mac[0] & 1:
            raise HardwareError("a board's MAC is six bytes and no multicast address")
        _check_chip(self.chip)
        for sensor in self.sensors:
            if sensor.kind not in get_args(Kind) or not 0x08 <= sensor.address <= 0x77:
                raise HardwareError(
                    f"no such sensor {sensor}: its kind is one of {get_args(Kind)}, its address "
                    "lies between 0x08 and 0x77"
                )
        places = [(sensor.sda, sensor.scl, sensor.address) for sensor in self.sensors]
        if len(set(places)) < len(places):
            raise HardwareError("two sensors answer at one address of one bus: move one of them")

    def to_json(self) -> dict[str, Any]:
        """Form that is kept in the board's folder; weather but for its series."""
        air = asdict(self.weather)
        del air["hours"]
        return {
            "mac": self.mac.hex(),
            "chip": self.chip,
            "sensors": [asdict(sensor) for sensor in self.sensors],
            "wifi": [asdict(network) for network in self.wifi],
            "weather": air,
            "join_ms": self.join_ms,
            "pins": {str(number): level for number, level in self.pins.items()},
            "ticks_offset_ms": self.ticks_offset_ms,
        }

    @classmethod
    def from_json(cls, found: dict[str, Any], table: bytes) -> "Hardware":
        """Inverse of to_json, with the weather's series as its table; else BoardFilesError."""
        try:
            return cls(
                mac=bytes.fromhex(found["mac"]),
                chip=found["chip"],
                sensors=tuple(Sensor(**sensor) for sensor in found["sensors"]),
                wifi=tuple(Network(**network) for network in found["wifi"]),
                weather=Weather(weather.hours_of(table), **found["weather"]),
                join_ms=found["join_ms"],
                pins={int(number): level for number, level in found["pins"].items()},
                ticks_offset_ms=found["ticks_offset_ms"],
            )
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise BoardFilesError(
                f"the board's description is damaged ({error!r}): make a new board"
            ) from error


def _check_chip(name: str) -> None:
    if name not in get_args(Chip):
        raise HardwareError(f"no chip {name!r}: choose one of {get_args(Chip)}")


def random_mac() -> bytes:
    """Locally administered unicast address (IEEE 802, second-lowest bit of the first byte)."""
    drawn = bytearray(secrets.token_bytes(6))
    drawn[0] = drawn[0] & 0xFC | 0x02
    return bytes(drawn)


@dataclass
class Retained:
    """What a reset leaves: the RTC and its memory; over a soft reset the radio too.

    Times are microseconds of the host's monotonic clock; the power came at `powered_us`.
    """

    powered_us: int
    started_us: int
    wall_offset_us: int
    rtc_memory: str = ""
    radio: dict[str, Any] = field(default_factory=dict)
    reset_cause: int = PWRON_RESET

    @classmethod
    def power_on(cls, now_us: int) -> "Retained":
        """Nothing is left: the RTC starts at 2000-01-01."""
        return cls(powered_us=now_us, started_us=now_us, wall_offset_us=-now_us)

    def reset(self, cause: int, now_us: int) -> None:
        """Go through a reset of that cause."""
        self.reset_cause = cause
        if cause != SOFT_RESET:
            self.started_us = now_us
            self.radio = {}
