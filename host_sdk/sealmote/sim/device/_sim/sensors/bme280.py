"""Bosch BME280 and BMP280, register by register, measuring the board's weather.

Bosch BST-BME280-DS002: memory map 5.3, modes 3.3, measurement time 9.1, filter 3.4.4. Where the
datasheet gives a range, the worst case is played: the longest measurement time, and writes to
`config` ignored in normal mode (5.4.6). Losses of its power (`faults`) are seen when somebody looks.
"""

from . import _bme280_calibration as calibration

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _sim.surroundings import Surroundings

_CALIB_88 = 0x88
_ID = 0xD0
_RESET = 0xE0
_CALIB_E1 = 0xE1
_CTRL_HUM = 0xF2
_STATUS = 0xF3
_CTRL_MEAS = 0xF4
_CONFIG = 0xF5
_DATA = 0xF7

_ID_BMP280 = 0x58
_ID_BME280 = 0x60
_RESET_WORD = 0xB6
_MEASURING = 1 << 3
_IM_UPDATE = 1 << 0
_STARTUP_US = 2000

_SLEEP = 0
_NORMAL = 3
_SKIPPED_20 = 0x80000
_SKIPPED_16 = 0x8000

_STANDBY_US = (500, 62500, 125000, 250000, 500000, 1000000)
_STANDBY_LAST_US = {_ID_BME280: (10000, 20000), _ID_BMP280: (2000000, 4000000)}


def _samples(setting: int) -> int:
    """How often a value is sampled at an osrs setting: 0, 1, 2, 4, 8, 16."""
    return 1 << min(setting, 5) - 1 if setting else 0


