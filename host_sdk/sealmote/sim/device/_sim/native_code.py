"""Load native code as an ESP32 does: each function into one block of MicroPython's heap, then out of it.

The layout of a `.mpy` file is that of py/persistentcode.c (version 6); of a file only what says where the
functions lie is read.
"""

from micropython import const

from _sim import memory

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_HEADER_BYTES = const(4)
_NO_CONTENT_BELOW = const(5)  # kinds of constants: None, False, True, Ellipsis
_STR = const(5)
_BYTES = const(6)
_TUPLE = const(10)
_CHILDREN = const(4)  # in the word before a function, which has its kind below and its length above
_BYTECODE = const(0)
_ASM = const(3)
_FROM_START = const(0)
_FROM_HERE = const(1)


def load(file: "Any") -> None:
    """Give each native function of an open `.mpy` file its block, and then its place for good.

    Raises MemoryError where one finds no block, or no place: what came before it has taken its own.
    """
    for size in sizes(file):
        bytearray(size)
        memory.commit(size)


def sizes(file: "Any") -> list[int]:
    """Return the bytes of each native function, in the order in which they are loaded."""
    file.seek(_HEADER_BYTES, _FROM_START)
    names, constants = _number(file), _number(file)
    for _ in range(names):
        word = _number(file)
        if not word & 1:  # else it is one that every MicroPython has
            file.seek((word >> 1) + 1, _FROM_HERE)
    for _ in range(constants):
        _skip_constant(file)
    found: list[int] = []
    _walk(file, found)
    file.seek(0, _FROM_START)
    return found


def _walk(file: "Any", found: list[int]) -> None:
    word = _number(file)
    kind, size = word & 3, word >> 3
    file.seek(size, _FROM_HERE)
    if kind != _BYTECODE:
        found.append(size)
        _number(file)  # where its prelude lies, or its flags
        if kind == _ASM:
            _number(file)
            _number(file)
    if word & _CHILDREN:
        for _ in range(_number(file)):
            _walk(file, found)


def _skip_constant(file: "Any") -> None:
    kind = file.read(1)[0]
    if kind < _NO_CONTENT_BELOW:
        return
    size = _number(file)
    if kind == _TUPLE:
        for _ in range(size):
            _skip_constant(file)
    else:
        file.seek(size + (kind in (_STR, _BYTES)), _FROM_HERE)  # those end with a zero


def _number(file: "Any") -> int:
    value = 0
    while True:
        byte: int = file.read(1)[0]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value
