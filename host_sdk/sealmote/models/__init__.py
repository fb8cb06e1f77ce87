"""Typed models: declared once as frozen dataclasses; read, written and described from the declaration.

    @dataclass(frozen=True, slots=True)
    class Head:
        size: Annotated[int, Whole(0), "leaves in the log"]
        root: Annotated[bytes, Hex(32)]
        note: str | None = None      # may be absent; is left out where it has its default

    parse(Head, json.loads(text))    # a Head, or ModelError with every fault and its path
    plain(head)                      # what json.dumps takes
    schema_of(Head, Schemas())       # JSON Schema 2020-12, as OpenAPI 3.1 has it

declarations  what a dataclass declares, and the three functions
fieldtypes    the types that a field may have
faults        what is wrong with a value, and where in it
jsontext      JSON text, read whole or not at all
"""

from sealmote.models.declarations import members_of, parse, plain, schema_of, type_of
from sealmote.models.faults import Fault, FieldError, ModelError
from sealmote.models.fieldtypes import FieldType, Fix, Hex, Json, Key, Number, Schemas, Text, Whole
from sealmote.models.jsontext import JsonError, parse_json

__all__ = [
    "Fault",
    "FieldError",
    "FieldType",
    "Fix",
    "Hex",
    "Json",
    "JsonError",
    "Key",
    "ModelError",
    "Number",
    "Schemas",
    "Text",
    "Whole",
    "members_of",
    "parse",
    "parse_json",
    "plain",
    "schema_of",
    "type_of",
]
