"""Quantities and data as the execution API writes them, and nothing that only looks like it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmote.chain.evm.encoding.hexadecimal import data, quantity, to_data, to_quantity


@given(st.integers(0, 2**256 - 1))
def test_quantities_come_back(value: int) -> None:
    assert quantity(to_quantity(value)) == value


@given(st.binary(max_size=200))
def test_data_comes_back(value: bytes) -> None:
    assert data(to_data(value)) == data(to_data(value).upper().replace("X", "x")) == value


@pytest.mark.parametrize(
    "value",
    [None, 1, True, b"0x1", "", "0x", "1", "0x01", "0x00", "-0x1", "0x1 ", "0x1\n", "0xg", "0x_1",
     "0x" + "f" * 65, "0X1", "0x1_0", "٠x1"],
)  # fmt: skip
def test_what_is_no_quantity_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="no quantity"):
        quantity(value)


@pytest.mark.parametrize("value", [None, 0, b"0x", "", "00", "0x0", "0x0g", "0x00\n", "0x 00"])
def test_what_is_no_data_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="no data"):
        data(value)


def test_data_has_its_length() -> None:
    assert data("0x0011", 2) == b"\x00\x11"
    with pytest.raises(ValueError, match="2 bytes of data where 3 belong"):
        data("0x0011", 3)
