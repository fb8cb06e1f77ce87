"""Hexadecimal quantities and data of the execution API (execution-apis, "Encoding").

A quantity is an integer without leading zeros (0x0, 0x41); data is whole bytes (0x, 0x0041). Every value
that comes from a node or a client passes here, and nothing else is taken for one.
"""

import re

_QUANTITY = re.compile(r"0x(0|[1-9a-fA-F][0-9a-fA-F]{0,63})")
_DATA = re.compile(r"0x([0-9a-fA-F]{2})*")


def quantity(value: object) -> int:
    """Read a quantity below 2**256. Raises ValueError for anything else."""
    if not isinstance(value, str) or not _QUANTITY.fullmatch(value):
        raise ValueError(f"{_shown(value)} is no quantity (0x and hexadecimal, no leading zeros)")
    return int(value, 16)


def data(value: object, size: int | None = None) -> bytes:
    """Read data of `size` bytes, of any length if None. Raises ValueError for anything else."""
    if not isinstance(value, str) or not _DATA.fullmatch(value):
        raise ValueError(f"{_shown(value)} is no data (0x and pairs of hexadecimal digits)")
    octets = bytes.fromhex(value[2:])
    if size is not None and len(octets) != size:
        raise ValueError(f"{len(octets)} bytes of data where {size} belong")
    return octets


def to_quantity(value: int) -> str:
    """Write a quantity."""
    return hex(value)


def to_data(value: bytes) -> str:
    """Write data."""
    return "0x" + value.hex()


def _shown(value: object) -> str:
    return repr(value)[:40] if isinstance(value, str) else f"{type(value).__name__}"
