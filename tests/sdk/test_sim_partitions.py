"""The partition table: its binary form, and that the board finds it."""

import hashlib
import struct
from pathlib import Path

import pytest

from sealmote import flash_layout
from sealmote.sim import Board


@pytest.mark.parametrize("size", flash_layout.FLASH_SIZES)
def test_binary_form_is_esp_idf_s(size: int) -> None:
    layout = flash_layout.layout(size)
    table, entries = layout.encode(), layout.partitions
    assert len(table) == 0xC00
    count = len(entries)
    for index, entry in enumerate(entries):
        fields = struct.unpack_from("<HBBII16sI", table, index * 32)
        assert fields[0] == 0x50AA
        assert fields[1:5] == (entry.type, entry.subtype, entry.address, entry.size)
        assert fields[5].rstrip(b"\0").decode() == entry.label
    closing = table[count * 32 : count * 32 + 32]
    assert closing[:2] == b"\xeb\xeb"
    assert closing[16:] == hashlib.md5(table[: count * 32], usedforsecurity=False).digest()
    assert set(table[count * 32 + 32 :]) == {0xFF}


@pytest.mark.parametrize(
    ("size", "apps", "running"), [(4, 1, "factory"), (8, 2, "ota_0"), (16, 2, "ota_0")]
)
def test_the_board_finds_them(tmp_path: Path, size: int, apps: int, running: str) -> None:
    size *= flash_layout.MIB
    found = (
        Board.create(tmp_path / "board", flash_size=size)
        .exec(
            """
from esp32 import Partition
for kind in (Partition.TYPE_APP, Partition.TYPE_DATA):
    for found in Partition.find(kind):
        print(*found.info())
print(len(Partition.find(Partition.TYPE_APP)))
print(len(Partition.find(Partition.TYPE_DATA, label="identity")))
print(len(Partition.find(Partition.TYPE_APP, label="identity")))
print(len(Partition.find(Partition.TYPE_DATA, subtype=0x81)))
print(Partition(Partition.RUNNING).info()[4])
try:
    Partition("nowhere")
except OSError as error:
    print(error.errno)
"""
        )
        .split("\n")
    )
    entries = flash_layout.layout(size).partitions
    infos = {
        f"{entry.type} {entry.subtype} {entry.address} {entry.size} {entry.label} False"
        for entry in entries
    }
    assert set(found[: len(entries)]) == infos
    assert found[len(entries) : -1] == [str(apps), "1", "0", "1", running, "2"]
