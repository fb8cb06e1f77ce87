"""The record of a board's flash operations, and the flash as it was in the middle of any of them.

A board started with `Conditions(trace=True)` appends every operation to `trace.bin` in its folder
and prints a mark on its serial line behind each, so that what it said is ordered among them.
"""

import re
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sealmote.sim.device._sim.storage import torn_write
from sealmote.sim.errors import BoardFilesError

FILE: Final = "trace.bin"
MARK: Final = re.compile(r"\x02(\d+) (\d+)")
"""Serial line behind an operation: its number, and the board's clock in µs."""

_ENTRY: Final = struct.Struct("<BIH")


@dataclass(frozen=True)
class Operation:
    """One program or erase: what lay at the address afterwards."""

    erase: bool
    address: int
    after: bytes

    def apply(self, flash: bytearray) -> None:
        """Do it."""
        flash[self.address : self.address + len(self.after)] = self.after

    def tear(self, flash: bytearray, seed: bytes) -> None:
        """Do it, and have the power fail meanwhile."""
        end = self.address + len(self.after)
        before = bytes(flash[self.address : end])
        flash[self.address : end] = torn_write.tear(seed, before, self.after)


def read(path: Path) -> list[Operation]:
    """Read a trace, in the order in which it was done; BoardFilesError if it is cut off."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise BoardFilesError(f"{path} cannot be read: {error}") from error
    found: list[Operation] = []
    place = 0
    while place < len(data):
        try:
            erase, address, length = _ENTRY.unpack_from(data, place)
        except struct.error as error:
            raise BoardFilesError(f"{path} ends within an entry: the board was killed") from error
        place += _ENTRY.size
        found.append(Operation(bool(erase), address, data[place : place + length]))
        place += length
    return found


def torn_seed(seed: int, number: int) -> bytes:
    """Seed by which a board under `Conditions.seed` tears operation number `number` of its life."""
    return torn_write.occasion(str(seed), ("torn", number))
