"""Hypothesis strategies for values of declared models, as JSON has them, and for values that are not."""

from dataclasses import is_dataclass
from typing import Any

from hypothesis import strategies as st

from sealmote.api import answers, requests
from sealmote.chain.anchors import AnchorField
from sealmote.chain.evm.claim import AnchorClaim
from sealmote.models.declarations import Object, OneOf, object_of
from sealmote.models.fieldtypes import (
    Choice,
    Exact,
    FieldType,
    Flag,
    Hex,
    ListOf,
    MapOf,
    Maybe,
    Number,
    Text,
    TupleOf,
    Whole,
)

# Everything that the API declares: what is added is tried as well.
API_MODELS = [
    kind
    for module in (answers, requests)
    for kind in vars(module).values()
    if is_dataclass(kind) and isinstance(kind, type)
]
_KEYS = st.text("abcxyz_", min_size=1, max_size=3)
ANY_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 2**70)
    | st.sampled_from(["", "x", "0x", "ab", "5"]),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_KEYS, inner, max_size=3),
    max_leaves=4,
)


def valid(model: type) -> st.SearchStrategy[Any]:
    """Return what draws JSON objects that are as a model is declared."""
    return _of(object_of(model))


@st.composite
def changed(draw: st.DrawFn, model: type) -> Any:
    """Draw a model's JSON with one value in it replaced, removed, or added."""
    value = draw(valid(model))
    places = list(_places(value))
    container, key = draw(st.sampled_from(places)) if places else (value, "more")
    if isinstance(container, dict) and draw(st.booleans()):
        draw(
            st.sampled_from([lambda: container.pop(key, None), lambda: container.update(more=1)])
        )()
    else:
        container[key] = draw(ANY_JSON)
    return value


def _places(value: Any) -> Any:
    pairs = value.items() if isinstance(value, dict) else enumerate(value)
    for key, item in pairs:
        yield value, key
        if isinstance(item, dict | list):
            yield from _places(item)


def _of(kind: FieldType) -> st.SearchStrategy[Any]:
    match kind:
        case Object():
            return _object(kind)
        case OneOf():
            return st.one_of([_of(one) for one in kind.of])
        case Maybe():
            return st.none() | _of(kind.of)
        case ListOf():
            return st.lists(_of(kind.of), max_size=1)
        case TupleOf():
            return st.tuples(*map(_of, kind.of)).map(list)
        case AnchorField():
            return _of(object_of(AnchorClaim)).map(lambda one: {"type": "evm", **one}) | st.just(
                {"type": "another", "of": [{"a": None}, True, -7]}
            )
        case MapOf():
            return st.dictionaries(_KEYS, _of(kind.of), max_size=2)
        case _:
            return _simple(kind)


def _simple(kind: FieldType) -> st.SearchStrategy[Any]:
    match kind:
        case Whole():
            return st.integers(kind.least, kind.most)
        case Number():
            return st.floats(kind.least, kind.most, allow_nan=False, allow_infinity=False)
        case Exact():
            return st.integers() | st.decimals(allow_nan=False, allow_infinity=False, places=3)
        case Choice():
            return st.sampled_from(kind.of)
        case Flag():
            return st.booleans()
        case Text() if kind.pattern is not None:
            return st.from_regex(
                kind.pattern, fullmatch=True, alphabet=st.characters(codec="utf-8")
            )
        case Text():
            return st.text(st.characters(codec="utf-8"), max_size=5)
        case Hex():
            least, most = (kind.size, kind.size) if kind.size else (kind.least, kind.most or 3)
            data = st.binary(min_size=least, max_size=most)
            return data.map(lambda found: kind.prefix + found.hex())
    raise TypeError(f"no values for {kind}")


@st.composite
def _object(draw: st.DrawFn, kind: Object) -> dict[str, Any]:
    found = {}
    for one in kind.members:
        if one.required or draw(st.booleans()):
            found[one.key] = draw(_of(one.type))
    return found
