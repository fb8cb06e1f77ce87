"""Declarations of a dataclass: objects, their keys, and what may stand for one another."""

import types
import typing
from dataclasses import MISSING, Field, dataclass, fields, is_dataclass
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeVar, Union

from sealmote.models.faults import FieldError, Findings, ModelError, Spot
from sealmote.models.fieldtypes import (
    OBJECT,
    AnyValue,
    Choice,
    Exact,
    FieldType,
    Fix,
    Flag,
    Json,
    Key,
    ListOf,
    MapOf,
    Maybe,
    Number,
    Schemas,
    Text,
    TupleOf,
    Whole,
)

T = TypeVar("T")

_PLAIN: dict[object, FieldType] = {
    int: Whole(),
    float: Number(),
    str: Text(),
    bool: Flag(),
    Decimal: Exact(),
    object: AnyValue(),
}
_OBJECTS: "dict[type, Object]" = {}  # what was found of each model


def parse(kind: type[T], value: object, *, strict: bool = True) -> T:
    """Return a `kind` from JSON's or TOML's values; ModelError with every fault.

    Not `strict`: keys that are not declared are passed over, as in an answer of a newer gateway.
    """
    findings = Findings(strict)
    found: T = object_of(kind).read(value, None, findings)
    if findings.faults:
        raise ModelError(findings.faults)
    return found


def plain(value: Any) -> Json:
    """Return a model as JSON's values, with its keys in the order of their declaration."""
    return object_of(type(value)).write(value)


def schema_of(kind: type, schemas: Schemas) -> Json:
    """Return a reference to a model's JSON Schema, which `schemas` has from now on."""
    return object_of(kind).schema(schemas)


def members_of(kind: type) -> "tuple[Member, ...]":
    """Return a model's fields, in the order of their declaration."""
    return object_of(kind).members


@dataclass(frozen=True)
class Member:
    """One field of a model: `default` MISSING where its key has to be there."""

    name: str
    key: str
    type: FieldType
    default: object
    description: str | None
    fix: str | None

    @property
    def required(self) -> bool:
        """Whether the key has to be there."""
        return self.default is MISSING

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        """Read the field's value, and say of its faults how they are fixed."""
        before = len(findings.faults)
        found = self.type.read(value, spot, findings)
        if self.fix and len(findings.faults) > before:
            findings.explain(before, self.fix)
        return found

    def miss(self, spot: Spot, findings: Findings) -> None:
        """Note that the key is missing."""
        findings.add(spot, f"is missing: {self.fix}" if self.fix else "is missing")

    @property
    def value_type(self) -> FieldType:
        """The type of its value where that is not null."""
        return self.type.of if isinstance(self.type, Maybe) else self.type


@dataclass(frozen=True)
class Object(FieldType):
    """A model: an object with the keys of its fields."""

    kind: type
    members: tuple[Member, ...]
    keys: frozenset[str]
    required: tuple[str, ...]
    optional: tuple[Member, ...]
    converted: tuple[Member, ...]

    @classmethod
    def of(cls, kind: type, members: tuple[Member, ...]) -> "Object":
        """Return a model with what is asked of its members for each value found once."""
        return cls(
            kind,
            members,
            keys=frozenset(one.key for one in members),
            required=tuple(one.key for one in members if one.required),
            optional=tuple(one for one in members if not one.required),
            converted=tuple(one for one in members if not one.type.is_plain),
        )

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        if not isinstance(value, dict):
            findings.add(spot, f"is not {OBJECT}: {', '.join(one.key for one in self.members)}")
            return None
        before = len(findings.faults)
        if not self.keys.issuperset(value) and findings.strict:
            self._name_unknown(value, spot, findings)
        found = {}
        for one in self.members:
            if one.key in value:
                found[one.name] = one.read(value[one.key], (spot, one.key), findings)
            elif one.required:
                one.miss((spot, one.key), findings)
        if len(findings.faults) > before:
            return None
        try:
            return self.kind(**found)
        except FieldError as error:
            findings.add(spot, error.fault.what, below=error.fault.path)
            return None

    def _name_unknown(self, value: dict[Any, Any], spot: Spot, findings: Findings) -> None:
        known = ", ".join(one.key for one in self.members) or "none"
        for key in value:
            if key not in self.keys and not findings.full:
                findings.add((spot, str(key)), f"is not known: there are {known}")

    def write(self, value: Any) -> Json:
        written = {one.key: getattr(value, one.name) for one in self.members}
        for one in self.optional:
            if written[one.key] == one.default:
                del written[one.key]
        for one in self.converted:
            if one.key in written:
                written[one.key] = one.type.write(written[one.key])
        return written

    def schema(self, schemas: Schemas) -> Json:
        name = self.kind.__name__
        if name not in schemas.found:
            schemas.found[name] = {}  # so that nobody begins it again
            schemas.found[name] = self._described(schemas)
        return {"$ref": schemas.at + name}

    def _described(self, schemas: Schemas) -> Json:
        described = {one.key: one.type.schema(schemas) for one in self.members}
        for one in self.members:
            if one.description:
                described[one.key] = {**described[one.key], "description": one.description}
        return {
            "description": " ".join((self.kind.__doc__ or "").split("\n\n")[0].split()),
            "type": "object",
            "required": list(self.required),
            "properties": described,
        }

    def may_be(self, value: dict[str, object]) -> bool:
        """Say whether an object has the keys, and the names in them, by which this model is known."""
        if not value.keys() >= set(self.required):
            return False
        return all(
            value[one.key] in one.type.of
            for one in self.members
            if isinstance(one.type, Choice) and one.required
        )


