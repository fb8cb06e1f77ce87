"""Tracebacks on the serial line; of a long one, as endless recursion has, the beginning and the end."""

import io
import sys

from sealwire._compat import const

_PART = const(1024)  # bytes that are kept of the beginning, and of the end


class _Ends(io.IOBase):
    """A stream that keeps the beginning and the end of what is written to it."""

    def __init__(self) -> None:
        self._begin = self._end = b""

    def write(self, data: bytes) -> int:
        room = _PART - len(self._begin)
        self._begin += bytes(data[:room])
        self._end = (self._end + bytes(data[room:]))[-_PART:]
        return len(data)

    def text(self) -> str:
        parts = [self._begin, self._end] if len(self._end) == _PART else [self._begin + self._end]
        return "\n  ...\n".join([part.decode() for part in parts])


def report(error: BaseException) -> None:
    """Print an error's traceback; whole, where there is no heap to keep its ends."""
    try:
        ends = _Ends()
        sys.print_exception(error, ends)
        text = ends.text()
    except (ValueError, MemoryError):
        sys.print_exception(error)
        return
    print(text, end="")
