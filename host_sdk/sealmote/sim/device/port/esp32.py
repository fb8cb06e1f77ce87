"""`esp32` as the port has it, as far as the firmware can reach."""

from _sim import chip
from _sim.memory import idf_heap_info
from _sim.storage.partition import Partition
from micropython import const

__all__ = ("HEAP_DATA", "HEAP_EXEC", "Partition", "idf_heap_info")

HEAP_DATA = const(4)  # esp_heap_caps.h: MALLOC_CAP_8BIT
HEAP_EXEC = const(1)  # MALLOC_CAP_EXEC

if chip.NAME == "esp32":

    def raw_temperature() -> int:
        """ESP32's die temperature in whole degrees Fahrenheit."""
        return round(chip.die_temperature() * 9 / 5 + 32)

else:

    def mcu_temperature() -> int:
        """Die temperature in whole degrees Celsius (S2, S3, C3 and later)."""
        return round(chip.die_temperature())
