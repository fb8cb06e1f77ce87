"""The wires of the I2C bus and who answers on them."""

from _sim import bme280, hardware

_HUMID = {"bme280": True, "bmp280": False}


def _wire() -> dict[tuple[object, object], dict[int, bme280.Bme280]]:
    """Chips by address, by the pair of pins (sda, scl) that they are soldered to."""
    wired: dict[tuple[object, object], dict[int, bme280.Bme280]] = {}
    for sensor in hardware.records("sensors"):
        pins = (sensor["sda"], sensor["scl"])
        address = sensor["address"]
        assert isinstance(address, int)
        kind = sensor["kind"]
        assert isinstance(kind, str)
        wired.setdefault(pins, {})[address] = bme280.Bme280(_HUMID[kind])
    return wired


_wired = _wire()


def devices(sda: int, scl: int) -> dict[int, bme280.Bme280]:
    """Chips on a pair of pins."""
    return _wired.get((sda, scl), {})
