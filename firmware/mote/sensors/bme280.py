"""Bosch BME280 and BMP280 on I2C: temperature, pressure and, from a BME280, humidity.

BST-BME280-DS002 and BST-BMP280-DS001. Forced mode, oversampling 1, filter off (the weather
monitoring mode of BME280 section 3.5.1): the sensor sleeps between readings and does not warm itself.
"""

import time

from machine import I2C

from mote.errors import SensorError
from sealwire._compat import const
from sealwire.senml import Record

from . import compensation

_ADDRESSES = (0x76, 0x77)  # SDO low or high, section 6.2
_CHIP_NAMES = {0x60: "bme280", 0x58: "bmp280", 0x57: "bmp280", 0x56: "bmp280"}

_TRIMMING_LOW = const(0x88)
_CHIP_ID = const(0xD0)
_RESET = const(0xE0)
_TRIMMING_HIGH = const(0xE1)
_CTRL_HUM = const(0xF2)
_STATUS = const(0xF3)
_CTRL_MEAS = const(0xF4)
_CONFIG = const(0xF5)
_DATA = const(0xF7)

_RESET_WORD = b"\xb6"
_OVERSAMPLE_1 = b"\x01"
_FORCED_1 = bytes([1 << 5 | 1 << 2 | 1])  # osrs_t 1, osrs_p 1, mode forced
_MEASURING = const(1 << 3)
_COPYING = const(1 << 0)  # trimming words on their way from non-volatile memory
_SKIPPED_20 = const(0x80000)  # what a word holds when its quantity was not measured
_SKIPPED_16 = const(0x8000)

# 9.3 ms at the most for three quantities (appendix B, 9.1); a few times that is a broken sensor.
_PATIENCE_MS = const(50)


class Driver:
    """One sensor at ``address``; `probe` finds it."""

    passes = True

    def __init__(self, bus: I2C, address: int, name: str) -> None:
        """Reset the sensor and read its trimming words."""
        self._bus = bus
        self._address = address
        self.name = name
        self._write(_RESET, _RESET_WORD)
        time.sleep_ms(3)  # start-up time 2 ms, table 1
        self._wait_while(_COPYING)
        low = self._read(_TRIMMING_LOW, 26)
        if low.count(low[:1]) == len(low):
            raise SensorError("no trimming words: the bus or the sensor is broken")
        high = self._read(_TRIMMING_HIGH, 7) if name == "bme280" else None
        self._calibration = compensation.calibration(low, high)
        self._write(_CONFIG, b"\x00")

    @staticmethod
    def probe(bus: I2C) -> "Driver":
        """Return the sensor at 0x76 or 0x77. Raises `SensorError` where there is none."""
        for address in _ADDRESSES:
            try:
                chip = bus.readfrom_mem(address, _CHIP_ID, 1)[0]
            except OSError:  # nobody acknowledged this address
                continue
            if chip in _CHIP_NAMES:
                return Driver(bus, address, _CHIP_NAMES[chip])
        raise SensorError(
            "no BME280 or BMP280 at 0x76 or 0x77: check wiring, power and the i2c pins"
        )

    def read(self) -> list[Record]:
        """Return "t" in Cel, "h" in %RH (BME280 only) and "p" in Pa, measured now."""
        if self.name == "bme280":
            self._write(_CTRL_HUM, _OVERSAMPLE_1)  # takes effect with the next write, 5.4.3
        self._write(_CTRL_MEAS, _FORCED_1)
        self._wait_while(_MEASURING)
        data = self._read(_DATA, 8 if self.name == "bme280" else 6)
        raw_p = _word(data, 0)
        raw_t = _word(data, 3)
        if _SKIPPED_20 in (raw_p, raw_t):
            raise SensorError("the sensor measured nothing; it may have lost power")
        t_fine = compensation.fine_temperature(raw_t, self._calibration)
        records = [Record("t", "Cel", compensation.temperature(t_fine), -2)]
        if len(data) == 8:
            records.append(self._humidity(data[6] << 8 | data[7], t_fine))
        pascals = (compensation.pressure(raw_p, t_fine, self._calibration) + 128) >> 8
        records.append(Record("p", "Pa", pascals))
        return records

    def _humidity(self, raw: int, t_fine: int) -> Record:
        if raw == _SKIPPED_16:
            raise SensorError("the sensor measured no humidity; it may have lost power")
        value = compensation.humidity(raw, t_fine, self._calibration)
        return Record("h", "%RH", (value * 100 + 512) >> 10, -2)

    def _wait_while(self, bit: int) -> None:
        for _ in range(_PATIENCE_MS // 2):
            time.sleep_ms(2)
            if not self._read(_STATUS, 1)[0] & bit:
                return
        raise SensorError("the sensor stays busy; switch its power off and on")

    def _read(self, register: int, size: int) -> bytes:
        return self._bus.readfrom_mem(self._address, register, size)

    def _write(self, register: int, data: bytes) -> None:
        self._bus.writeto_mem(self._address, register, data)


def _word(data: bytes, at: int) -> int:
    return data[at] << 12 | data[at + 1] << 4 | data[at + 2] >> 4
