"""Tracebacks in the names of the source, on a board whose image has shorter ones.

Such an image has /mote/names, written by `sealmote.shrink.names`: a line NEW=OLD each, and NEW=OLD|OTHER
where a name stands for several things, the function's first.
"""

import io
import sys

_NAMES = "/mote/names"
# Where a traceback names functions, attributes and errors.
_PLACES = (", in %s\n", "'%s'", "\n%s: ", "\n%s\n")


def tell(error: BaseException) -> None:
    """Print an error's traceback; as it is, where there are no such names or no heap for it."""
    try:
        told = io.StringIO()
        sys.print_exception(error, told)
        text = _translated(told.getvalue())
    except (OSError, ValueError, MemoryError):
        sys.print_exception(error)
        return
    print(text, end="")


def _translated(text: str) -> str:
    with open(_NAMES) as file:
        for line in file:
            new, _, old = line.strip().partition("=")
            for place in _PLACES:
                text = text.replace(place % new, place % old)
    return text
