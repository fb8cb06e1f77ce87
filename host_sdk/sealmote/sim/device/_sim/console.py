"""Console of a board behind a port: `sys` and `micropython` as on an ESP32, bytes left as they are.

The ESP32 port ends lines of text with CR LF and leaves alone what goes through `sys.stdout.buffer`
and `sys.stdin.buffer` (`shared/runtime/sys_stdio_mphal.c`). Both come out of one file here, so bytes
of the second kind are marked where the host would take them for text (`sealmote.sim.line.console`).
"""

import io
import sys
from collections import namedtuple

import micropython

from _sim import chip, host_events

MARK = b"\xff"  # never in text, which is UTF-8
_NEWLINE = MARK + b"n"
_ITSELF = MARK + b"m"

# py/persistentcode.h: version 6.3 and the native architecture of `.mpy` files, in sys.implementation.
_MPY = 0x0306
_ARCHITECTURES = {"esp32": 10, "esp32s3": 10, "esp32c3": 11}

_Implementation = namedtuple(  # type: ignore[misc,name-match]  # noqa: PYI024 - as the port's own
    "implementation", ("name", "version", "_machine", "_mpy")
)


def _part(data: bytes | bytearray | memoryview | str, part: tuple[int, ...]) -> bytes:
    """Bytes that a stream's write(data, [[offset,] length]) is to write."""
    data = data.encode() if isinstance(data, str) else bytes(data)
    offset = part[0] if len(part) == 2 else 0
    return data[offset : offset + part[-1]] if part else data


class _Raw(io.IOBase):
    """`sys.stdout.buffer`."""

    def write(self, data: bytes | bytearray | memoryview | str, *part: int) -> int:
        data = _part(data, part)
        _stdout.buffer.write(data.replace(MARK, _ITSELF).replace(b"\n", _NEWLINE))
        return len(data)

    def flush(self) -> None: ...


class _Text(io.IOBase):
    """`sys.stdout`."""

    buffer = _Raw()

    def write(self, data: bytes | bytearray | memoryview | str, *part: int) -> int:
        data = _part(data, part)
        _stdout.buffer.write(data.replace(MARK, _ITSELF))
        return len(data)

    def flush(self) -> None: ...


class _System:
    """`sys` as the ESP32 port has it; everything else is the interpreter's own."""

    platform = "esp32"
    implementation = _Implementation(
        "micropython",
        sys.implementation.version,
        chip.MACHINE,
        _MPY | _ARCHITECTURES[chip.NAME] << 10,
    )
    stdout = _Text()

    def __getattr__(self, name: str) -> object:
        return getattr(_sys, name)


class _Micropython:
    """`micropython` with a `kbd_intr` that reaches the port, where Ctrl-C comes in."""

    def kbd_intr(self, character: int) -> None:
        """Choose the byte that interrupts, -1 for none."""
        host_events.send({"interrupt_byte": character})

    def __getattr__(self, name: str) -> object:
        return getattr(_micropython, name)


_sys = sys
_stdout = sys.stdout
_micropython = micropython


def take_over() -> None:
    """Put all of it in place, and have the host put the chip's name in the prompt's greeting."""
    own: str = sys.implementation._machine  # noqa: SLF001 - the name that MicroPython gives it
    host_events.send({"machine": [own, chip.MACHINE]})
    __import__("esp")
    sys.modules["sys"] = _System()  # type: ignore[assignment]  # no module, but looks like one
    sys.modules["micropython"] = _Micropython()  # type: ignore[assignment]  # the same
