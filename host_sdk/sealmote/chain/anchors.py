"""Anchors as JSON has them: objects with a type, and what that type of chain says of an anchor.

Of a type that is known here an object is read whole. Any other is kept as it is: it may be of a later
version, and what else a proof says can be checked all the same.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, cast

from sealmote.chain import registry
from sealmote.chain.protocols import AnchorClaim
from sealmote.models import FieldType, Json, Schemas, Text, plain, type_of
from sealmote.models.faults import Findings, Spot

_MAX_DEPTH: Final = 8  # of an anchor of another type
_NAME: Final = Text("[a-z][a-z0-9-]{0,31}", "a name of a-z, 0-9 and -, as in 'evm'")
_TEXT: Final = Text()


@dataclass(frozen=True)
class OtherAnchor:
    """An anchor of a type that this program does not know; `fields` are JSON's values, without the type."""

    type: str
    fields: Mapping[str, object]


class AnchorField(FieldType):
    """An anchor of any type."""

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        """Return an AnchorClaim or an OtherAnchor."""
        if not isinstance(value, dict) or "type" not in value:
            findings.add(spot, "is not an object with a type")
            return None
        fields = dict(value)
        type_ = _NAME.read(fields.pop("type"), (spot, "type"), findings)
        if isinstance(type_, str) and registry.is_known(type_):
            return type_of(registry.claim_model(type_)).read(fields, spot, findings)
        _check_plain(fields, spot, findings, _MAX_DEPTH)
        return OtherAnchor(type_, fields)

    def write(self, value: Any) -> Any:
        """Return the object."""
        return to_dict(value)

    def schema(self, schemas: Schemas) -> Json:
        """Return what all types have in common."""
        type_ = _NAME.schema(schemas)
        return {"type": "object", "properties": {"type": type_}, "required": ["type"]}


AnyAnchor = Annotated[AnchorClaim | OtherAnchor, AnchorField()]


def to_dict(anchor: AnchorClaim | OtherAnchor) -> dict[str, Any]:
    """Return an anchor as JSON has it."""
    fields = dict(anchor.fields) if isinstance(anchor, OtherAnchor) else plain(anchor)
    return {"type": anchor.type, **fields}


def _check_plain(value: object, spot: Spot, findings: Findings, depth: int) -> None:
    """Note what could not be written again as it was: half characters, fractions, nests without end."""
    if isinstance(value, str):
        _TEXT.read(value, spot, findings)
    elif isinstance(value, dict | list):
        if not depth:
            findings.add(spot, f"is nested more than {_MAX_DEPTH} deep")
            return
        items = value.items() if isinstance(value, dict) else enumerate(value)
        for key, item in cast("Any", items):
            _TEXT.read(str(key), spot, findings)
            _check_plain(item, (spot, key), findings, depth - 1)
            if findings.full:
                return
    elif not isinstance(value, bool | int | None):
        findings.add(spot, "is not a whole number, as all numbers of an anchor are", value)
