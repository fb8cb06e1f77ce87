"""What the host may read at any moment, also of a board that has just died: time and flash wear.

A file of the host's, two little-endian 64-bit words: the clock in µs where it is virtual, and how
many programs and erases the flash has seen in the board's life.
"""

import struct

from _sim import hardware

_WORDS = "<QQ"
_AT = 16  # behind the two words that the host alone writes

_file = open(hardware.text("pulse_path"), "r+b")  # noqa: SIM115 - open for the board's whole life
operations = hardware.integer("operations")
_now_us = hardware.integer("now_us")


def _write() -> None:
    _file.seek(_AT)
    _file.write(struct.pack(_WORDS, _now_us, operations))


def time(now_us: int) -> None:
    """Note the time."""
    global _now_us  # noqa: PLW0603 - one pulse a board
    _now_us = now_us
    _write()


def operation() -> None:
    """Note one more program or erase."""
    global operations  # noqa: PLW0603 - one pulse a board
    operations += 1
    _write()
