"""Hardware of a board as dataclasses, and their JSON forms.

`Hardware` is kept in the board's folder and stays the same for its life; `Retained` lives as long as
the board has power.
"""

import hashlib
import secrets
import string
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, Self, get_args

from sealmote.common import text_encoding
from sealmote.sim import sensors
from sealmote.sim.environment import weather
from sealmote.sim.environment.faults import OF_SENSORS, Fault
from sealmote.sim.environment.weather import Weather
from sealmote.sim.errors import BoardFilesError, FaultError, HardwareError
from sealmote.sim.sensors import SensorModel

Chip = Literal["esp32", "esp32s3", "esp32c3"]

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
        text_encoding.json_for_board([self.ssid, self.password])

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

    kind: a name of `sealmote.sim.sensors` · address: one of its model's, None for the usual one · options:
    the model's, with defaults for those left out.
    """

    kind: str = "bme280"
    address: int | None = None
    sda: int = 21
    scl: int = 22
    options: Mapping[str, int] = field(default_factory=dict)

    @property
    def model(self) -> SensorModel:
        """What its model declares. HardwareError if there is no such chip."""
        return sensors.find(self.kind)

    @property
    def bus_address(self) -> int:
        """Address at which it answers."""
        return self.model.addresses[0] if self.address is None else self.address

    @classmethod
    def usual(cls, chip: Chip, kind: str = "bme280") -> Self:
        """One at the chip's usual pins. Raises HardwareError for a chip that there is not."""
        _check_chip(chip)
        sda, scl = BUS[chip]
        return cls(kind, sda=sda, scl=scl)

    @classmethod
    def parse(cls, spec: str, chip: Chip = "esp32") -> Self:
        """Read NAME or NAME:KEY=NUMBER,...: its address, pins and options; HardwareError else."""
        name, _, rest = spec.partition(":")
        values = _numbers(spec, rest, ("address", "sda", "scl", *sensors.find(name).options))
        _check_chip(chip)
        address, (sda, scl) = values.pop("address", None), BUS[chip]
        return cls(name, address, values.pop("sda", sda), values.pop("scl", scl), values)

    def check(self) -> None:
        """Raise HardwareError if there is no such chip, address or option."""
        model = self.model
        if self.bus_address not in model.addresses:
            addresses = " or ".join(f"{one:#04x}" for one in model.addresses)
            raise HardwareError(
                f"a {self.kind} answers at {addresses}, not at {self.bus_address:#04x}"
            )
        for name in self.options:
            if name not in model.options:
                raise HardwareError(
                    f"a {self.kind} has no option {name!r}: it has {', '.join(model.options) or 'none'}"
                )

    def for_board(self) -> dict[str, Any]:
        """Form that the board's side reads: with its model's place, and every option."""
        return {
            **asdict(self),
            "address": self.bus_address,
            "options": {**self.model.options, **self.options},
            **self.model.location(),
        }


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
            sensor.check()
        places = [(sensor.sda, sensor.scl, sensor.bus_address) for sensor in self.sensors]
        if len(set(places)) < len(places):
            raise HardwareError("two sensors answer at one address of one bus: move one of them")

    def check_faults(self, faults: Iterable[Fault]) -> None:
        """Raise FaultError for a sensor's fault that no sensor of this board can have."""
        able = {kind for sensor in self.sensors for kind in sensor.model.faults}
        for fault in faults:
            if fault.kind in OF_SENSORS and fault.kind not in able:
                wired = ", ".join(sensor.kind for sensor in self.sensors) or "none"
                raise FaultError(
                    f"{fault.kind}: no sensor of this board can have it (it has {wired})"
                )

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


def _numbers(spec: str, items: str, known: tuple[str, ...]) -> dict[str, int]:
    """Read KEY=NUMBER,... with known keys only."""
    values: dict[str, int] = {}
    for item in filter(None, items.split(",")):
        key, _, value = item.partition("=")
        if key not in known:
            raise HardwareError(f"{spec}: it takes {', '.join(f'{one}=' for one in known)}")
        try:
            values[key] = int(value, 0)
        except ValueError as error:
            raise HardwareError(f"{spec}: {value!r} is no number for {key}") from error
    return values


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
