"""Flash layout: partitions, sizes and addresses, and the binary partition table.

Binary form: ESP-IDF's partition table at 0x8000, 32-byte entries (magic AA 50, type, subtype,
address, size, 16-byte label, flags; little-endian), closed by an entry with the MD5 of those before
it (ESP-IDF Programming Guide, "Partition Tables"; `gen_esp32part.py`).
"""

import hashlib
import struct
from dataclasses import dataclass
from typing import Final

SECTOR: Final = 4096
TABLE_ADDRESS: Final = 0x8000
TABLE_BYTES: Final = 0xC00

TYPE_APP: Final = 0
TYPE_DATA: Final = 1

MIB: Final = 1024 * 1024
FLASH_SIZES: Final = (4 * MIB, 8 * MIB, 16 * MIB)

_ENTRY: Final = struct.Struct("<2sBBII16sI")
_MAGIC: Final = b"\xaa\x50"
_MD5_MAGIC: Final = b"\xeb\xeb" + b"\xff" * 14


@dataclass(frozen=True)
class Partition:
    """One region: type and subtype as ESP-IDF numbers them, address and size in bytes."""

    label: str
    type: int
    subtype: int
    address: int
    size: int

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + self.size


@dataclass(frozen=True)
class Layout:
    """The partitions of one board, in the order of the table."""

    partitions: tuple[Partition, ...]

    def partition(self, label: str) -> Partition:
        """Partition with that label; KeyError if there is none."""
        return {entry.label: entry for entry in self.partitions}[label]

    def find(self, label: str) -> Partition | None:
        """Partition with that label, or None."""
        return next((entry for entry in self.partitions if entry.label == label), None)

    def application(self) -> Partition | None:
        """Slot that a bootloader starts when nothing was updated: the first application's."""
        apps = sorted(p.address for p in self.partitions if p.type == TYPE_APP)
        return next((p for p in self.partitions if apps and p.address == apps[0]), None)

    def encode(self) -> bytes:
        """Binary partition table, padded with FF to its 0xC00 bytes."""
        entries = b"".join(
            _ENTRY.pack(_MAGIC, p.type, p.subtype, p.address, p.size, p.label.encode(), 0)
            for p in self.partitions
        )
        closed = entries + _MD5_MAGIC + hashlib.md5(entries, usedforsecurity=False).digest()
        return closed.ljust(TABLE_BYTES, b"\xff")


# Decided in docs/decisions/flash-layout.md. The same in every size: the record of the trial and the
# identity lie in the tail of the first application's slot, which a stock MicroPython image, whose table
# names neither, is too short to reach; `vfs`, the loader, lies where stock MicroPython has its
# filesystem. MicroPython knows a filesystem by its label, whatever the subtype (`flashbdev.py`); 0x81 is
# what its own tables say. Configuration and readings have a littlefs of their own: writing a new
# firmware does not touch it.
_LITTLEFS: Final = 0x83  # ESP_PARTITION_SUBTYPE_DATA_LITTLEFS
_FAT: Final = 0x81
_FACTORY: Final = 0x00
_OTA_0: Final = 0x10
_OTA_1: Final = 0x11
_OURS: Final = 0x06  # ESP_PARTITION_SUBTYPE_DATA_UNDEFINED

_PHY: Final = Partition("phy_init", TYPE_DATA, 0x01, 0xF000, 0x1000)
_COMMON: Final = (
    Partition("trial", TYPE_DATA, _OURS, 0x1FC000, 0x2000),
    Partition("identity", TYPE_DATA, _OURS, 0x1FE000, 0x2000),
    Partition("vfs", TYPE_DATA, _FAT, 0x200000, 0x10000),
)
_ONE_MICROPYTHON: Final = (
    Partition("nvs", TYPE_DATA, 0x02, 0x9000, 0x6000),
    _PHY,
    Partition("factory", TYPE_APP, _FACTORY, 0x10000, 0x1EC000),
    *_COMMON,
)
_TWO_MICROPYTHONS: Final = (
    Partition("nvs", TYPE_DATA, 0x02, 0x9000, 0x4000),
    Partition("otadata", TYPE_DATA, 0x00, 0xD000, 0x2000),
    _PHY,
    Partition("ota_0", TYPE_APP, _OTA_0, 0x10000, 0x1EC000),
    *_COMMON,
    Partition("ota_1", TYPE_APP, _OTA_1, 0x210000, 0x1F0000),
)
# By the flash's size: what comes before the application's filesystems, and the bytes of each of the two.
_BY_SIZE: Final = {
    4 * MIB: (_ONE_MICROPYTHON, 0xB0000),
    8 * MIB: (_TWO_MICROPYTHONS, 1 * MIB),
    16 * MIB: (_TWO_MICROPYTHONS, 2 * MIB),
}
SLOTS: Final = ("vfs_a", "vfs_b")
"""The application's two filesystems, in the order in which the record of the trial counts them."""


def layout(flash_size: int = FLASH_SIZES[0]) -> Layout:
    """Layout of a board with a flash of that many bytes: one of FLASH_SIZES."""
    before, size = _BY_SIZE[flash_size]
    slot_a = Partition(SLOTS[0], TYPE_DATA, _LITTLEFS, before[-1].end, size)
    slot_b = Partition(SLOTS[1], TYPE_DATA, _LITTLEFS, slot_a.end, size)
    data = Partition("data", TYPE_DATA, _LITTLEFS, slot_b.end, flash_size - slot_b.end)
    return Layout((*before, slot_a, slot_b, data))


def plain(flash_size: int = FLASH_SIZES[0]) -> Layout:
    """Layout for MicroPython without Sealmote: one filesystem; identity and data stay."""
    ours = layout(flash_size)
    slot_a, slot_b = map(ours.partition, SLOTS)
    vfs = Partition("vfs", TYPE_DATA, _FAT, slot_a.address, slot_b.end - slot_a.address)
    others = [p for p in ours.partitions if p.label not in ("trial", "vfs", *SLOTS)]
    return Layout(tuple(sorted((*others, vfs), key=lambda p: p.address)))


def parse(table: bytes) -> Layout | None:
    """Layout that a board's 0xC00 table bytes give, or None where they are no sound table."""
    found: list[Partition] = []
    for offset in range(0, len(table) - _ENTRY.size + 1, _ENTRY.size):
        entry = table[offset : offset + _ENTRY.size]
        if entry.startswith(_MD5_MAGIC):
            digest = hashlib.md5(table[:offset], usedforsecurity=False).digest()
            return Layout(tuple(found)) if found and entry[16:] == digest else None
        magic, kind, subtype, address, size, label, _ = _ENTRY.unpack(entry)
        if magic != _MAGIC:
            # Tables without a digest are closed by blank bytes alone.
            return Layout(tuple(found)) if found and entry == b"\xff" * _ENTRY.size else None
        name = label.rstrip(b"\0").decode("utf-8", "replace")
        found.append(Partition(name, kind, subtype, address, size))
    return Layout(tuple(found)) if found else None
