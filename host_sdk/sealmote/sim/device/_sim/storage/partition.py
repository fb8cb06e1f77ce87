"""`esp32.Partition`, reading the partition table that lies in the flash itself.

Table: 32-byte entries from 0x8000 on (ESP-IDF, gen_esp32part.py); errors: `esp_partition.h`.
"""

import struct

from micropython import const

from _sim import host_events
from _sim.storage import flash

_TABLE = const(0x8000)
_TABLE_BYTES = const(0xC00)
_ENTRY = "<2sBBII16sI"
_ENTRY_BYTES = const(32)
_MAGIC = b"\xaa\x50"
_ENCRYPTED = const(1)
_SUBTYPE_ANY = const(0xFF)

_ENOENT = const(2)
_INVALID_ARG = (-0x102, "ESP_ERR_INVALID_ARG")
_INVALID_SIZE = (-0x104, "ESP_ERR_INVALID_SIZE")


def _finish_first() -> None:
    """Put an interrupt off: on the chip none comes in the middle of a flash operation.

    It would tear littlefs, and an import takes any exception for a file that is not there.
    """
    host_events.send({"interrupt_again": True})


def _entries() -> list[tuple[int, int, int, int, str, bool]]:
    """Read the table, entry by entry: on a chip this takes nothing of Python's heap."""
    entry = bytearray(_ENTRY_BYTES)
    found = []
    for start in range(0, _TABLE_BYTES, _ENTRY_BYTES):
        flash.read_into(_TABLE + start, entry)
        magic, kind, subtype, address, size, label, flags = struct.unpack(_ENTRY, entry)
        if magic != _MAGIC:
            break
        name = label.rstrip(b"\x00").decode()
        found.append((kind, subtype, address, size, name, bool(flags & _ENCRYPTED)))
    return found


class Partition:
    """One partition: a block device over its part of the flash."""

    BOOT = 0
    RUNNING = 1
    TYPE_APP = 0
    TYPE_DATA = 1

    def __init__(
        self, identity: str | int | tuple[int, int, int, int, str, bool], block_size: int = 4096
    ) -> None:
        if isinstance(identity, tuple):
            self._info = identity
        else:
            self._info = self._choose(identity)
        if block_size != flash.SECTOR:
            raise ValueError("the simulated board has 4096-byte blocks only")
        self._block_size = block_size

    @staticmethod
    def _choose(identity: str | int) -> tuple[int, int, int, int, str, bool]:
        if isinstance(identity, int):
            if identity not in (Partition.BOOT, Partition.RUNNING):
                raise ValueError
            matching = [info for info in _entries() if info[0] == Partition.TYPE_APP]
        else:
            matching = [info for info in _entries() if info[4] == identity]
        if not matching:
            raise OSError(_ENOENT)
        return matching[0]

    @staticmethod
    def find(
        type: int = 0,  # noqa: A002 - the port's keyword
        subtype: int = 0xFF,
        label: str | None = None,
        block_size: int = 4096,
    ) -> "list[Partition]":
        """All partitions of a type, and of a subtype and label where given."""
        return [
            Partition(info, block_size)
            for info in _entries()
            if info[0] == type and subtype in (_SUBTYPE_ANY, info[1]) and label in (None, info[4])
        ]

    def info(self) -> tuple[int, int, int, int, str, bool]:
        """(type, subtype, address, size, label, encrypted)."""
        return self._info

    def readblocks(self, block_num: int, buf: bytearray | memoryview, offset: int = 0) -> None:
        """Fill buf from a block on, offset bytes into it.

        In two short steps, for littlefs reads thousands of times a boot: a longer one would put a
        frame on the heap each time, and the collector would run for the simulator's garbage.
        """
        offset = self._place(block_num, offset, len(buf))
        try:
            flash.read_into(offset, buf)
        except KeyboardInterrupt:
            _finish_first()
            flash.read_into(offset, buf)

    def writeblocks(
        self, block_num: int, buf: bytes | bytearray | memoryview, offset: int | None = None
    ) -> None:
        """Write buf; without an offset the blocks are erased first, with one they are not."""
        if offset is None:
            self._erase(block_num * self._block_size, len(buf))
        place = self._place(block_num, offset or 0, len(buf))
        try:
            flash.write(place, buf)
        except KeyboardInterrupt:
            _finish_first()
            flash.write(place, buf)

    def ioctl(self, cmd: int, arg: int) -> int | None:
        """Block protocol: 1 to 3 init, deinit, sync; 4 count; 5 size; 6 erase block arg."""
        if cmd in (1, 2, 3):
            return 0
        if cmd == 4:
            return self._info[3] // self._block_size
        if cmd == 5:
            return self._block_size
        if cmd == 6:
            self._erase(arg * self._block_size, self._block_size)
            return 0
        return None

    def _place(self, block_num: int, offset: int, length: int) -> int:
        start = block_num * self._block_size + offset
        if not 0 <= start <= self._info[3]:
            raise OSError(*_INVALID_ARG)
        if start + length > self._info[3]:
            raise OSError(*_INVALID_SIZE)
        return self._info[2] + start

    def _erase(self, start: int, length: int) -> None:
        if length % flash.SECTOR:
            raise OSError(*_INVALID_SIZE)
        if start % flash.SECTOR:
            raise OSError(*_INVALID_ARG)
        place = self._place(start // self._block_size, 0, length)
        for address in range(place, place + length, flash.SECTOR):
            try:
                flash.erase(address)
            except KeyboardInterrupt:
                _finish_first()
                flash.erase(address)
