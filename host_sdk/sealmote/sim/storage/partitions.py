"""Partitions of a simulated board's flash: those of a real board with 4 MiB (`flash_layout`)."""

from typing import Final

from sealmote.flash_layout import FLASH_SIZES, SECTOR, TABLE_ADDRESS, Partition, layout

__all__ = [
    "FLASH_SIZE", "LAYOUT", "SECTOR", "TABLE_ADDRESS", "Partition", "partition", "table",
]  # fmt: skip

FLASH_SIZE: Final = FLASH_SIZES[0]
_BOARD: Final = layout(FLASH_SIZE)
LAYOUT: Final = _BOARD.partitions


def partition(label: str) -> Partition:
    """Partition with that label; KeyError if there is none."""
    return _BOARD.partition(label)


def table() -> bytes:
    """Binary partition table, padded with FF to its 0xC00 bytes."""
    return _BOARD.encode()
