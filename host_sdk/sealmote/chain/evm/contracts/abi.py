"""Compiled contracts of this package and the calls to them (Solidity ABI).

The artifacts are made by `tools/build_contracts.py` from the sources beside them.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from sealmote.chain.evm.encoding.abi_values import decode, encode
from sealmote.chain.evm.encoding.keccak import keccak

_ERROR = keccak(b"Error(string)")[:4]  # what a revert with a reason returns


@dataclass(frozen=True)
class Function:
    """A function or constructor: its types, and the four bytes that name it."""

    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    selector: bytes

    def encode(self, arguments: Sequence[object]) -> bytes:
        """Return the call data."""
        return self.selector + encode(self.inputs, arguments)

    def decode(self, output: bytes) -> tuple[Any, ...]:
        """Return the outputs. Raises ValueError unless they are encoded as the ABI has it."""
        return _decoded(self.outputs, output)


@dataclass(frozen=True)
class Event:
    """An event: the topic that names it, and the types of what is not indexed."""

    topic: bytes
    data: tuple[str, ...]

    def decode(self, output: bytes) -> tuple[Any, ...]:
        """Return what is not indexed. Raises ValueError unless it is encoded as the ABI has it."""
        return _decoded(self.data, output)


@dataclass(frozen=True)
class Contract:
    """A compiled contract. `runtime` is its code on chain, without immutables behind it."""

    name: str
    creation: bytes
    runtime: bytes
    constructor: Function
    functions: dict[str, Function]
    events: dict[str, Event]


@cache
def contract(name: str) -> Contract:
    """Load a contract's artifact: "device_registry" or "log_anchor"."""
    text = files("sealmote.chain.evm.contracts").joinpath("artifacts", f"{name}.json").read_text()
    artifact = json.loads(text)
    entries = artifact["abi"]
    made = [entry for entry in entries if entry["type"] == "constructor"]
    return Contract(
        name=name,
        creation=bytes.fromhex(artifact["bytecode"][2:]),
        runtime=bytes.fromhex(artifact["runtime_bytecode"][2:]),
        constructor=Function(_types(made[0]["inputs"]) if made else (), (), b""),
        functions={e["name"]: _function(e) for e in entries if e["type"] == "function"},
        events={e["name"]: _event(e) for e in entries if e["type"] == "event"},
    )


def revert_reason(output: bytes) -> str:
    """Return the reason in what a revert returned, "" if it gives none."""
    if output[:4] != _ERROR:
        return ""
    try:
        return str(_decoded(("string",), output[4:])[0])
    except ValueError:
        return ""


def _function(entry: dict[str, Any]) -> Function:
    inputs = _types(entry["inputs"])
    return Function(inputs, _types(entry["outputs"]), _named(entry["name"], inputs)[:4])


def _event(entry: dict[str, Any]) -> Event:
    plain = [item for item in entry["inputs"] if not item["indexed"]]
    return Event(_named(entry["name"], _types(entry["inputs"])), _types(plain))


def _named(name: str, types: tuple[str, ...]) -> bytes:
    return keccak(f"{name}({','.join(types)})".encode())


def _types(items: list[dict[str, Any]]) -> tuple[str, ...]:
    return tuple(_type(item) for item in items)


def _type(item: dict[str, Any]) -> str:
    kind = str(item["type"])
    if not kind.startswith("tuple"):
        return kind
    return f"({','.join(_types(item['components']))}){kind.removeprefix('tuple')}"


def _decoded(types: tuple[str, ...], output: bytes) -> tuple[Any, ...]:
    try:
        return decode(types, output)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"not {', '.join(types) or 'empty'}: {error}") from error
