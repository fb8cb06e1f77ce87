"""`eth-abi`, which others wrote, judges the contract ABI's encoding."""

from collections.abc import Callable
from typing import Any

import pytest
from eth_abi.abi import decode as their_decode
from eth_abi.abi import encode as their_encode
from eth_abi.exceptions import DecodingError
from hypothesis import assume, given
from hypothesis import strategies as st

from sealmote.chain.evm.encoding.abi_values import decode, encode


def cases(plain: Callable[[str], st.SearchStrategy[Any]]) -> st.SearchStrategy[tuple[str, Any]]:
    """Types with a value of each, nested up to tuples of arrays of tuples."""
    names = ["uint8", "uint64", "uint256", "int64", "bool", "address", "bytes1", "bytes32"]
    base = st.sampled_from([*names, "bytes", "string"]).flatmap(
        lambda name: st.tuples(st.just(name), plain(name))
    )

    def more(inner: st.SearchStrategy[tuple[str, Any]]) -> st.SearchStrategy[tuple[str, Any]]:
        alike = st.tuples(inner, st.integers(1, 3), st.booleans()).map(
            lambda of: (f"{of[0][0]}[{of[1] if of[2] else ''}]", (of[0][1],) * of[1])
        )
        mixed = st.lists(inner, min_size=1, max_size=3).map(
            lambda parts: (f"({','.join(p[0] for p in parts)})", tuple(p[1] for p in parts))
        )
        return alike | mixed

    return st.recursive(base, more, max_leaves=6)


def value_of(name: str) -> st.SearchStrategy[Any]:
    if name == "string":
        return st.text(st.characters(exclude_categories=["Cs"]), max_size=70)
    if name == "bool":
        return st.booleans()
    if name == "bytes":
        return st.binary(max_size=70)
    if name.startswith(("bytes", "address")):
        size = 20 if name == "address" else int(name[5:])
        return st.binary(min_size=size, max_size=size)
    bits = int(name.lstrip("uint"))
    return st.integers(0, 2**bits - 1) if name[0] == "u" else st.integers(-(2**63), 2**63 - 1)


@given(st.lists(cases(value_of), max_size=4))
def test_it_encodes_as_eth_abi_does_and_back(chosen: list[tuple[str, Any]]) -> None:
    types, values = [name for name, _ in chosen], tuple(value for _, value in chosen)
    encoded = encode(types, values)
    assert encoded == their_encode(types, values)
    assert decode(types, encoded) == values


@given(
    st.lists(cases(value_of), min_size=1, max_size=3),
    st.data(),
    st.integers(0, 255),
    st.integers(-40, 3),
)
def test_what_is_damaged_is_refused_or_is_the_one_encoding(
    chosen: list[tuple[str, Any]], data: st.DataObject, byte: int, cut: int
) -> None:
    types, values = [name for name, _ in chosen], [value for _, value in chosen]
    damaged = bytearray(encode(types, values))
    assume(damaged)
    damaged[data.draw(st.integers(0, len(damaged) - 1))] = byte
    whole = bytes(damaged[:cut] if cut < 0 else damaged + bytes(cut))
    try:
        found = decode(types, whole)
    except ValueError:
        return
    assert encode(types, found) == whole
    assert their_encode(types, found) == whole


@pytest.mark.parametrize(
    ("types", "data"),
    [
        (["uint64"], b"\x01" + bytes(31)),
        (["address"], b"\x01" + bytes(31)),
        (["bool"], bytes(31) + b"\x02"),
        (["bytes"], bytes(31) + b"\x20" + b"\xff" * 32),
        (["bytes32[]"], bytes(31) + b"\x20" + bytes(24) + b"\xff" * 8),
        (["string"], bytes(31) + b"\x20" + bytes(31) + b"\x01" + b"\xff" + bytes(31)),
    ],
)
def test_what_eth_abi_refuses_is_refused(types: list[str], data: bytes) -> None:
    with pytest.raises((DecodingError, UnicodeDecodeError, OverflowError)):
        their_decode(types, data)
    with pytest.raises(ValueError, match=r"."):
        decode(types, data)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("uint8", 256),
        ("uint8", -1),
        ("int64", 2**63),
        ("bytes4", b"123"),
        ("address", b""),
        ("uint7[2]", (1,)),
    ],
)
def test_a_value_that_does_not_fit_is_refused(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=r"fit|bytes for|elements"):
        encode([name], [value])


def test_no_other_type_is_known() -> None:
    with pytest.raises(ValueError, match="fixed128x18 is no type"):
        encode(["fixed128x18"], [1])
