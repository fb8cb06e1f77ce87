"""The flash chip: one file of the host's. NOR: a write only clears bits, an erase sets a sector.

Each write and erase is one write to the file, so what was written stays when the board is killed.
"""

from micropython import const

from _sim import hardware

SECTOR = const(4096)
_ERASED = b"\xff" * 4096

SIZE = hardware.integer("flash_size")
_file = open(hardware.text("flash_path"), "r+b")  # noqa: SIM115 - open for the board's whole life


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
    _put(address, data)


def erase(address: int) -> None:
    """Set every bit of the sector that starts at address."""
    _put(address, _ERASED)


def _put(address: int, data: bytes | bytearray | memoryview) -> None:
    _file.seek(address)
    if _file.write(data) != len(data):
        raise RuntimeError("flash file cannot be written: the host's disk is full")
