"""Memory of the board: MicroPython's heap, and ESP-IDF's, into which the first one grows.

A chip starts MicroPython with a small heap. When that is full it takes a piece of ESP-IDF's, which native
code and Wi-Fi take from as well; the Unix port's heap has its whole size from the start. So it is worked
out here how far a chip's would have grown for what is in use, and what would be left then.

Figures of MicroPython's own ESP32-C3 image (1.27), for all chips. What is in use is the interpreter's at
hand: a 64-bit one's objects are twice as large as a chip's.
"""

import gc
import sys

from micropython import const

from _sim import hardware
from _sim.network import radio

_HEAP_BYTES = const(65536)  # MicroPython's at the start (mpconfigport.h)
_SMALL_BYTES = const(46000)  # pieces of ESP-IDF's heap once MicroPython runs, before Wi-Fi
_LARGE_BYTES = const(115000)
_RADIO_BYTES = const(50000)
_FILLING_BYTES = const(2048)  # at a time, in small pieces
_PIECE_BYTES = const(64)
_POOL_BYTES = const(8000)  # a pool that large is the one for the application
_NAMES_AT_ONCE = const(16)
# Pools of 1260 entries (20, 40, ... 640, py/qstr.c), as a chip has them for the some 1100 names of an
# application: where each is, its length, its hash.
_NAMES_BYTES = 1260 * ((8 if sys.maxsize > 1 << 32 else 4) + 3)
_NODE_BYTES = const(8)  # before committed code: main.c's list, and the allocator's own

# The most that the heap can grow to; 0 where it has its whole size from the start.
_size = hardware.integer("heap_bytes")
_large = (
    max(_size - _HEAP_BYTES, 0) if _size else _LARGE_BYTES
)  # all that the interpreter was given
_filling: list[list[bytearray]] = []  # of the heap that is not the board's
_simulator = 0  # bytes of that, and of the simulator's modules
_grown = min(_HEAP_BYTES, _size or _HEAP_BYTES)
_committed = 0
_least = [_SMALL_BYTES, _large]


def limit() -> None:
    """Leave the board its own heap: what is in use by now is the simulator's."""
    global _simulator, _grown  # noqa: PLW0603 - one memory
    gc.collect()
    gc.threshold(-1)  # which `start` has set
    if _size:
        _make_room_for_names()
        gc.collect()
        _fill()
        gc.collect()
    _simulator = gc.mem_alloc() - (_NAMES_BYTES if _size else 0)
    if not _size:
        _grown = gc.mem_free()
    sys.modules["gc"] = _Gc()  # type: ignore[assignment]  # no module, but looks like one


def _make_room_for_names() -> None:
    """Have MicroPython take its next pool of names now: the simulator's names fill the one before.

    A pool has twice the entries of the last (py/qstr.c). Without the simulator's names an application's are
    in pools that a chip's heap hardly notices, and none of its own comes to be of 14 kB in one piece.
    """
    number, used = 0, gc.mem_alloc()
    while gc.mem_alloc() - used < _POOL_BYTES:
        used = gc.mem_alloc()
        for _ in range(_NAMES_AT_ONCE):
            getattr(_filling, "name%d" % number, None)
            number += 1


def _fill() -> None:
    """Take heap from its low end on, between the simulator's objects first: the board's is in one piece."""
    if gc.mem_free() < _size:
        raise RuntimeError("the simulator's modules leave %d bytes of heap" % gc.mem_free())
    while gc.mem_free() - _size + _NAMES_BYTES > _FILLING_BYTES:
        _filling.append([bytearray(_PIECE_BYTES) for _ in range(_FILLING_BYTES // 128)])


def commit(size: int) -> None:
    """Copy native code to where it can run, for good (main.c, `esp_native_code_commit`).

    Raises MemoryError where that finds no room.
    """
    global _committed  # noqa: PLW0603 - the same
    size = (size + 3 & ~3) + _NODE_BYTES
    if size > max(_left()):
        raise MemoryError("memory allocation failed, allocating %d bytes" % size)
    _committed += size
    _left()


def idf_heap_info(capabilities: int) -> list[tuple[int, int, int, int]]:  # noqa: ARG001 - all have all
    """Return (size, free, largest free block, least free) of each piece of ESP-IDF's heap, in bytes."""
    small, large = _left()
    return [
        (_SMALL_BYTES, small, small, _least[0]),
        (_large, large, large, _least[1]),
    ]


class _Gc:
    """`gc` as a chip has it: what the heap could grow by is free as well (py/modgc.c)."""

    def mem_alloc(self) -> int:
        """Bytes in use."""
        return gc.mem_alloc() - _simulator

    def mem_free(self) -> int:
        """Bytes free in the heap, and the largest block that ESP-IDF could give it."""
        _, large = _left()
        return max(_grown - self.mem_alloc(), 0) + (large if _size else 0)

    def __getattr__(self, name: str) -> object:
        return getattr(gc, name)


def _left() -> tuple[int, int]:
    """Let the heap grow as far as it has to by now; return what is free in the two pieces then."""
    global _grown  # noqa: PLW0603 - the same
    if gc.mem_alloc() - _simulator > _grown:
        gc.collect()  # as a heap that is full does before it grows
    while gc.mem_alloc() - _simulator > _grown < _size:
        _grown = min(2 * _grown, _size)
    taken = _committed + (_RADIO_BYTES if radio.station.active else 0)
    small = max(_SMALL_BYTES - taken, 0)
    large = _large - max(taken - _SMALL_BYTES, 0)
    if _size:
        large -= _grown - _HEAP_BYTES
    large = max(large, 0)
    _least[0], _least[1] = min(_least[0], small), min(_least[1], large)
    return small, large