class Bme280:
    """BME280: temperature, humidity, pressure."""

    NAME = "bme280"
    ADDRESSES = (0x76, 0x77)
    FAULTS = ("sensor-reset", "sensor-stuck")
    ID = _ID_BME280

    def __init__(self, surroundings: "Surroundings") -> None:
        self._around = surroundings
        self.pointer = 0
        self._powered_us = surroundings.now_us()
        self._power_on()

    def _power_on(self, at: int | None = None) -> None:
        self._ready_us = (self._around.now_us() if at is None else at) + _STARTUP_US
        self._ctrl_hum = self._ctrl_hum_latched = self._ctrl_meas = self._config = 0
        self._pending_meas: int | None = None
        self._done_us: int | None = None  # when the measurement that runs is over
        self._next_us = 0  # when normal mode starts its next one
        self._filtered: tuple[float, float] | None = None
        self._data = self._pack(_SKIPPED_20, _SKIPPED_20, _SKIPPED_16)

    # The bus (6.2): a write is pairs of register and value, a read starts at the register that
    # was written last and counts up.

    def write(self, data: bytes) -> bool:
        """Take one write transaction: register, value, register, value, ..."""
        self._settle()
        for index in range(0, len(data), 2):
            self.pointer = data[index]
            if index + 1 < len(data):
                self._store(data[index], data[index + 1])
        return True

    def read(self, count: int) -> bytes:
        """Give count registers from the pointer on."""
        self._settle()
        values = bytes(self._load(self.pointer + index) for index in range(count))
        self.pointer = self.pointer + count & 0xFF
        return values

    def _load(self, register: int) -> int:
        if register == _ID:
            return self.ID
        if register == _STATUS:
            return self._status()
        if register in (_CTRL_MEAS, _CONFIG):
            return self._ctrl_meas if register == _CTRL_MEAS else self._config
        if _CALIB_88 <= register < _CALIB_88 + 26:
            return self._calibration(calibration.words_88(), register - _CALIB_88)
        if _DATA <= register < _DATA + len(self._data):
            return self._data[register - _DATA]
        return self._load_humid(register) if self.ID == _ID_BME280 else 0

    def _load_humid(self, register: int) -> int:
        if register == _CTRL_HUM:
            return self._ctrl_hum
        if _CALIB_E1 <= register < _CALIB_E1 + 7:
            return calibration.words_e1()[register - _CALIB_E1]
        return 0

    def _calibration(self, words: bytes, index: int) -> int:
        if self.ID == _ID_BMP280 and index > 23:
            return 0  # calib24 and 25 are reserved there
        return words[index]

    def _store(self, register: int, value: int) -> None:
        if register == _RESET:
            if value == _RESET_WORD:
                self._power_on()
        elif register == _CTRL_HUM:
            self._ctrl_hum = value & 0x07
        elif register == _CTRL_MEAS:
            self._pending_meas = value
            self._settle()
        elif register == _CONFIG and self._ctrl_meas & 3 != _NORMAL:
            self._config = value & 0xFD

    # Measuring. Time passes only when somebody looks: _settle() catches up.

    def _status(self) -> int:
        measuring = _MEASURING if self._done_us is not None else 0
        return measuring | (_IM_UPDATE if self._around.now_us() < self._ready_us else 0)

    def _settle(self) -> None:
        """Let happen, in its order, all that has happened by now."""
        now = self._around.now_us()
        lost = self._around.last_failed_us("sensor-reset")
        if lost is not None and lost > self._powered_us:
            self._powered_us = lost
            self._power_on(lost)
        while self._done_us is None or now >= self._done_us:
            at = now
            if self._done_us is not None:
                at = self._done_us
                self._finish(at)
            if self._pending_meas is not None:
                self._obey(at)
            elif self._ctrl_meas & 3 == _NORMAL and now >= self._next_us:
                self._begin_cycle(now)
            else:
                return

    def _finish(self, at: int) -> None:
        """End a measurement: forced mode falls back to sleep, normal mode waits for the next."""
        self._measure()
        if self._ctrl_meas & 3 != _NORMAL:
            self._ctrl_meas &= 0xFC
        self._next_us = at + self._standby_us()
        self._done_us = None

    def _obey(self, at: int) -> None:
        """Take a ctrl_meas that was written, after the measurement that ran then (3.3.1)."""
        assert self._pending_meas is not None
        self._ctrl_meas, self._pending_meas = self._pending_meas, None
        self._ctrl_hum_latched = self._ctrl_hum  # effective from here on (5.4.3)
        if self._ctrl_meas & 3 != _SLEEP:
            self._done_us = at + self._duration_us()
        self._next_us = at

    def _begin_cycle(self, now: int) -> None:
        """Begin normal mode's latest measurement; nobody looked at the ones in between."""
        period = self._duration_us() + self._standby_us()
        begun = self._next_us + (now - self._next_us) // period * period
        self._done_us = begun + self._duration_us()

    def _oversampling(self) -> tuple[int, int, int]:
        humid = self._ctrl_hum_latched if self.ID == _ID_BME280 else 0
        return (
            _samples(self._ctrl_meas >> 5),
            _samples(self._ctrl_meas >> 2 & 7),
            _samples(humid),
        )

    def _duration_us(self) -> int:
        """Maximum measurement time (9.1)."""
        t, p, h = self._oversampling()
        extra = (575 if p else 0) + (575 if h else 0)
        return 1250 + 2300 * (t + p + h) + extra

    def _standby_us(self) -> int:
        return (_STANDBY_US + _STANDBY_LAST_US[self.ID])[self._config >> 5]

    def _measure(self) -> None:
        if self._around.fails("sensor-stuck") and self._filtered is not None:
            return  # it measures, and always the same
        celsius, percent, pascal = self._around.air()
        t_count, p_count, h_count = self._oversampling()
        raw_t = raw_p = _SKIPPED_20
        raw_h = _SKIPPED_16
        fine = calibration.fine_temperature(raw_t)
        if t_count:
            true_t = calibration.raw_temperature(celsius)
            fine = calibration.fine_temperature(true_t)
            raw_t = self._resolve(true_t, t_count)
        if p_count:
            raw_p = self._resolve(calibration.raw_pressure(pascal, fine), p_count)
        if h_count:
            raw_h = calibration.raw_humidity(percent, fine)
        raw_t, raw_p = self._filter(raw_t, raw_p)
        self._data = self._pack(raw_p, raw_t, raw_h)

    def _resolve(self, raw: int, samples: int) -> int:
        """Without the filter a value has 16 bits and one more for each doubling of samples."""
        if self._config >> 2 & 7:
            return raw
        lost = {1: 4, 2: 3, 4: 2, 8: 1, 16: 0}[samples]
        return raw >> lost << lost

    def _filter(self, raw_t: int, raw_p: int) -> tuple[int, int]:
        """IIR filter over temperature and pressure; the first value starts it (3.4.4)."""
        weight = 1 << min(self._config >> 2 & 7, 4)
        if self._filtered is None or weight == 1:
            self._filtered = (raw_t, raw_p)
        before_t, before_p = self._filtered
        after_t = before_t if raw_t == _SKIPPED_20 else before_t + (raw_t - before_t) / weight
        after_p = before_p if raw_p == _SKIPPED_20 else before_p + (raw_p - before_p) / weight
        self._filtered = (after_t, after_p)
        return (
            raw_t if raw_t == _SKIPPED_20 else round(after_t),
            raw_p if raw_p == _SKIPPED_20 else round(after_p),
        )

    def _pack(self, raw_p: int, raw_t: int, raw_h: int) -> bytes:
        """Pack registers 0xF7 to 0xFE, or to 0xFC where there is no humidity."""
        words = (raw_p << 4).to_bytes(3, "big") + (raw_t << 4).to_bytes(3, "big")
        return words + raw_h.to_bytes(2, "big") if self.ID == _ID_BME280 else words


class Bmp280(Bme280):
    """BMP280: temperature, pressure."""

    NAME = "bmp280"
    DRIVER = "bme280"
    ID = _ID_BMP280


MODELS = (Bme280, Bmp280)
