"""Flash chip in a file of the host's. NOR: a write only clears bits, an erase sets a sector.

Each write and erase is one write to the file, so what was written stays when the board is killed.
They are counted, for the power may be told to fail in the middle of one.
"""

import struct
import sys

from micropython import const

from _sim import clock, hardware, host_events, seeded_random, shared_state
from _sim.storage import torn_write

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import BinaryIO

SECTOR = const(4096)
_ERASED = b"\xff" * 4096

# W25Q32JV datasheet, 9.6: typical times for 256 bytes and for a sector.
_PAGE_BYTES = const(256)
_PAGE_US = const(400)
_ERASE_US = const(45000)

_TRACE_ENTRY = "<BIH"  # erase or not, address, length; the bytes follow

SIZE = hardware.integer("flash_size")
_file = open(hardware.text("flash_path"), "r+b")  # noqa: SIM115 - open for the board's whole life
_fatal = -1  # the number of the operation in which the power fails
_off_us = -1  # and for how long it stays away; -1: for good


def _open_trace() -> "BinaryIO | None":
    path = hardware.text("trace_path")
    return open(path, "ab") if path else None


_trace = _open_trace()


def read_into(address: int, buffer: bytearray | memoryview) -> None:
    """Fill buffer with the bytes from address on."""
    _file.seek(address)
    if _file.readinto(buffer) != len(buffer):
        raise RuntimeError("flash file is shorter than the flash")


def write(address: int, data: bytes | bytearray | memoryview) -> None:
    """Program bytes: each bit becomes the AND of what was there and what is written."""
    before = bytearray(len(data))
    read_into(address, before)
    if before != _ERASED[: len(before)]:
        kept = int.from_bytes(before, "big") & int.from_bytes(data, "big")
        data = kept.to_bytes(len(before), "big")
    clock.work_us((len(data) + _PAGE_BYTES - 1) // _PAGE_BYTES * _PAGE_US)
    _operate(0, address, data)


def erase(address: int) -> None:
    """Set every bit of the sector that starts at address."""
    clock.work_us(_ERASE_US)
    _operate(1, address, _ERASED)


def fail_at(operation: int, off_us: int) -> None:
    """Have the power fail in the middle of an operation, counted from the board's first."""
    global _fatal, _off_us
    _fatal, _off_us = operation, off_us


def flip(address: int, bit: int) -> None:
    """Turn over one bit, as radiation and worn cells do."""
    byte = bytearray(1)
    read_into(address, byte)
    byte[0] ^= 1 << bit
    _put(address, byte)


def _operate(kind: int, address: int, after: bytes | bytearray | memoryview) -> None:
    number = shared_state.operations + 1
    if number == _fatal:
        before = bytearray(len(after))
        read_into(address, before)
        _put(
            address,
            torn_write.tear(seeded_random.seed("torn", number), bytes(before), bytes(after)),
        )
        shared_state.operation()
        host_events.send({"power_off_us": _off_us})
        clock.halt()
    _put(address, after)
    if _trace is not None:
        _trace.write(struct.pack(_TRACE_ENTRY, kind, address, len(after)) + bytes(after))
        shared_state.operation()
        sys.stdout.write(
            "\x02%d %d\n" % (number, clock.now_us())
        )  # sealmote.sim.storage.trace.MARK
    else:
        shared_state.operation()


def _put(address: int, data: bytes | bytearray | memoryview) -> None:
    _file.seek(address)
    if _file.write(data) != len(data):
        raise RuntimeError("flash file cannot be written: the host's disk is full")
