"""What the host may read at any moment, also of a board that has just died: time and flash wear.

A file of the host's, two little-endian 64-bit words: the clock in µs where it is virtual, and how
many programs and erases the flash has seen in the board's life.
"""

import struct

from _sim import hardware

# Behind the two words that the host alone writes; a board on the host's clock has no time to tell.
_TIME_AT = 16
_OPERATIONS_AT = 24

_file = open(hardware.text("pulse_path"), "r+b")  # noqa: SIM115 - open for the board's whole life
operations = hardware.integer("operations")


def _write(at: int, word: int) -> None:
    _file.seek(at)
    _file.write(struct.pack("<Q", word))


def time(now_us: int) -> None:
    """Note the time."""
    _write(_TIME_AT, now_us)


def operation() -> None:
    """Note one more program or erase."""
    global operations  # noqa: PLW0603 - one pulse a board
    operations += 1
    _write(_OPERATIONS_AT, operations)
