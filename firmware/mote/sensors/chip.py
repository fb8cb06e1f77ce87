"""The chip's own temperature, so that a bare board has a first reading.

It is the silicon's, some ten degrees above the room's, and coarse. The ESP32 gives whole degrees
Fahrenheit (esp32.raw_temperature), every later chip degrees Celsius (esp32.mcu_temperature). Both
measure -40..125 degrees Celsius (Espressif's datasheets).
"""

import esp32

from mote.errors import SensorError
from sealwire.senml import Record

# What an ESP32 without a working sensor always reads, in degrees Fahrenheit. ESPHome takes it for no
# value as well (esphome/components/internal_temperature).
_NONE = 128


class Driver:
    """The sensor in the chip."""

    name = "chip"
    needs_bus = False
    stateless = True

    @staticmethod
    def probe(bus: None) -> "Driver":  # noqa: ARG004 - every driver takes it
        """Return the sensor: every chip has one."""
        return Driver()

    def read(self) -> list[Record]:
        """Return "chip" in Cel."""
        if hasattr(esp32, "mcu_temperature"):
            return [_bounded(Record("chip", "Cel", round(esp32.mcu_temperature())), 1)]
        fahrenheit = esp32.raw_temperature()
        if fahrenheit == _NONE:
            raise SensorError("this ESP32 has no temperature sensor that works")
        return [_bounded(Record("chip", "Cel", tenths_celsius(fahrenheit), -1), 10)]


def tenths_celsius(fahrenheit: int) -> int:
    """Return a temperature in tenths of a degree Celsius, rounded to the nearest."""
    return ((fahrenheit - 32) * 100 + 9) // 18


def _bounded(record: Record, steps: int) -> Record:
    """Return a record of so many steps a degree. Raises `SensorError` if it cannot be true."""
    if not -40 * steps <= record.mantissa <= 125 * steps:
        raise SensorError("%r is outside what the chip can measure" % record)
    return record
