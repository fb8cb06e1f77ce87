"""The partition table: its rules, its binary form, and that the board finds it."""

import hashlib
import struct
from pathlib import Path

from sealmote.sim import Board
from sealmote.sim.storage import partitions


def test_binary_form_is_esp_idf_s() -> None:
    table = partitions.table()
    assert len(table) == 0xC00
    count = len(partitions.LAYOUT)
    for index, entry in enumerate(partitions.LAYOUT):
        fields = struct.unpack_from("<HBBII16sI", table, index * 32)
        assert fields[0] == 0x50AA
        assert fields[1:5] == (entry.type, entry.subtype, entry.address, entry.size)
        assert fields[5].rstrip(b"\0").decode() == entry.label
    closing = table[count * 32 : count * 32 + 32]
    assert closing[:2] == b"\xeb\xeb"
    assert closing[16:] == hashlib.md5(table[: count * 32], usedforsecurity=False).digest()
    assert set(table[count * 32 + 32 :]) == {0xFF}


def test_the_board_finds_them(tmp_path: Path) -> None:
    found = (
        Board.create(tmp_path / "board")
        .exec(
            """
from esp32 import Partition
for kind in (Partition.TYPE_APP, Partition.TYPE_DATA):
    for found in Partition.find(kind):
        print(*found.info())
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
    infos = {
        f"{entry.type} {entry.subtype} {entry.address} {entry.size} {entry.label} False"
        for entry in partitions.LAYOUT
    }
    assert set(found[:6]) == infos
    assert found[6:11] == ["1", "0", "1", "factory", "2"]
