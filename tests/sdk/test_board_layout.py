"""The layout: its rules, its binary form, and that simulated boards have the same."""

import re
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmote import flash_layout

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "flash-layout.md"


@pytest.mark.parametrize("size", flash_layout.FLASH_SIZES)
def test_layout_keeps_its_promises(size: int) -> None:
    layout = flash_layout.layout(size)
    assert all(before.end == after.address for before, after in pairwise(layout.partitions))
    assert all(p.address % 4096 == p.size % 4096 == 0 for p in layout.partitions)
    trial, identity, vfs = map(layout.partition, ("trial", "identity", "vfs"))
    assert trial.end == identity.address
    assert identity.end == vfs.address == 0x200000  # where stock MicroPython has its filesystem
    assert identity.size == trial.size == 0x2000
    slot_a, slot_b, data = map(layout.partition, (*flash_layout.SLOTS, "data"))
    assert slot_a.size == slot_b.size
    assert data.end == size
    assert data.size >= 512 * 1024
    apps = [p for p in layout.partitions if p.type == flash_layout.TYPE_APP]
    assert layout.application() == apps[0]
    assert all(p.address % 0x10000 == 0 for p in apps)  # the bootloader's rule for applications
    assert all(p.size >= apps[0].size >= 1.9 * flash_layout.MIB for p in apps)
    assert bool(layout.find("otadata")) == (len(apps) == 2) == (size > 4 * flash_layout.MIB)


@pytest.mark.parametrize("size", flash_layout.FLASH_SIZES)
def test_what_must_not_move_is_at_one_place_in_every_size(size: int) -> None:
    here, smallest = flash_layout.layout(size), flash_layout.layout()
    for label in ("phy_init", "trial", "identity", "vfs"):
        assert here.partition(label) == smallest.partition(label)
    plain = flash_layout.plain(size)
    for label in ("identity", "data"):
        assert plain.partition(label) == here.partition(label)
    assert all(before.end <= after.address for before, after in pairwise(plain.partitions))


TABLE = re.compile(r"^\| `(\w+)` \|((?: [^|]+\|){3})", re.MULTILINE)


def test_the_sizes_in_the_guide_are_those_of_the_layout() -> None:
    told = dict(TABLE.findall(GUIDE.read_text(encoding="utf-8")))
    columns = [flash_layout.layout(size) for size in flash_layout.FLASH_SIZES]
    labels = {p.label for layout in columns for p in layout.partitions}
    assert set(told) == labels
    for label, cells in told.items():
        found = [layout.find(label) for layout in columns]
        expected = [f"{p.address:#x}, {p.size // 1024} KiB" if p else "" for p in found]
        assert [cell.strip() for cell in cells.split("|")[:3]] == expected, label


@pytest.mark.parametrize("size", flash_layout.FLASH_SIZES)
def test_what_was_encoded_is_parsed(size: int) -> None:
    layout = flash_layout.layout(size)
    assert flash_layout.parse(layout.encode()) == layout


ENTRIES = len(flash_layout.layout().partitions)


@given(st.integers(0, ENTRIES * 32 + 31), st.integers(0, 7))
def test_a_flipped_bit_is_no_table(place: int, bit: int) -> None:
    table = bytearray(flash_layout.layout().encode())
    table[place] ^= 1 << bit
    changed = flash_layout.parse(bytes(table))
    # Only a closing entry that no longer says it is one leaves a table without a digest.
    assert changed is None or place >= ENTRIES * 32


@given(st.binary(max_size=300))
def test_any_bytes_are_a_table_or_none(data: bytes) -> None:
    found = flash_layout.parse(data)
    assert found is None or found.partitions


def test_a_blank_flash_has_no_table() -> None:
    assert flash_layout.parse(b"\xff" * flash_layout.TABLE_BYTES) is None