@dataclass(frozen=True)
class OneOf(FieldType):
    """One of several models, told apart by the keys that each has to have; the longest list goes first."""

    of: tuple[Object, ...]

    def read(self, value: object, spot: Spot, findings: Findings) -> Any:
        if not isinstance(value, dict):
            findings.add(spot, f"is not {OBJECT}")
            return None
        fitting = [one for one in self.of if one.may_be(value)]
        if fitting:
            return max(fitting, key=lambda one: len(one.members)).read(value, spot, findings)
        wanted = " or ".join(", ".join(one.required) for one in self.of)
        findings.add(spot, f"has not the keys {wanted}")
        return None

    def write(self, value: Any) -> Any:
        return object_of(type(value)).write(value)

    def schema(self, schemas: Schemas) -> Json:
        return {"anyOf": [one.schema(schemas) for one in self.of]}


def object_of(kind: type) -> Object:
    """Return what a dataclass declares. TypeError for what is none, or has a field of no such type."""
    if kind not in _OBJECTS:
        if not is_dataclass(kind):
            raise TypeError(f"{kind.__name__} is no dataclass")
        hints = typing.get_type_hints(kind, include_extras=True)
        members = tuple(_member(one, hints[one.name]) for one in fields(kind) if one.init)
        _OBJECTS[kind] = Object.of(kind, members)
    return _OBJECTS[kind]


def _member(declared: "Field[Any]", hint: Any) -> Member:
    metadata = getattr(hint, "__metadata__", ())
    keys = [one.name for one in metadata if isinstance(one, Key)]
    texts = [one for one in metadata if isinstance(one, str)]
    default = declared.default
    if declared.default_factory is not MISSING:
        default = declared.default_factory()
    return Member(
        declared.name,
        keys[0] if keys else declared.name,
        type_of(hint),
        default,
        texts[0] if texts else None,
        next((one.text for one in metadata if isinstance(one, Fix)), None),
    )


def type_of(hint: Any) -> FieldType:
    """Return how a type is read, written and described. TypeError for one that JSON has nothing for."""
    if hint in _PLAIN:
        return _PLAIN[hint]
    if is_dataclass(hint) and isinstance(hint, type):
        return object_of(hint)
    origin, args = typing.get_origin(hint), typing.get_args(hint)
    if origin is Annotated:
        named = [one for one in args[1:] if isinstance(one, FieldType)]
        return named[0] if named else type_of(args[0])
    if origin is Literal:
        return Choice(args)
    if origin in (Union, types.UnionType):
        return _union(args)
    if origin is list or (origin is tuple and args[1:] == (...,)):
        return ListOf(type_of(args[0]), origin)
    if origin is tuple:
        return TupleOf(tuple(type_of(one) for one in args))
    if origin is dict and args[0] is str:
        return MapOf(type_of(args[1]))
    raise TypeError(f"no field can be {hint}: see sealmote.models")


def _union(args: tuple[Any, ...]) -> FieldType:
    some = [one for one in args if one is not types.NoneType]
    if len(some) == 1:
        found = type_of(some[0])
    elif all(is_dataclass(one) for one in some):
        found = OneOf(tuple(object_of(one) for one in some))
    else:
        raise TypeError(f"a field is one of several models, or a type or null, not {args}")
    return found if len(some) == len(args) else Maybe(found)
