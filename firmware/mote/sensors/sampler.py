"""Sampler: one reading from all sensors of the configuration; one that fails or is slow stops no other."""

import asyncio
import gc

from mote import sensors, uptime
from mote.errors import SensorError
from mote.hardware import i2c
from mote.log import Log
from mote.unimport import Unimport
from sealwire._compat import TYPE_CHECKING, const
from sealwire.bounds import TIME_MIN
from sealwire.senml import UPTIME, Pack, Record

if TYPE_CHECKING:
    from collections.abc import Callable

    import machine

    from mote.configuration.config import I2C
    from mote.sensors import Sensor

_RECORDS_MAX = const(15)  # of a pack's 16: one is the uptime's, while there is no time
MEASURING_MAX_MS = const(60_000)  # less than the watchdog's patience with a task that is late
_PLAIN = const(0x40000000)  # a value nearer to zero may stand in every record

_log = Log("sensors")


class Sampler:
    """The sensors ``names``, each looked for until it is found, and again after every failure.

    One that is ``stateless`` is looked for at every reading: its code takes no heap in between. The I2C bus
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
        # By sensor: the uptime, in seconds, at which a traceback of its driver was last told.
        self._traced: dict[str, int | None] = {}
        self.failures = 0

    async def take(self, now: "Callable[[], int | None]") -> Pack | None:
        """Return one reading; None with no value.

        Dated by ``now`` (Unix seconds, or None: then it has the uptime) when its last value has come: a
        sensor that measures for long is waited for, and meanwhile the others are read.
        """
        answers: dict[str, list[Record] | int] = {}
        until_ms = uptime.milliseconds() + MEASURING_MAX_MS
        for name in self._names:
            self._guard(name, self._ask, answers, until_ms)
        while True:
            due = [(at_ms, name) for name, at_ms in answers.items() if type(at_ms) is int]
            if not due:
                break
            at_ms, name = min(due)
            await asyncio.sleep_ms(max(at_ms - uptime.milliseconds(), 0))
            del answers[name]
            self._guard(name, self._ask, answers, until_ms)
        records: list[Record] = []
        for name in self._names:
            if name in answers:
                self._guard(name, self._add, answers, records)
        if not records:
            return None
        dated = now()
        if dated is None:
            # Dated later, by a statement of this boot that carries both uptime and time.
            records.append(_uptime())
        return Pack(dated, records)

    def _guard(self, name: str, act: "Callable[..., None]", *given: object) -> None:
        """Do a step for a sensor. A driver may be anybody's code: what goes wrong in it is its own."""
        try:
            act(name, *given)
        except KeyboardInterrupt:
            raise  # somebody at the serial line
        except BaseException as error:  # noqa: BLE001 - one of its own, sys.exit() or no memory
            self.failures += 1
            self._found.pop(name, None)
            self._report(name, error)

    def _ask(self, name: str, answers: "dict[str, list[Record] | int]", until_ms: int) -> None:
        """Note what a driver answers: its values, or the uptime from which on it has them."""
        answer = self._answer(name)
        if type(answer) is not int:
            answers[name] = _copied(answer)
            return
        at_ms = uptime.milliseconds() + answer
        if answer < 1 or at_ms > until_ms:
            raise SensorError(
                "its read() asks to come back after %d ms; a reading waits for 1..%d in all"
                % (answer, MEASURING_MAX_MS)
            )
        answers[name] = at_ms

    def _add(self, name: str, answers: "dict[str, list[Record]]", records: list[Record]) -> None:
        found = answers[name]
        _rename(found, name, records)
        self._check(name, found)
        records.extend(found)

    def _report(self, name: str, error: BaseException) -> None:
        gc.collect()  # a driver that ran out of memory left much
        try:
            with Unimport():
                from mote.sensors import driver_fault

                self._traced[name] = driver_fault.report(name, error, self._traced.get(name))
        except MemoryError:
            _log.warning(name + ": failed, and there is no memory to say how")

    def _answer(self, name: str) -> object:
        sensor = self._found.get(name)
        if sensor is not None:
            answer = sensor.read()
        else:
            with Unimport():
                sensor = sensors.probe(name, self._open_bus)
                answer = sensor.read()
        # One that is measuring remembers that, if nothing else.
        if type(answer) is int or not getattr(sensor, "stateless", False):
            self._found[name] = sensor
        else:
            self._found.pop(name, None)
        return answer

    def _check(self, name: str, records: list[Record]) -> None:
        """Raise `WireError` unless the records can be sealed by themselves.

        Else one sensor's odd name would take the others' values along.
        """
        plain = True
        fixed: list[object] = []
        for record in records:
            plain = plain and abs(record.mantissa) < _PLAIN
            fixed.extend([record.name, record.unit, record.exponent])
        if records and not (plain and fixed == self._sound.get(name)):
            with Unimport():
                from sealwire import senml_subset

                senml_subset.judge(Pack(TIME_MIN, records))
            self._sound[name] = fixed

    def _open_bus(self) -> "machine.I2C":
        if self._bus is None:
            self._bus = i2c.open_i2c(self._pins.sda, self._pins.scl)
        return self._bus


def _copied(returned: object) -> list[Record]:
    """Return what a driver's `read` gave as records of our own. Raises `SensorError` for what is none."""
    if type(returned) is not list or len(returned) > _RECORDS_MAX:
        raise SensorError("its read() gave no list of at most %d records" % _RECORDS_MAX)
    return [_copy(one.name, one.unit, one.mantissa, one.exponent) for one in returned]


def _copy(name: object, unit: object, mantissa: object, exponent: object) -> Record:
    # type(), for nothing may be a bool, or of a class of the driver's own.
    if type(name) is not str or not (unit is None or type(unit) is str):
        raise SensorError("its read() gave a record whose name or unit is no text")
    if type(mantissa) is not int or type(exponent) is not int:
        raise SensorError(
            "its read() gave %s a value that is not mantissa and exponent" % name[:24]
        )
    return Record(name, unit, mantissa, exponent)


def _rename(found: list[Record], sensor: str, others: list[Record]) -> None:
    """Put the sensor before a name that is taken. Raises `SensorError` where they cannot be in one pack."""
    taken = [other.name for other in others]
    for record in found:
        if record.name in taken or record.name == UPTIME:
            record.name = "%s.%s" % (sensor, record.name)
        if record.name in taken:
            raise SensorError("its %s is a name that another sensor gave" % record.name)
    if len(found) + len(others) > _RECORDS_MAX:
        raise SensorError("its values are too many: all together may be %d" % _RECORDS_MAX)


def _uptime() -> Record:
    return Record(UPTIME, "s", uptime.seconds())
