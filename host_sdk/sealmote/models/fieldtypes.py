"""The types that a declared field may have: how each is read, written and described.

Nothing is converted on the way in: "5" and true are no numbers. A fault shows numbers alone.
"""

import math
import re
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

from sealmote.models.faults import Findings, Spot

Json = dict[str, Any]

INT64_MAX: Final = (1 << 63) - 1
UINT64_MAX: Final = (1 << 64) - 1


@dataclass
class Schemas:
    """Named JSON Schemas that others refer to: `found` by name, under the JSON pointer `at`."""

    at: str = "#/components/schemas/"
    found: dict[str, Json] = field(default_factory=dict)


class FieldType(ABC):
    """How a field is read from JSON's values, written to them, and described."""

    @property
    def is_plain(self) -> bool:
        """Whether Python has the value as json.dumps takes it, so that nothing is to be written anew."""
        return False

    @abstractmethod
    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        """Return the value as Python has it; what is returned after a fault is of no use."""

    def write(self, value: Any) -> Any:
        """Return the value as JSON has it."""
        return value

    @abstractmethod
    def schema(self, schemas: Schemas) -> Json:
        """Return the JSON Schema."""


@dataclass(frozen=True)
class Key:
    """Metadata of a field whose key is no name in Python, such as `from`."""

    name: str


@dataclass(frozen=True)
class Fix:
    """Metadata of a field: what to do where it is at fault."""

    text: str


@dataclass(frozen=True)
class Whole(FieldType):
    """A whole number within bounds, both included; None: unbounded."""

    least: int | None = None
    most: int | None = None

    is_plain = True

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        if type(value) is not int:  # a bool is an int as well
            findings.add(spot, "is not a whole number", value)
        else:
            _check_bounds(value, self.least, self.most, spot, findings)
        return value

    def schema(self, schemas: Schemas) -> Json:
        return {"type": "integer", **_bounds(self.least, self.most)}


@dataclass(frozen=True)
class Number(FieldType):
    """A number, whole or not, within bounds: a float."""

    least: float | None = None
    most: float | None = None

    is_plain = True

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | float | Decimal):
            findings.add(spot, "is not a number", value)
            return value
        _check_bounds(value, self.least, self.most, spot, findings)
        if self.least is self.most is None and not math.isfinite(value):
            findings.add(spot, "is not a finite number", value)
        return float(value)

    def schema(self, schemas: Schemas) -> Json:
        return {"type": "number", **_bounds(self.least, self.most)}


@dataclass(frozen=True)
class Exact(FieldType):
    """A decimal number with the digits that were written; `json` has to give Decimal for a fraction."""

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            findings.add(spot, "is not a decimal number", value)
            return value
        return Decimal(value)

    def write(self, value: Any) -> Any:
        raise TypeError("json.dumps has no exact decimals: write them by hand")

    def schema(self, schemas: Schemas) -> Json:
        return {"type": "number"}


@dataclass(frozen=True)
class Text(FieldType):
    """A text; `pattern` has to match all of it, and `what` says what that is, as in "a date"."""

    pattern: str | None = None
    what: str = "text"

    is_plain = True

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        if not isinstance(value, str):
            findings.add(spot, "is not text", value)
        elif not _is_unicode(value):
            findings.add(spot, "is not whole Unicode text: it has half of a surrogate pair")
        elif self.pattern is not None and not re.fullmatch(self.pattern, value):
            findings.add(spot, f"is not {self.what}")
        return value

    def schema(self, schemas: Schemas) -> Json:
        return {"type": "string"} | ({"pattern": f"^({self.pattern})$"} if self.pattern else {})


@dataclass(frozen=True)
class Hex(FieldType):
    """Bytes as lower-case hexadecimal digits, after a prefix such as 0x; `size` bytes, or least to most."""

    size: int | None = None
    prefix: str = ""
    least: int = 0
    most: int | None = None

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        if not isinstance(value, str):
            findings.add(spot, "is not hexadecimal digits", value)
            return b""
        if not value.startswith(self.prefix):
            findings.add(spot, f"does not begin with {self.prefix}")
            return b""
        digits = value.removeprefix(self.prefix)
        try:
            data = bytes.fromhex(digits)
        except ValueError:
            findings.add(spot, "is not hexadecimal digits")
            return b""
        if data.hex() != digits or not self._fits(len(data)):
            findings.add(spot, f"is not {self._bytes()} in lower-case hexadecimal")
        return data

    def write(self, value: Any) -> Any:
        return self.prefix + value.hex()

    def schema(self, schemas: Schemas) -> Json:
        count = f"{{{self.size}}}" if self.size is not None else self._repeats()
        return {"type": "string", "pattern": f"^{self.prefix}([0-9a-f]{{2}}){count}$"}

    def _fits(self, size: int) -> bool:
        if self.size is not None:
            return size == self.size
        return self.least <= size <= (math.inf if self.most is None else self.most)

    def _bytes(self) -> str:
        if self.size is not None:
            return f"{self.size} bytes"
        return "whole bytes" if self.most is None else f"{self.least} to {self.most} bytes"

    def _repeats(self) -> str:
        if not self.least and self.most is None:
            return "*"
        return f"{{{self.least},{'' if self.most is None else self.most}}}"


