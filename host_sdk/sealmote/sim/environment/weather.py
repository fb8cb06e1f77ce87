"""Weather that boards measure: hourly values, interpolated, repeated without end."""

import csv
import struct
from dataclasses import dataclass
from functools import cached_property
from importlib import resources
from pathlib import Path
from typing import Final

from sealmote.sim.errors import HardwareError

_ROW: Final = struct.Struct("<hHI")  # 0.01 °C, 0.01 %, Pa: what the board's side reads
_RECORDED: Final = "greensboro_april.csv"

Hour = tuple[float, float, float]
"""Temperature in °C, relative humidity in %, pressure in Pa."""


@dataclass(frozen=True)
class Weather:
    """What the air around one board does.

    `hours` is the series; the board begins at `start_hour` in it when it is created and runs
    through it `speed` times as fast as real time (0 stands still). The offsets make boards differ.
    """

    hours: tuple[Hour, ...]
    start_hour: float = 0.0
    speed: float = 1.0
    temperature_offset_c: float = 0.0
    humidity_offset_percent: float = 0.0
    pressure_offset_pa: float = 0.0

    def __post_init__(self) -> None:
        if not self.hours:
            raise HardwareError("a weather series needs at least one hour")
        for number, (temperature, humidity, pressure) in enumerate(self.hours):
            sane = -40 <= temperature <= 85 and 0 <= humidity <= 100 and 3e4 <= pressure <= 1.1e5
            if not sane:
                raise HardwareError(
                    f"hour {number} of the weather series lies outside what the sensor measures "
                    "(-40 to 85 °C, 0 to 100 %, 300 to 1100 hPa): fix the series"
                )

    @cached_property
    def table(self) -> bytes:
        """The series as the board's side reads it: eight bytes an hour."""
        return b"".join(
            _ROW.pack(round(t * 100), round(h * 100), round(p)) for t, h, p in self.hours
        )

    @classmethod
    def recorded(
        cls,
        *,
        start_hour: float = 0.0,
        speed: float = 1.0,
        temperature_offset_c: float = 0.0,
        humidity_offset_percent: float = 0.0,
        pressure_offset_pa: float = 0.0,
    ) -> "Weather":
        """Four weeks of April in Greensboro, North Carolina (NREL TMY3, station 723170)."""
        with resources.as_file(resources.files("sealmote.sim") / "data" / _RECORDED) as path:
            hours = read_csv(path)
        return cls(
            hours, start_hour, speed, temperature_offset_c, humidity_offset_percent,
            pressure_offset_pa,
        )  # fmt: skip

    @classmethod
    def constant(
        cls, temperature_c: float, humidity_percent: float, pressure_pa: float
    ) -> "Weather":
        """Weather that never changes."""
        return cls(((temperature_c, humidity_percent, pressure_pa),), speed=0.0)


def hours_of(table: bytes) -> tuple[Hour, ...]:
    """Series that a table was made of, to the table's resolution."""
    return tuple((t / 100, h / 100, float(p)) for t, h, p in _ROW.iter_unpack(table))


def read_csv(path: Path) -> tuple[Hour, ...]:
    """Read hourly rows: columns temperature_c, humidity_percent, pressure_hpa with a header."""
    try:
        with path.open(newline="", encoding="ascii") as file:
            return tuple(
                (
                    float(row["temperature_c"]),
                    float(row["humidity_percent"]),
                    float(row["pressure_hpa"]) * 100,
                )
                for row in csv.DictReader(file)
            )
    except (OSError, KeyError, TypeError, ValueError) as error:
        raise HardwareError(
            f"{path} is no weather series ({error!r}): it needs the columns temperature_c, "
            "humidity_percent and pressure_hpa, a number in each"
        ) from error
