"""Sensirion SCD4x, command by command: one measurement at a time, five seconds long.

Sensirion, Datasheet SCD4x: "Command Overview", "Checksum Calculation", "Low Power Single Shot". Of its
times the longest are played. It measures the board's weather, and as much carbon dioxide as it is told.
What measures periodically, calibrates or configures is not modelled: it is not acknowledged here.
"""

from .sht4x import checksum

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _sim.surroundings import Surroundings

_READY_US = 30_000  # after power-on ("Timing Specifications")
_SINGLE_SHOT = b"\x21\x9d"
_DURATIONS_US = {  # by command: until its answer is there
    _SINGLE_SHOT: 5_000_000,
    b"\xec\x05": 1_000,  # read_measurement
    b"\x36\x82": 1_000,  # get_serial_number
}


class Scd4x:
    """SCD41, SCD43: carbon dioxide, temperature, humidity."""

    NAME = "scd4x"
    ADDRESSES = (0x62,)
    OPTIONS = {"serial": 0x3B0F97A21C7D, "co2": 615}
    FAULTS = ("sensor-reset",)

    pointer = 0  # it has no registers

    def __init__(self, surroundings: "Surroundings", serial: int, co2: int) -> None:
        self._around = surroundings
        self._serial = serial
        self._ppm = co2
        self._power_on(surroundings.now_us())

    def _power_on(self, at: int) -> None:
        self._powered_us = at
        self._ready_us = at + _READY_US
        self._measured: tuple[int, ...] | None = None
        self._command = self._answer = b""

    def write(self, data: bytes) -> bool:
        """Take a command, two bytes; not acknowledged while it is busy with the one before."""
        if self._busy() or (data and data not in _DURATIONS_US):
            return False
        if data:
            self._command, self._answer = data, b""
            self._ready_us = self._around.now_us() + _DURATIONS_US[data]
        return True

    def read(self, count: int) -> bytes | None:
        """Give the answer to the last command, once; not acknowledged while there is none."""
        if self._busy() or not self._answer:
            return None
        answer, self._answer = self._answer, b""
        return (answer + b"\xff" * count)[:count]

    def _busy(self) -> bool:
        """Let happen what has happened by now; whether more is under way."""
        lost = self._around.last_failed_us("sensor-reset")
        if lost is not None and lost > self._powered_us:
            self._power_on(lost)
        if self._around.now_us() < self._ready_us:
            return True
        command, self._command = self._command, b""
        if command == _SINGLE_SHOT:
            celsius, percent, _ = self._around.air()
            self._measured = (self._ppm, _ticks((celsius + 45) / 175), _ticks(percent / 100))
        elif command == b"\xec\x05":
            self._answer = _words(self._measured or ())
            self._measured = None
        elif command:
            self._answer = _words(tuple(self._serial >> shift & 0xFFFF for shift in (32, 16, 0)))
        return False


def _words(numbers: "tuple[int, ...]") -> bytes:
    """16-bit words as they go over the bus, each with its checksum."""
    words = [number.to_bytes(2, "big") for number in numbers]
    return b"".join([word + bytes((checksum(word),)) for word in words])


def _ticks(share: float) -> int:
    """Word that stands for a share of the converter's span."""
    return min(max(round(share * 65535), 0), 65535)


MODELS = (Scd4x,)
