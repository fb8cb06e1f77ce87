"""Reports a failure of a sensor or its driver, in the sensor's name.

A driver's error may be anything: of a class of its own, with a text that raises again or is longer
than the heap is wide.
"""

from mote import trace, uptime
from mote.errors import SensorError
from mote.log import Log
from sealwire._compat import const
from sealwire.errors import WireError

_TEXT_MAX = const(200)
_TRACE_AGAIN_S = const(3600)
_SENSORS_OWN = (
    SensorError,
    OSError,
    WireError,
)  # they say all there is: a sensor or its bus failed

_log = Log("sensors")


def report(sensor: str, error: BaseException, traced_s: int | None) -> int | None:
    """Log the cause, and for a fault of the driver's code its traceback, once an hour at most.

    ``traced_s`` is the uptime of the sensor's last traceback, None for none; it is returned anew.
    """
    if isinstance(error, _SENSORS_OWN):
        _log.warning("%s: %s" % (sensor, _text(error)))
        return traced_s
    _log.warning("%s: its driver failed: %s: %s" % (sensor, type(error).__name__, _text(error)))
    if traced_s is not None and uptime.seconds() - traced_s < _TRACE_AGAIN_S:
        return traced_s
    try:
        trace.report(error)
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - the driver's class words it
        _log.warning(sensor + ": the traceback cannot be told")
    return uptime.seconds()


def _text(error: BaseException) -> str:
    try:
        return str(error)[:_TEXT_MAX]
    except KeyboardInterrupt:
        raise
    except BaseException:  # noqa: BLE001 - the driver's class words it
        return "(its text cannot be told)"