@dataclass(frozen=True)
class Flag(FieldType):
    """True or false."""

    is_plain = True

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        if not isinstance(value, bool):
            findings.add(spot, "is not true or false", value)
        return value

    def schema(self, schemas: Schemas) -> Json:
        return {"type": "boolean"}


@dataclass(frozen=True)
class Choice(FieldType):
    """One of several texts."""

    of: tuple[str, ...]

    is_plain = True

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        if not isinstance(value, str) or value not in self.of:
            findings.add(spot, f"is not {' or '.join(self.of)}")
        return value

    def schema(self, schemas: Schemas) -> Json:
        return {"type": "string", "enum": list(self.of)}


@dataclass(frozen=True)
class Maybe(FieldType):
    """Another type, or null (None)."""

    of: FieldType

    @property
    def is_plain(self) -> bool:
        return self.of.is_plain

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        return None if value is None else self.of.read(value, spot, findings)

    def write(self, value: Any) -> Any:
        return None if value is None else self.of.write(value)

    def schema(self, schemas: Schemas) -> Json:
        described = self.of.schema(schemas)
        return {"anyOf": [*described.get("anyOf", [described]), {"type": "null"}]}


@dataclass(frozen=True)
class ListOf(FieldType):
    """Any number of one type: a list, or a tuple where that is declared."""

    of: FieldType
    made: type[list[Any]] | type[tuple[Any, ...]] = list

    @property
    def is_plain(self) -> bool:
        return self.of.is_plain

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        if not isinstance(value, list | tuple):
            findings.add(spot, "is not a list", value)
            return self.made()
        found = []
        for place, item in enumerate(value):
            found.append(self.of.read(item, (spot, place), findings))
            if findings.full:
                break
        return self.made(found)

    def write(self, value: Any) -> Any:
        return [self.of.write(item) for item in value]

    def schema(self, schemas: Schemas) -> Json:
        return {"type": "array", "items": self.of.schema(schemas)}


@dataclass(frozen=True)
class TupleOf(FieldType):
    """As many values as there are types: a tuple."""

    of: tuple[FieldType, ...]

    @property
    def is_plain(self) -> bool:
        return all(one.is_plain for one in self.of)

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        if not isinstance(value, list | tuple) or len(value) != len(self.of):
            findings.add(spot, f"is not a list of {len(self.of)}")
            return ()
        pairs = enumerate(zip(self.of, value, strict=True))
        return tuple(kind.read(item, (spot, place), findings) for place, (kind, item) in pairs)

    def write(self, value: Any) -> Any:
        return [kind.write(item) for kind, item in zip(self.of, value, strict=True)]

    def schema(self, schemas: Schemas) -> Json:
        size = len(self.of)
        items = [kind.schema(schemas) for kind in self.of]
        return {"type": "array", "prefixItems": items, "minItems": size, "maxItems": size}


@dataclass(frozen=True)
class MapOf(FieldType):
    """Any keys, each with one type of value: a dict."""

    of: FieldType

    @property
    def is_plain(self) -> bool:
        return self.of.is_plain

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        if not isinstance(value, dict):
            findings.add(spot, f"is not {OBJECT}", value)
            return {}
        return {key: self.of.read(item, (spot, key), findings) for key, item in value.items()}

    def write(self, value: Any) -> Any:
        return {key: self.of.write(item) for key, item in value.items()}

    def schema(self, schemas: Schemas) -> Json:
        return {"type": "object", "additionalProperties": self.of.schema(schemas)}


@dataclass(frozen=True)
class AnyValue(FieldType):
    """Whatever is there, kept as it is: it is for somebody else, who checks it."""

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        del spot, findings
        return value

    def schema(self, schemas: Schemas) -> Json:
        del schemas
        return {}


OBJECT: Final = "an object with keys"


def _check_bounds(
    value: float | Decimal, least: float | None, most: float | None, spot: Spot, findings: Findings
) -> None:
    if (least is None or value >= least) and (most is None or value <= most):
        return
    if most is None:
        what = f"is under {_figure(least)}"
    elif least is None:
        what = f"is over {_figure(most)}"
    else:
        what = f"is outside {_figure(least)} to {_figure(most)}"
    findings.add(spot, what, value)


def _figure(value: float | None) -> str:
    return str(value) if isinstance(value, int) else f"{value:g}"


def _bounds(least: float | None, most: float | None) -> Json:
    named: dict[Literal["minimum", "maximum"], float | None] = {"minimum": least, "maximum": most}
    return {key: value for key, value in named.items() if value is not None}


def _is_unicode(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
