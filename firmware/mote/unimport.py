"""Unimport: takes modules that one phase of the work loaded out of the heap when the phase ends.

    with Unimport():
        from sealwire import ack

        opened = ack.open_ack(answer, key, origin)

What the block is the first to import is let go of at its end, however it ends, and the next
collection takes its code. What is still held, an instance or a running coroutine, keeps what it needs
of it. A phase that waits imports in the block and awaits after it: then no two tasks' blocks overlap,
and one `Unimport` can only be within another.
"""

import sys

_OURS = ("mote.", "sealwire.")
_STAYING = (
    "sealwire.fast",  # mostly native: a chip gives the room of such code back at a reset only
    "sealwire.keys",  # the engines that compute for its keys
    "sealwire.errors",  # an error has to be of the class that is caught
    "mote.errors",
    "mote.log",  # its level, and its last line
    "mote.uptime",
)
_PASSING = "sealwire.fast.verify"  # bytecode, and for acknowledgements alone


class Unimport:
    """Lets go of the modules of the firmware that were not there when it was entered."""

    def __enter__(self) -> None:
        self._before = [name for name in sys.modules if name.startswith(_OURS)]

    def __exit__(self, *_: object) -> None:
        name = self._new()
        while name:
            _let_go(name)
            name = self._new()

    def _new(self) -> str | None:
        """Return one to let go of: a list of all is more than a full heap has room for."""
        for name in sys.modules:
            stays = name in self._before or (name.startswith(_STAYING) and name != _PASSING)
            if name.startswith(_OURS) and not stays:
                return name
        return None


def _let_go(name: str) -> None:
    module = sys.modules.pop(name)
    dot = name.rfind(".")
    package, attribute = sys.modules.get(name[:dot]), name[dot + 1 :]
    # The package may have gone just before, or call something else so by now.
    if getattr(package, attribute, None) is module:
        delattr(package, attribute)
