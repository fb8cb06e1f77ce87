"""Partitions of a simulated board's flash, as `flash_layout` has them.

A simulated board has 8 MiB unless it is made with another size: the plain source of the firmware fits
into the filesystems of such a board. 4 MiB hold an image's, which is made small.
"""

from typing import Final

from sealmote.flash_layout import FLASH_SIZES, SECTOR, TABLE_ADDRESS, Partition, layout

__all__ = ["FLASH_SIZE", "LAYOUT", "SECTOR", "TABLE_ADDRESS", "Partition", "partition"]

FLASH_SIZE: Final = FLASH_SIZES[1]
_BOARD: Final = layout(FLASH_SIZE)
LAYOUT: Final = _BOARD.partitions


def partition(label: str) -> Partition:
    """Partition with that label; KeyError if there is none."""
    return _BOARD.partition(label)
