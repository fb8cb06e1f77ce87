"""SenML packs (RFC 8428) in CBOR with integer labels, in the closed subset of docs/spec/wire.md.

    [{? -3: base time, 0: name, ? 1: unit, 2: value}, ...]

A value is an integer or a decimal fraction, never a float: boards have 32-bit floats, and a signed
value has to be exact. The base time stands in the first record and dates them all.
Without one, while the clock is unset, the record "uptime" says the seconds since the reset.
"""

from . import cbor, check
from ._compat import const
from .errors import malformed
from .header import TIME_MAX, TIME_MIN

CONTENT_FORMAT = 112  # application/senml+cbor, RFC 8428 section 12.3
UPTIME = "uptime"

_BASE_TIME = const(-3)  # RFC 8428 section 6, table 4
_NAME = const(0)
_UNIT = const(1)
_VALUE = const(2)

_MAX_RECORDS = const(16)
_MAX_NAME = const(24)
_MAX_UNIT = const(8)
_MIN_EXPONENT = const(-9)
MANTISSA_MAX = (1 << 63) - 1


class Record:
    """One measured value: ``mantissa * 10**exponent`` in ``unit`` (RFC 8428 section 12.1), by ``name``.

    ``exponent`` is -9..0; 0 is a plain integer. The mantissa keeps its trailing zeros: they say how
    fine the sensor reads. ``unit`` is None where the quantity has none.
    """

    def __init__(self, name: str, unit: str | None, mantissa: int, exponent: int = 0) -> None:
        self.name = name
        self.unit = unit
        self.mantissa = mantissa
        self.exponent = exponent

    def __repr__(self) -> str:
        return "%s=%s%s" % (self.name, self.decimal(), self.unit or "")

    def fields(self) -> dict[int, object]:
        """Return the record ready to encode, without a base time."""
        value: object = self.mantissa
        if self.exponent:
            value = cbor.Tag(cbor.DECIMAL_FRACTION, [self.exponent, self.mantissa])
        fields: dict[int, object] = {_NAME: self.name, _VALUE: value}
        if self.unit is not None:
            fields[_UNIT] = self.unit
        return fields

    def decimal(self) -> str:
        """Return the exact value as decimal text, as in -0.50."""
        if self.exponent == 0:
            return str(self.mantissa)
        places = -self.exponent
        digits = str(abs(self.mantissa))
        digits = "0" * (places + 1 - len(digits)) + digits
        sign = "-" if self.mantissa < 0 else ""
        return "%s%s.%s" % (sign, digits[:-places], digits[-places:])


class Pack:
    """The records of one reading; ``base_time`` in Unix seconds, None while the clock was unset."""

    content_format = CONTENT_FORMAT

    def __init__(self, base_time: int | None, records: list[Record]) -> None:
        self.base_time = base_time
        self.records = records

    def encode(self) -> bytes:
        """Return the payload to sign. Raises `WireError` for what `parse` would refuse."""
        items: list[object] = []
        for record in self.records:
            fields = record.fields()
            if self.base_time is not None and not items:
                fields[_BASE_TIME] = self.base_time
            items.append(fields)
        _read(items)
        return cbor.encode(items)

    @staticmethod
    def parse(payload: bytes) -> "Pack":
        """Read a payload. Raises `WireError` (malformed) for anything outside the subset."""
        return _read(cbor.decode(payload))


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
