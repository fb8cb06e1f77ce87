"""SenML pack as CBOR: encoder and strict decoder (see `senml` for the subset)."""

from sealwire import cbor, check, senml_subset
from sealwire._compat import const
from sealwire.bounds import TIME_MAX, TIME_MIN
from sealwire.senml import MANTISSA_MAX, Pack, Record

_BASE_TIME = const(-3)  # RFC 8428 section 6, table 4
_NAME = const(0)
_UNIT = const(1)
_VALUE = const(2)

_MAX_RECORDS = const(16)
_MAX_TEXT = const(24)  # of a name; `subset` has the closer bounds
_MIN_EXPONENT = const(-9)


def encode(pack: Pack) -> bytes:
    """Return the payload to sign. Raises `WireError` for what `parse` would refuse."""
    senml_subset.judge(pack)
    items: list[object] = []
    for record in pack.records:
        item = _fields(record)
        if pack.base_time is not None and not items:
            item[_BASE_TIME] = pack.base_time
        items.append(item)
    return cbor.encode(items)


def parse(payload: bytes) -> Pack:
    """Read a payload. Raises `WireError` (malformed) for anything outside the subset."""
    base_time = None
    records: list[Record] = []
    for item in check.array(cbor.decode(payload), "the SenML pack", 1, _MAX_RECORDS):
        optional = (_UNIT,) if records else (_UNIT, _BASE_TIME)
        fields = check.mapping(item, "a SenML record", (_NAME, _VALUE), optional)
        if _BASE_TIME in fields:
            base_time = check.integer(fields[_BASE_TIME], "base time", TIME_MIN, TIME_MAX)
        records.append(_read_record(fields))
    pack = Pack(base_time, records)
    senml_subset.judge(pack)
    return pack


def _fields(record: Record) -> dict[int, object]:
    """Return a record ready to encode, without a base time."""
    value: object = record.mantissa
    if record.exponent:
        value = cbor.Tag(cbor.DECIMAL_FRACTION, [record.exponent, record.mantissa])
    found: dict[int, object] = {_NAME: record.name, _VALUE: value}
    if record.unit is not None:
        found[_UNIT] = record.unit
    return found


def _read_record(fields: dict[object, object]) -> Record:
    name = check.text(fields[_NAME], "a name", 1, _MAX_TEXT)
    unit = None
    if _UNIT in fields:
        unit = check.text(fields[_UNIT], "a unit", 1, _MAX_TEXT)
    value = fields[_VALUE]
    exponent = 0
    part: object
    if isinstance(value, cbor.Tag):
        part, value = value.value  # type: ignore[misc]  # cbor.decode checked the pair
        exponent = check.integer(part, "an exponent", _MIN_EXPONENT, -1)
    mantissa = check.integer(value, "a value", -MANTISSA_MAX, MANTISSA_MAX)
    return Record(name, unit, mantissa, exponent)
