"""SenML packs (RFC 8428) in CBOR with integer labels, in the closed subset of docs/spec/wire.md.

    [{? -3: base time, 0: name, ? 1: unit, 2: value}, ...]

A value is an integer or a decimal fraction, never a float: boards have 32-bit floats, and a signed
value has to be exact. The base time stands in the first record and dates them all.
Without one, while the clock is unset, the record "uptime" says the seconds since the reset.
"""

__all__ = ["Record"]  # for drivers (docs/guides/sensors.md)

CONTENT_FORMAT = 112  # application/senml+cbor, RFC 8428 section 12.3
UPTIME = "uptime"

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
