"""Tracebacks in the names of the source, on a board whose image has shorter ones.

Such an image has /mote/names, written by `sealmote.shrink.names`: a line NEW=OLD each, and NEW=OLD|OTHER
where a name stands for several things, the function's first. Of a long traceback, as endless recursion
has, the beginning and the end are told.
"""

import io
import sys

from sealwire._compat import const

_NAMES = "/mote/names"
# Where a traceback names functions, attributes and errors.
_PLACES = (", in %s\n", "'%s'", "\n%s: ", "\n%s\n")

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


def tell(error: BaseException) -> None:
    """Print an error's traceback; whole and as it is, where there is no heap for more."""
    try:
        told = _Ends()
        sys.print_exception(error, told)
        text = told.text()
    except (ValueError, MemoryError):
        sys.print_exception(error)
        return
    print(_translated(text), end="")


def _translated(text: str) -> str:
    """Return it in the names of the source; in those that it has, where no others can be read."""
    try:
        with open(_NAMES) as file:
            for line in file:
                new, _, old = line.strip().partition("=")
                for place in _PLACES:
                    text = text.replace(place % new, place % old)
    except (OSError, ValueError, MemoryError):
        return text
    return text
