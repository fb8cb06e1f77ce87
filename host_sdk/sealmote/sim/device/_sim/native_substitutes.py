"""Native substitutes: a build for this machine runs in the place of native code for the board's CPU.

Both carry the SHA-256 of the same source behind the code (`sealmote.board.images.mpy`). The module is
loaded as on a chip first. Only an import gets the substitute; who opens the file reads what was flashed.
"""

import binascii
import sys

import vfs
from micropython import const

from _sim import clock, hardware, host_events, native_code

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

MARK = b"sealmote:source:"
_TRAILER_BYTES = const(48)  # the mark and a SHA-256
_HEADER_BYTES = const(4)  # py/persistentcode.c: M, version, flags, bits of a small integer

# py/persistentcode.h: the architecture of native code that this interpreter runs, 0 for none.
_HERE = sys.implementation._mpy >> 10 & 0xF  # noqa: SLF001 - the name that MicroPython gives it

_builds = vfs.VfsPosix(hardware.text("substitutes_path"))  # type: ignore[attr-defined]  # no ESP32 has it
_asked = False  # whether a program opens the file, and not an import


class Filesystem:
    """A filesystem that hides nothing but the CPU its native modules are for."""

    def __init__(self, inner: "Any") -> None:
        self._inner = inner

    def __repr__(self) -> str:
        return repr(self._inner)

    def __getattr__(self, name: str) -> object:
        return getattr(self._inner, name)

    def mount(self, readonly: bool, mkfs: bool) -> object:
        """Mount it; `vfs.mount` calls this."""
        return self._inner.mount(readonly, mkfs)

    def open(self, path: str, mode: str) -> object:
        """Open a file, or for an import the build that runs here."""
        file = self._inner.open(path, mode)
        if _asked or mode != "rb" or not path.endswith(".mpy"):
            return file
        head = file.read(_HEADER_BYTES)
        file.seek(0)
        architecture = head[2] >> 2 & 0xF if len(head) == _HEADER_BYTES else 0
        if not architecture or not _HERE:
            return file  # what finds native code there, and runs none, says so itself
        try:
            native_code.load(file)
        except MemoryError:
            file.close()
            raise
        return file if architecture == _HERE else _substitute(path, file)


def _substitute(path: str, file: "Any") -> object:
    file.seek(-_TRAILER_BYTES, 2)
    trailer = file.read(_TRAILER_BYTES)
    file.close()
    digest = ""
    if trailer.startswith(MARK):
        digest = binascii.hexlify(trailer[len(MARK) :]).decode()
        try:
            return _builds.open("/" + digest + ".mpy", "rb")
        except OSError:
            pass  # said below
    host_events.send({"no_build": path, "digest": digest})
    clock.halt()
    return None


def plain_open(real: "Callable[..., object]") -> "Callable[..., object]":
    """Make of `open` one that gives what is in the flash."""

    def opened(*arguments: object, **named: object) -> object:
        global _asked  # noqa: PLW0603 - one caller at a time
        _asked = True
        try:
            return real(*arguments, **named)
        finally:
            _asked = False

    return opened
