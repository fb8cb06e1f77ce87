"""Weather around this board: a table of the host's, interpolated between its hours.

The table is a file of 8-byte rows (little-endian: temperature in 0.01 °C as int16, relative
humidity in 0.01 % as uint16, pressure in Pa as uint32), an hour apart, repeated without end.
"""

import struct

from _sim import clock, hardware

_ROW = "<hHI"
_ROW_BYTES = 8
_HOUR_US = 3600000000

_spec = hardware.record("weather")


def _number(name: str) -> float:
    value = _spec[name]
    assert isinstance(value, (int, float))
    return value


def _path() -> str:
    value = _spec["path"]
    assert isinstance(value, str)
    return value


_rows = open(_path(), "rb")  # noqa: SIM115 - read for the board's whole life
_COUNT = int(_number("rows"))
_ANCHOR_US = int(_number("anchor_us"))
_START_HOUR = _number("start_hour")
_SPEED = _number("speed")
_OFFSETS = (_number("temperature_c"), _number("humidity_percent"), _number("pressure_pa"))


def _row(index: int) -> tuple[int, int, int]:
    _rows.seek(index % _COUNT * _ROW_BYTES)
    temperature, humidity, pressure = struct.unpack(_ROW, _rows.read(_ROW_BYTES))
    return temperature, humidity, pressure


def now() -> tuple[float, float, float]:
    """(temperature in °C, relative humidity in %, pressure in Pa) at this moment."""
    hours = _START_HOUR + (clock.world_us() - _ANCHOR_US) * _SPEED / _HOUR_US
    index = int(hours // 1)
    part = hours - index
    first, second = _row(index), _row(index + 1)
    temperature, humidity, pressure = [
        a + (b - a) * part
        for a, b in zip(first, second)  # noqa: B905 - MicroPython has no strict=
    ]
    wet = min(100.0, max(0.0, humidity / 100 + _OFFSETS[1]))
    return temperature / 100 + _OFFSETS[0], wet, pressure + _OFFSETS[2]
