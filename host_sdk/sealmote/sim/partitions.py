"""Where things lie in the flash of a board: the one table, and its binary form.

Binary form: ESP-IDF's partition table at 0x8000, 32-byte entries (magic AA 50, type, subtype,
address, size, 16-byte label, flags; little-endian), closed by an entry with the MD5 of those before
it (ESP-IDF, `gen_esp32part.py`).
"""

import hashlib
import struct
from dataclasses import dataclass
from typing import Final

FLASH_SIZE: Final = 4 * 1024 * 1024
SECTOR: Final = 4096
TABLE_ADDRESS: Final = 0x8000
TABLE_BYTES: Final = 0xC00

TYPE_APP: Final = 0
TYPE_DATA: Final = 1

_ENTRY: Final = "<2sBBII16sI"
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


# The identity lies in the tail of the application's slot: a stock MicroPython image, whose table
# does not name it, is shorter and spares it. The filesystem starts where the stock one starts.
LAYOUT: Final = (
    Partition("nvs", TYPE_DATA, 0x02, 0x9000, 0x6000),
    Partition("phy_init", TYPE_DATA, 0x01, 0xF000, 0x1000),
    Partition("factory", TYPE_APP, 0x00, 0x10000, 0x1EE000),
    Partition("identity", TYPE_DATA, 0x06, 0x1FE000, 0x2000),
    Partition("vfs", TYPE_DATA, 0x81, 0x200000, FLASH_SIZE - 0x200000),
)


def partition(label: str) -> Partition:
    """Partition with that label; KeyError if there is none."""
    return {entry.label: entry for entry in LAYOUT}[label]


def table(layout: tuple[Partition, ...] = LAYOUT) -> bytes:
    """Binary partition table, padded with FF to its 0xC00 bytes."""
    entries = b"".join(
        struct.pack(
            _ENTRY,
            _MAGIC,
            entry.type,
            entry.subtype,
            entry.address,
            entry.size,
            entry.label.encode(),
            0,
        )
        for entry in layout
    )
    closed = entries + _MD5_MAGIC + hashlib.md5(entries, usedforsecurity=False).digest()
    return closed.ljust(TABLE_BYTES, b"\xff")
