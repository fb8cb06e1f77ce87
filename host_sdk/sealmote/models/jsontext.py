"""JSON text, read whole or not at all: no key twice, no NaN, fractions as exact decimals."""

import json
from decimal import Decimal
from typing import NoReturn, TypeVar

from sealmote.errors import SealmoteError
from sealmote.models.declarations import parse

T = TypeVar("T")


class JsonError(SealmoteError):
    """A text that is no JSON; what is wrong with it, without a word of the text itself."""


def loads(text: str | bytes) -> object:
    """Return JSON's value. Raises JsonError."""
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            parse_constant=_no_constant,
            object_pairs_hook=_no_key_twice,
        )
    except RecursionError as error:
        raise JsonError("it is nested without end") from error
    except ValueError as error:
        raise JsonError(str(error)) from error


def parse_json(kind: type[T], text: str | bytes, *, strict: bool = True) -> T:
    """Return a model from JSON text. Raises JsonError, and ModelError as `parse` does."""
    return parse(kind, loads(text), strict=strict)


def _no_key_twice(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands twice")
    return found


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number of JSON")
