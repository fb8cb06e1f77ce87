"""Takes readings from the sensors of the configuration; one that fails does not stop the others."""

from sealwire._compat import TYPE_CHECKING, const
from sealwire.bounds import TIME_MIN
from sealwire.senml import UPTIME, Pack, Record

from . import bus, sensors, uptime
from .errors import SensorError
from .log import Log
from .passing import Passing

if TYPE_CHECKING:
    import machine

    from .config import I2C
    from .sensors import Sensor

# A driver may be anybody's code: what goes wrong in it is reported in its name, and is not ours.
_DRIVER_ERRORS = (
    SensorError,
    OSError,
    ValueError,
    TypeError,
    LookupError,
    AttributeError,
    ArithmeticError,
    RuntimeError,
    ImportError,
    SyntaxError,
)

_PLAIN = const(0x40000000)  # a value nearer to zero may stand in every record

_log = Log("sensors")


class Sampler:
    """The sensors ``names``, each looked for until it is found, and again after every failure.

    One that ``passes`` is looked for at every reading: its code takes no heap in between. The I2C bus
    is opened on ``pins`` for the first that needs it. ``failures`` counts how often one of them gave no
    values.
    """

    def __init__(self, names: tuple[str, ...], pins: "I2C") -> None:
        self._names = names
        self._pins = pins
        self._bus: machine.I2C | None = None
        self._found: dict[str, Sensor] = {}
        # By sensor: all but the values of what was checked.
        self._sound: dict[str, list[object]] = {}
        self.failures = 0

    def take(self, now: int | None) -> Pack | None:
        """Return one reading, dated ``now`` (Unix seconds) or with the uptime; None with no value."""
        records: list[Record] = []
        for name in self._names:
            for record in self._read(name):
                if record.name in [other.name for other in records] or record.name == UPTIME:
                    record.name = "%s.%s" % (name, record.name)  # one pack, no name twice
                records.append(record)
        if not records:
            return None
        if now is None:
            # Dated later, by a statement of this boot that carries both uptime and time.
            records.append(_uptime())
        return Pack(now, records)

    def _read(self, name: str) -> list[Record]:
        try:
            records = self._values(name)
            self._check(name, records)
        except _DRIVER_ERRORS as error:
            self.failures += 1
            self._found.pop(name, None)
            _log.warning("%s: %s" % (name, error))
            return []
        return records

    def _values(self, name: str) -> list[Record]:
        if name in self._found:
            return self._found[name].read()
        with Passing():
            sensor = sensors.probe(name, self._open_bus)
            if not getattr(sensor, "passes", False):
                self._found[name] = sensor
            return sensor.read()

    def _check(self, name: str, records: list[Record]) -> None:
        """Raise ValueError or TypeError unless the records can be sealed by themselves.

        Else one sensor's odd name would take the others' values along.
        """
        plain = True
        fixed: list[object] = []
        for record in records:
            plain = plain and type(record.mantissa) is int and abs(record.mantissa) < _PLAIN
            fixed.extend([record.name, record.unit, record.exponent])
        if records and not (plain and fixed == self._sound.get(name)):
            with Passing():
                from sealwire import subset

                subset.judge(Pack(TIME_MIN, records))
            self._sound[name] = fixed

    def _open_bus(self) -> "machine.I2C":
        if self._bus is None:
            self._bus = bus.open_i2c(self._pins.sda, self._pins.scl)
        return self._bus


def _uptime() -> Record:
    return Record(UPTIME, "s", uptime.seconds())
