"""A SenML pack as CBOR, and the strict reading of one (see `senml` for the subset)."""

from . import cbor, check
from ._compat import const
from .bounds import TIME_MAX, TIME_MIN
from .errors import malformed
from .senml import MANTISSA_MAX, UPTIME, Pack, Record

_BASE_TIME = const(-3)  # RFC 8428 section 6, table 4
_NAME = const(0)
_UNIT = const(1)
_VALUE = const(2)

_MAX_RECORDS = const(16)
_MAX_NAME = const(24)
_MAX_UNIT = const(8)
_MIN_EXPONENT = const(-9)


def encode(pack: Pack) -> bytes:
    """Return the payload to sign. Raises `WireError` for what `parse` would refuse."""
    items: list[object] = []
    for record in pack.records:
        item = fields(record)
        if pack.base_time is not None and not items:
            item[_BASE_TIME] = pack.base_time
        items.append(item)
    _read(items)
    return cbor.encode(items)


def parse(payload: bytes) -> Pack:
    """Read a payload. Raises `WireError` (malformed) for anything outside the subset."""
    return _read(cbor.decode(payload))


def fields(record: Record) -> dict[int, object]:
    """Return a record ready to encode, without a base time."""
    value: object = record.mantissa
    if record.exponent:
        value = cbor.Tag(cbor.DECIMAL_FRACTION, [record.exponent, record.mantissa])
    found: dict[int, object] = {_NAME: record.name, _VALUE: value}
    if record.unit is not None:
        found[_UNIT] = record.unit
    return found


def _read(value: object) -> Pack:
    items = check.array(value, "the SenML pack", 1, _MAX_RECORDS)
    base_time = None
    records: list[Record] = []
    for item in items:
        optional = (_UNIT,) if records else (_UNIT, _BASE_TIME)
        fields = check.mapping(item, "a SenML record", (_NAME, _VALUE), optional)
        if _BASE_TIME in fields:
            base_time = check.integer(fields[_BASE_TIME], "base time", TIME_MIN, TIME_MAX)
        records.append(_read_record(fields))
    names = [record.name for record in records]
    if len(set(names)) != len(names):
        raise malformed("two SenML records of one name")
    if base_time is None and UPTIME not in names:
        raise malformed("a pack with neither base time nor uptime")
    return Pack(base_time, records)


def _read_record(fields: dict[object, object]) -> Record:
    name = check.text(fields[_NAME], "a name", 1, _MAX_NAME)
    if not _is_name(name):
        raise malformed("the name %r (RFC 8428 section 4.5.1 has the characters)" % name)
    unit = None
    if _UNIT in fields:
        unit = check.text(fields[_UNIT], "a unit", 1, _MAX_UNIT)
    value = fields[_VALUE]
    exponent: object = 0
    if isinstance(value, cbor.Tag):
        exponent, value = value.value  # type: ignore[misc]  # cbor.decode checked the pair
        check.integer(exponent, "an exponent", _MIN_EXPONENT, -1)
    mantissa = check.integer(value, "a value", -MANTISSA_MAX, MANTISSA_MAX)
    if name == UPTIME and (unit != "s" or exponent != 0 or mantissa < 0):
        raise malformed("an uptime that is not in whole seconds (unit s)")
    return Record(name, unit, mantissa, check.integer(exponent, "an exponent", _MIN_EXPONENT, 0))


def _is_name(name: str) -> bool:
    for position, character in enumerate(name):
        plain = "a" <= character <= "z" or "A" <= character <= "Z" or "0" <= character <= "9"
        if not plain and (position == 0 or character not in "-:./_"):
            return False
    return True
