"""The layout: its rules, its binary form, and that simulated boards have the same."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmote import flash_layout


@pytest.mark.parametrize("size", flash_layout.FLASH_SIZES)
def test_layout_keeps_its_promises(size: int) -> None:
    layout = flash_layout.layout(size)
    assert all(before.end <= after.address for before, after in pairwise(layout.partitions))
    assert all(p.address % 4096 == p.size % 4096 == 0 for p in layout.partitions)
    identity, vfs, data = map(layout.partition, ("identity", "vfs", "data"))
    assert identity.end == vfs.address == 0x200000
    assert identity.size == 0x2000
    assert vfs.end == data.address
    assert data.end == size
    application = layout.application()
    assert application is not None
    assert application.address % 0x10000 == 0  # the bootloader's rule for applications


@pytest.mark.parametrize("size", flash_layout.FLASH_SIZES)
def test_what_was_encoded_is_parsed(size: int) -> None:
    layout = flash_layout.layout(size)
    assert flash_layout.parse(layout.encode()) == layout


@given(st.integers(0, 6 * 32 + 31), st.integers(0, 7))
def test_a_flipped_bit_is_no_table(place: int, bit: int) -> None:
    table = bytearray(flash_layout.layout().encode())
    table[place] ^= 1 << bit
    changed = flash_layout.parse(bytes(table))
    # Only a closing entry that no longer says it is one leaves a table without a digest.
    assert changed is None or place >= 6 * 32


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_none(data: bytes) -> None:
    found = flash_layout.parse(data)
    assert found is None or found.partitions


def test_a_blank_flash_has_no_table() -> None:
    assert flash_layout.parse(b"\xff" * flash_layout.TABLE_BYTES) is None
