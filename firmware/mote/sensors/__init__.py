"""Sensors: one module each, found by its name in `sample.sensors`.

A driver is a class `Driver` in a module `mote.sensors.NAME`, or, for one of your own, in a file
`/lib/NAME.py` on the board. It has

- ``probe(bus)``, a static method: look for the device and return a `Driver`, or raise `SensorError`
  or OSError. ``bus`` is a `machine.I2C`. Called again after every failure.
- ``name``, text for the log.
- ``needs_bus``, only where it is False: then ``bus`` is None.
- ``stateless``, only where it is True: the driver remembers nothing between readings, and costs no heap
  either: `probe` is called for each. For modules of `mote.sensors`; one of your own stays loaded.
- ``read()``: return a list of `sealwire.senml.Record` (name, unit, mantissa, exponent), the value
  being mantissa * 10**exponent: integers only, exact as the sensor gives them. Units are SenML's
  (RFC 8428 section 12.1). At most 15 for all sensors together. It may block for some 100 ms; it
  raises `SensorError` or OSError. A measurement that takes longer is begun, and an integer returned:
  in how many milliseconds to call `read` again. Meanwhile the board does all else. For one reading
  that may be 60 s in all.

Whatever else it raises, and whatever else `read` returns, is counted and told in its name, and does not
stop the other sensors.

A whole driver, for the TMP117 (Texas Instruments SNOSD82, section 8.6), saved as `/lib/tmp117.py`
and switched on by `"sensors": ["tmp117"]`:

    from mote.errors import SensorError
    from sealwire.senml import Record

    class Driver:
        name = "tmp117"

        def __init__(self, bus):
            self._bus = bus

        @staticmethod
        def probe(bus):
            if bus.readfrom_mem(0x48, 0x0F, 2)[0] & 0x0F != 0x01:
                raise SensorError("no TMP117 at 0x48")
            return Driver(bus)

        def read(self):
            raw = int.from_bytes(self._bus.readfrom_mem(0x48, 0x00, 2), "big")
            raw -= (raw & 0x8000) << 1
            return [Record("t", "Cel", raw * 100 // 128, -2)]  # 1/128 degree a step
"""

from mote.errors import SensorError
from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Protocol

    from machine import I2C

    from sealwire.senml import Record

    class Sensor(Protocol):
        """What a `Driver` is."""

        name: str

        @staticmethod
        def probe(bus: I2C | None) -> "Sensor":
            """Return the sensor on the bus."""

        def read(self) -> list[Record] | int:
            """Return the present values, or in how many milliseconds to call again."""


def probe(name: str, open_bus: "Callable[[], I2C]") -> "Sensor":
    """Return the sensor of this name. Raises `SensorError`, or OSError from the bus.

    Its module is imported only here: a board pays heap for the drivers it uses.
    """
    found = _find("mote.sensors." + name) or _find(name)
    if found is None:
        raise SensorError("no driver: put %s.py into /lib" % name)
    driver: type[Sensor] | None = getattr(found, "Driver", None)
    if driver is None:
        raise SensorError("its driver's file has no class Driver")
    # A bare board, or one with other pins than its profile, still has the sensors in its chip.
    return driver.probe(open_bus() if getattr(driver, "needs_bus", True) else None)


def _find(module: str) -> object:
    """Return a module, None where there is none of that name; one that is there and fails raises."""
    try:
        return __import__(module, None, None, ("Driver",))
    except ImportError as error:
        if "'%s'" % module in str(error):
            return None
        raise
