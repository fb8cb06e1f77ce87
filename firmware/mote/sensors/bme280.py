"""Bosch BME280 and BMP280 on I2C: temperature, pressure and, from a BME280, humidity.

BST-BME280-DS002 and BST-BMP280-DS001. Forced mode, oversampling 1, filter off (the weather
monitoring mode of BME280 section 3.5.1): the sensor sleeps between readings and does not warm itself.

No value is given that cannot be true. A wire that is held or open, if only for a moment, a sensor that
lost its power, and trimming words that are in part blank each end in `SensorError`, and so does a value
outside the sensor's range: -40..85 degrees, 300..1100 hPa (table 1). At its edges one step of the
resolution (0.01 degrees, 3 Pa) counts as the edge itself, so that a true 85.00 degrees is a reading.
Relative humidity is cut to 0..100 % by Bosch's own formula, for a wet sensor reads somewhat more; beyond
that by `_WET` it is none.
"""

import time

from mote.errors import SensorError
from mote.sensors import bme280_compensation
from sealwire._compat import TYPE_CHECKING, const
from sealwire.senml import Record

if TYPE_CHECKING:
    from machine import I2C

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

_RESET_WORD = b"\xb6"
_OVERSAMPLE_1 = b"\x01"
_ASLEEP = bytes([1 << 5 | 1 << 2])  # osrs_t 1, osrs_p 1, mode sleep; 0 after a reset
_FORCED = bytes([_ASLEEP[0] | 1])
_MEASURING = const(1 << 3)
_COPYING = const(1 << 0)  # trimming words on their way from non-volatile memory
_SKIPPED_20 = const(0x80000)  # what a word holds when its quantity was not measured
_SKIPPED_16 = const(0x8000)
_RAIL = const(0xFFFF)  # the highest word of 16 bits, which is what oversampling 1 resolves

_CENTI_C = (-4000, 8500, 1)  # lowest, highest, step
_PASCAL = (30_000, 110_000, 3)
_WET = const(25)  # %RH

# 9.3 ms at the most for three quantities (appendix B, 9.1); a few times that is a broken sensor.
_PATIENCE_MS = const(50)


class Driver:
    """One sensor at ``address``; `probe` finds it."""

    stateless = True

    def __init__(self, bus: "I2C", address: int, name: str) -> None:
        self._bus = bus
        self._address = address
        self.name = name
        self._begin()

    @staticmethod
    def probe(bus: "I2C") -> "Driver":
        """Return the sensor at 0x76 or 0x77. Raises `SensorError` where there is none."""
        for address in _ADDRESSES:
            try:
                chip = bus.readfrom_mem(address, _CHIP_ID, 1)[0]
            except OSError:  # nobody acknowledged this address, or the bus is held
                continue
            if chip in _CHIP_NAMES:
                return Driver(bus, address, _CHIP_NAMES[chip])
        from mote.sensors import i2c_diagnosis  # here: its code is for boards that are wired wrong

        raise SensorError(i2c_diagnosis.describe(bus, _ADDRESSES))

    def read(self) -> list[Record]:
        """Return "t" in Cel, "h" in %RH (BME280 only) and "p" in Pa, measured now."""
        if self._read(_CTRL_MEAS, 1) != _ASLEEP:
            self._begin()  # it was reset, by a loss of power
        self._write(_CTRL_MEAS, _FORCED)
        self._wait_while(_MEASURING)
        # From ctrl_meas to the last word at once: they are of one moment, and of a sensor that was set up.
        held = self._read_surely(_CTRL_MEAS, 11 if self._humid else 9)
        if held[:1] != _ASLEEP:
            raise SensorError(
                "the sensor was reset while it measured: check its supply and its wires"
            )
        return self._records(held)

    def _begin(self) -> None:
        """Reset the sensor, read its trimming words, set it up."""
        self._write(_RESET, _RESET_WORD)
        time.sleep_ms(3)  # start-up time 2 ms, table 1
        self._wait_while(_COPYING)
        high = self._read_surely(_TRIMMING_HIGH, 7) if self._humid else None
        low = self._read_surely(_TRIMMING_LOW, 26)
        self._calibration = bme280_compensation.calibration(low, high)
        if not bme280_compensation.sound(self._calibration, self._humid):
            raise SensorError(
                "its trimming words cannot be true: the bus is disturbed, or the sensor is broken"
            )
        self._write(_CONFIG, b"\x00")
        if self._humid:
            self._write(_CTRL_HUM, _OVERSAMPLE_1)  # takes effect with the next write, 5.4.3
        self._write(_CTRL_MEAS, _ASLEEP)

    @property
    def _humid(self) -> bool:
        return self.name == "bme280"

    def _records(self, held: bytes) -> list[Record]:
        """Return the records of the registers from ctrl_meas on."""
        raw_p, raw_t = _word(held, 3), _word(held, 6)
        if _SKIPPED_20 in (raw_p, raw_t):
            raise SensorError("the sensor measured nothing; it may have lost power")
        _check_rails(raw_p >> 4, "p")
        _check_rails(raw_t >> 4, "t")
        t_fine = bme280_compensation.fine_temperature(raw_t, self._calibration)
        pascals = (bme280_compensation.pressure(raw_p, t_fine, self._calibration) + 128) >> 8
        records = [Record("t", "Cel", bme280_compensation.temperature(t_fine), -2)]
        _bound(records[0], _CENTI_C)
        if self._humid:
            records.append(self._humidity(held[9] << 8 | held[10], t_fine))
        records.append(Record("p", "Pa", pascals))
        _bound(records[-1], _PASCAL)
        return records

    def _humidity(self, raw: int, t_fine: int) -> Record:
        if raw == _SKIPPED_16:
            raise SensorError("the sensor measured no humidity; it may have lost power")
        _check_rails(raw, "h")
        unbounded = bme280_compensation.unbounded_humidity(raw, t_fine, self._calibration) >> 10
        if not -_WET <= unbounded <= 100 + _WET:
            raise SensorError("h=%d%%RH cannot be: the sensor is broken" % unbounded)
        value = bme280_compensation.humidity(raw, t_fine, self._calibration)
        return Record("h", "%RH", (value * 100 + 512) >> 10, -2)

    def _wait_while(self, bit: int) -> None:
        for _ in range(_PATIENCE_MS // 2):
            time.sleep_ms(2)
            if not self._read(_STATUS, 1)[0] & bit:
                return
        raise SensorError("the sensor stays busy; switch its power off and on")

    def _read_surely(self, register: int, size: int) -> bytes:
        """Read twice what stays as it is, for the bus has no checksum."""
        found = self._read(register, size)
        if self._read(register, size) != found:
            raise SensorError("two reads of the same registers differ: the bus is disturbed")
        return found

    def _read(self, register: int, size: int) -> bytes:
        return self._bus.readfrom_mem(self._address, register, size)

    def _write(self, register: int, data: bytes) -> None:
        self._bus.writeto_mem(self._address, register, data)


def _word(data: bytes, at: int) -> int:
    return data[at] << 12 | data[at + 1] << 4 | data[at + 2] >> 4


def _check_rails(word: int, name: str) -> None:
    if word in (0, _RAIL):
        raise SensorError("%s is all zeros or ones: SDA is held, or a wire is open" % name)


def _bound(record: Record, bounds: tuple[int, int, int]) -> None:
    """Put a value that is within a step of the sensor's range into it. Raises `SensorError` beyond."""
    low, high, step = bounds
    if not low - step <= record.mantissa <= high + step:
        raise SensorError("%r is outside what the sensor can measure: it is broken" % record)
    record.mantissa = min(max(record.mantissa, low), high)
