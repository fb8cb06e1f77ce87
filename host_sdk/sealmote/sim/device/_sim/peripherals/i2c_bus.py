"""I2C wires: which chips answer on a pair of pins."""

from _sim import hardware
from _sim.sensors import bme280

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Protocol

    class Device(Protocol):
        """A chip on the bus; ``pointer`` is the register that the next read begins with."""

        pointer: int

        def write(self, data: bytes) -> None:
            """Take one write transaction."""

        def read(self, count: int) -> bytes:
            """Give count registers from the pointer on."""


_HUMID = {"bme280": True, "bmp280": False}


def _made(kind: str) -> "Device":
    if kind in _HUMID:
        return bme280.Bme280(_HUMID[kind])
    from _sim.sensors import id_only  # here: few boards have one

    return id_only.IdOnly(kind)


def _wire() -> "dict[tuple[object, object], dict[int, Device]]":
    """Chips by address, by the pair of pins (sda, scl) that they are soldered to."""
    wired: dict[tuple[object, object], dict[int, Device]] = {}
    for sensor in hardware.records("sensors"):
        pins = (sensor["sda"], sensor["scl"])
        address, kind = sensor["address"], sensor["kind"]
        assert isinstance(address, int)
        assert isinstance(kind, str)
        wired.setdefault(pins, {})[address] = _made(kind)
    return wired


_wired = _wire()


def devices(sda: int, scl: int) -> "dict[int, Device]":
    """Chips on a pair of pins."""
    return _wired.get((sda, scl), {})
