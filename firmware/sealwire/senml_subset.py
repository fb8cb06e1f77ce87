"""Checks a SenML pack against the closed subset of docs/spec/wire.md."""

from sealwire import check
from sealwire._compat import TYPE_CHECKING, const
from sealwire.bounds import TIME_MAX, TIME_MIN
from sealwire.errors import malformed
from sealwire.senml import MANTISSA_MAX, UPTIME

if TYPE_CHECKING:
    from sealwire.senml import Pack, Record

_MAX_RECORDS = const(16)
_MAX_NAME = const(24)
_MAX_UNIT = const(8)
_MIN_EXPONENT = const(-9)


def judge(pack: "Pack") -> None:
    """Raise `WireError` (malformed) unless all of the pack is within the subset."""
    check.array(pack.records, "the SenML pack", 1, _MAX_RECORDS)
    if pack.base_time is not None:
        check.integer(pack.base_time, "base time", TIME_MIN, TIME_MAX)
    for record in pack.records:
        _judge_record(record)
    names = [record.name for record in pack.records]
    if len(set(names)) != len(names):
        raise malformed("two SenML records of one name")
    if pack.base_time is None and UPTIME not in names:
        raise malformed("a pack with neither base time nor uptime")


def _judge_record(record: "Record") -> None:
    name = check.text(record.name, "a name", 1, _MAX_NAME)
    if not _is_name(name):
        raise malformed("the name %r (RFC 8428 section 4.5.1 has the characters)" % name)
    if record.unit is not None:
        check.text(record.unit, "a unit", 1, _MAX_UNIT)
    check.integer(record.mantissa, "a value", -MANTISSA_MAX, MANTISSA_MAX)
    check.integer(record.exponent, "an exponent", _MIN_EXPONENT, 0)
    if name == UPTIME and (record.unit != "s" or record.exponent or record.mantissa < 0):
        raise malformed("an uptime that is not in whole seconds (unit s)")


def _is_name(name: str) -> bool:
    for position, character in enumerate(name):
        plain = "a" <= character <= "z" or "A" <= character <= "Z" or "0" <= character <= "9"
        if not plain and (position == 0 or character not in "-:./_"):
            return False
    return True
