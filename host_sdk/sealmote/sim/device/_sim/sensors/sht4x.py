"""Sensirion SHT4x, command by command, measuring the board's weather.

Sensirion, Datasheet SHT4x: "Timings", "Command Overview", "Checksum Calculation", "Conversion of Signal
Output". Of its times the longest are played. Heater commands are not modelled: they are not acknowledged
here, nor is any byte that is no command.
"""

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _sim.surroundings import Surroundings

_READY_US = 1000  # after power-on and soft reset
_DURATIONS_US = {0xFD: 8300, 0xF6: 4500, 0xE0: 1600}  # by command: high, medium, low repeatability
_SERIAL = 0x89
_SOFT_RESET = 0x94


def checksum(word: bytes) -> int:
    """CRC-8: polynomial x^8 + x^5 + x^4 + 1, initial value FF; of BE EF it is 92."""
    crc = 0xFF
    for byte in word:
        crc ^= byte
        for _ in range(8):
            crc = crc << 1 ^ (0x131 if crc & 0x80 else 0)
    return crc


def _words(first: int, second: int) -> bytes:
    """Two 16-bit words as they go over the bus, each with its checksum."""
    answer = b""
    for number in (first, second):
        word = number.to_bytes(2, "big")
        answer += word + bytes((checksum(word),))
    return answer


def _ticks(value: float, least: float, span: float) -> int:
    """Word that stands for a value: 0 for the least, 65535 for that and the whole span."""
    return min(max(round((value - least) / span * 65535), 0), 65535)


class Sht4x:
    """SHT40, SHT41, SHT45: temperature, humidity."""

    NAME = "sht4x"
    ADDRESSES = (0x44, 0x45, 0x46)
    OPTIONS = {"serial": 0x0F4A21C7}
    FAULTS = ("sensor-reset", "sensor-stuck")

    pointer = 0  # it has no registers

    def __init__(self, surroundings: "Surroundings", serial: int) -> None:
        self._around = surroundings
        self._serial = serial
        self._measured: bytes | None = None  # what it gives while it is stuck
        self._power_on(surroundings.now_us())

    def _power_on(self, at: int) -> None:
        self._powered_us = at
        self._ready_us = at + _READY_US
        self._measures = False
        self._answer = b""

    def write(self, data: bytes) -> bool:
        """Take a command, one byte; not acknowledged while it is busy with the one before."""
        if self._busy() or len(data) > 1 or not self._knows(data):
            return False
        if data:
            self._obey(data[0])
        return True

    def read(self, count: int) -> bytes | None:
        """Give the answer to the last command, once; not acknowledged while there is none."""
        if self._busy() or not self._answer:
            return None
        answer, self._answer = self._answer, b""
        return (answer + b"\xff" * count)[:count]

    def _knows(self, data: bytes) -> bool:
        return not data or data[0] in _DURATIONS_US or data[0] in (_SERIAL, _SOFT_RESET)

    def _obey(self, command: int) -> None:
        now = self._around.now_us()
        self._answer = b""
        if command == _SERIAL:
            self._answer = _words(self._serial >> 16, self._serial & 0xFFFF)
        elif command == _SOFT_RESET:
            self._ready_us = now + _READY_US
        else:
            self._ready_us = now + _DURATIONS_US[command]
            self._measures = True

    def _busy(self) -> bool:
        """Let happen what has happened by now; whether more is under way."""
        lost = self._around.last_failed_us("sensor-reset")
        if lost is not None and lost > self._powered_us:
            self._power_on(lost)
        if self._around.now_us() < self._ready_us:
            return True
        if self._measures:
            self._measures = False
            self._answer = self._measurement()
        return False

    def _measurement(self) -> bytes:
        if self._measured is None or not self._around.fails("sensor-stuck"):
            celsius, percent, _ = self._around.air()
            self._measured = _words(_ticks(celsius, -45, 175), _ticks(percent, -6, 125))
        return self._measured


MODELS = (Sht4x,)
