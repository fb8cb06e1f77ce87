"""State shared with the host: the virtual clock, and how many flash operations the board has done.

Words of a file of the host's (`sealmote.sim.runtime.shared_state`), which it may read at any moment, also
of a board that has just died.
"""

import struct

from _sim import hardware

# Behind the two words that the host alone writes; a board on the host's clock has no time to tell.
_TIME_AT = 16
_OPERATIONS_AT = 24

_file = open(hardware.text("shared_state_path"), "r+b")  # noqa: SIM115 - open for the board's whole life
operations = hardware.integer("operations")


def _write(at: int, word: int) -> None:
    _file.seek(at)
    _file.write(struct.pack("<Q", word))


def time(now_us: int) -> None:
    """Note the time."""
    _write(_TIME_AT, now_us)


def operation() -> None:
    """Note one more program or erase."""
    global operations  # noqa: PLW0603 - one state a board
    operations += 1
    _write(_OPERATIONS_AT, operations)
