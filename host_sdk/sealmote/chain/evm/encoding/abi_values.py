"""Contract ABI encoding of values: a head of fixed size, then the tails of dynamic ones.

As "Contract ABI Specification" in Solidity's documentation has it, for uintN, intN, bool, address,
bytesN, bytes, string, tuples and arrays. `eth-abi` judges it in the tests; it needs a compiled package
that 32-bit ARM has no wheel of.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

_WORD = 32
_NAME = re.compile(r"(u?int|bytes)([1-9][0-9]*)")
_ARRAY = re.compile(r"(.+)\[([1-9][0-9]*)?\]")
_MAX_DEPTH = 8


@dataclass(frozen=True)
class _Type:
    """A type: `size` is the bytes of its head if it is static, None if it is dynamic."""

    name: str
    size: int | None
    parts: tuple["_Type", ...] = ()  # a tuple's components, or an array's element
    length: int | None = None  # an array's, if it is fixed


def encode(types: Sequence[str], values: Sequence[object]) -> bytes:
    """Return the values' encoding. Raises ValueError for a value that its type cannot hold."""
    return _encode_all([_parsed(name) for name in types], values)


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """Return integers, bool, str, bytes (addresses are 20), and tuples for tuples and arrays.

    Raises ValueError unless `data` is the one encoding of values of these types, whole.
    """
    parsed = [_parsed(name) for name in types]
    values = _decode_all(parsed, data)
    if _encode_all(parsed, values) != data:
        raise ValueError("not its one encoding")
    return values


@cache
def _parsed(name: str) -> _Type:
    if array := _ARRAY.fullmatch(name):
        element = _parsed(array[1])
        length = int(array[2]) if array[2] else None
        fixed = length is not None and element.size is not None
        return _Type(
            "array", (element.size or 0) * (length or 0) if fixed else None, (element,), length
        )
    if name.startswith("("):
        return _tuple([_parsed(part) for part in _components(name[1:-1])])
    sized = _NAME.fullmatch(name)
    known = name in ("address", "bool") or (
        sized and int(sized[2]) <= (32 if sized[1] == "bytes" else 256)
    )
    if not known and name not in ("bytes", "string"):
        raise ValueError(f"{name} is no type of the ABI")
    return _Type(name, _WORD if known else None)


def _tuple(parts: list[_Type]) -> _Type:
    sizes = [part.size for part in parts if part.size is not None]
    return _Type("tuple", sum(sizes) if len(sizes) == len(parts) else None, tuple(parts))


def _components(text: str) -> list[str]:
    """Split a tuple's components at its own commas."""
    found, depth = [""], 0
    for char in text:
        depth += (char == "(") - (char == ")")
        if char == "," and depth == 0:
            found.append("")
        else:
            found[-1] += char
    return [part for part in found if part]


def _encode_all(types: Sequence[_Type], values: Sequence[object]) -> bytes:
    if len(types) != len(values):
        raise ValueError(f"{len(values)} values for {len(types)} types")
    heads, tails = b"", b""
    offset = sum(kind.size or _WORD for kind in types)
    for kind, value in zip(types, values, strict=True):
        encoded = _encode(kind, value)
        if kind.size is None:
            heads += (offset + len(tails)).to_bytes(_WORD, "big")
            tails += encoded
        else:
            heads += encoded
    return heads + tails


def _encode(kind: _Type, value: Any) -> bytes:
    if kind.name == "tuple":
        return _encode_all(kind.parts, value)
    if kind.name == "array":
        if kind.length not in (None, len(value)):
            raise ValueError(f"{len(value)} elements for an array of {kind.length}")
        prefix = b"" if kind.length else len(value).to_bytes(_WORD, "big")
        return prefix + _encode_all(kind.parts * len(value), value)
    if kind.name in ("bytes", "string"):
        data = value.encode() if kind.name == "string" else bytes(value)
        return len(data).to_bytes(_WORD, "big") + data + bytes(-len(data) % _WORD)
    return _encode_word(kind.name, value)


def _encode_word(name: str, value: Any) -> bytes:
    if name.startswith("bytes"):
        if len(value) != int(name[5:]):
            raise ValueError(f"{len(value)} bytes for {name}")
        return bytes(value) + bytes(_WORD - len(value))
    if name == "address":
        if len(value) != 20:
            raise ValueError(f"{len(value)} bytes for an address")
        return bytes(12) + bytes(value)
    first, last = _bounds(name)
    if not first <= value <= last:
        raise ValueError(f"{value} does not fit {name}")
    return int(value).to_bytes(_WORD, "big", signed=first < 0)


def _bounds(name: str) -> tuple[int, int]:
    if name == "bool":
        return 0, 1
    signed = not name.startswith("u")
    bits = int(name.removeprefix("u")[3:])
    return (-(1 << bits - 1), (1 << bits - 1) - 1) if signed else (0, (1 << bits) - 1)


def _decode_all(types: Sequence[_Type], data: bytes, depth: int = 0) -> tuple[Any, ...]:
    if depth > _MAX_DEPTH:
        raise ValueError("nested too deeply")
    values, at = [], 0
    for kind in types:
        if kind.size is None:
            values.append(_decode(kind, data[_number(data, at) :], depth))
            at += _WORD
        else:
            values.append(_decode(kind, _cut(data, at, kind.size), depth))
            at += kind.size
    return tuple(values)


def _decode(kind: _Type, data: bytes, depth: int) -> Any:
    """Read a value whose encoding `data` starts with."""
    if kind.name == "tuple":
        return _decode_all(kind.parts, data, depth + 1)
    if kind.name == "array":
        if kind.length:
            return _decode_all(kind.parts * kind.length, data, depth + 1)
        count = _number(data, 0)
        if count > len(data) // _WORD:  # each element takes a word at least
            raise ValueError(f"{count} elements in {len(data)} bytes")
        return _decode_all(kind.parts * count, data[_WORD:], depth + 1)
    if kind.name in ("bytes", "string"):
        content = _cut(data, _WORD, _number(data, 0))
        return content.decode() if kind.name == "string" else content
    return _decode_word(kind.name, data[:_WORD])


def _decode_word(name: str, word: bytes) -> Any:
    if name.startswith("bytes"):
        return word[: int(name[5:])]
    if name == "address":
        return word[12:]
    first, last = _bounds(name)
    value = int.from_bytes(word, "big", signed=first < 0)
    if not first <= value <= last:
        raise ValueError(f"{value} does not fit {name}")
    return bool(value) if name == "bool" else value


def _number(data: bytes, at: int) -> int:
    return int.from_bytes(_cut(data, at, _WORD), "big")


def _cut(data: bytes, at: int, size: int) -> bytes:
    if at + size > len(data):
        raise ValueError(f"{len(data)} bytes, {at + size} are needed")
    return data[at : at + size]
