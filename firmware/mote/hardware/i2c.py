"""Opens the I2C bus of the sensors."""

import machine

from mote.errors import SensorError

_HZ = 100_000  # standard mode: long wires and weak pull-ups still work


def open_i2c(sda: int, scl: int) -> machine.I2C:
    """Return I2C bus 0 on these GPIOs. Raises `SensorError` where the chip has no such pins."""
    from mote.hardware import pins  # here: for the first sensor that needs the bus

    why = pins.bus_fault(pins.chip(), sda, scl)
    if why:
        raise _refused(sda, scl, why)
    try:
        return machine.I2C(0, sda=machine.Pin(sda), scl=machine.Pin(scl), freq=_HZ)
    except ValueError as error:  # an image without these pins, as those that have PSRAM on them
        raise _refused(sda, scl, str(error))


def _refused(sda: int, scl: int, why: str) -> SensorError:
    return SensorError(
        "I2C on sda=%d scl=%d: %s; set i2c or board in /data/config.json" % (sda, scl, why)
    )
