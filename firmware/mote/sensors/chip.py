"""The chip's own temperature, so that a bare board has a first reading.

It is the silicon's, some ten degrees above the room's, and coarse. The ESP32 gives whole degrees
Fahrenheit (esp32.raw_temperature), every later chip degrees Celsius (esp32.mcu_temperature).
"""

import esp32

from sealwire.senml import Record


class Driver:
    """The sensor in the chip."""

    name = "chip"
    needs_bus = False
    passes = True

    @staticmethod
    def probe(bus: None) -> "Driver":  # noqa: ARG004 - every driver takes it
        """Return the sensor: every chip has one."""
        return Driver()

    def read(self) -> list[Record]:
        """Return "chip" in Cel."""
        if hasattr(esp32, "mcu_temperature"):
            return [Record("chip", "Cel", round(esp32.mcu_temperature()))]
        return [Record("chip", "Cel", tenths_celsius(esp32.raw_temperature()), -1)]


def tenths_celsius(fahrenheit: int) -> int:
    """Return a temperature in tenths of a degree Celsius, rounded to the nearest."""
    return ((fahrenheit - 32) * 100 + 9) // 18
