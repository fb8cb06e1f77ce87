"""Errors of the simulator; each message names the cause and the next step.

SimError, a SealmoteError, is the base of
  SimulatorMissingError  no MicroPython to run a board on, or no firmware to put on one
  HardwareError          no such board can be built: its MAC, sensors or weather make no sense
  FaultError             no such fault, or one that cannot be
  BoardStateError        the board is not in the state that was asked of it
  BoardInUseError        another process holds the board's flash file
  BoardFilesError        the board's folder or its filesystem cannot be used
  BoardTimeoutError      the board did not do in time what was waited for
  BoardCrashedError      the interpreter itself died
  SnippetError           a snippet raised on the board; carries its output and traceback
"""

from sealmote.errors import SealmoteError


class SimError(SealmoteError):
    """A simulated board that cannot be made, started or talked to."""


class SimulatorMissingError(SimError):
    """Something that a board needs is not on this machine."""


class HardwareError(SimError):
    """What the board is to be made of makes no sense."""


class FaultError(SimError):
    """A fault that cannot be brought about."""


class BoardStateError(SimError):
    """The board is running where it must be stopped, or the other way round."""


class BoardInUseError(SimError):
    """The flash file is held by another process, perhaps a board that outlived its host."""


class BoardFilesError(SimError):
    """The board's folder, flash image or filesystem cannot be used as it is."""


class BoardTimeoutError(SimError):
    """Waited in vain; the message ends with the board's last lines."""


class BoardCrashedError(SimError):
    """The MicroPython process ended by itself, which a board never does."""


class SnippetError(SimError):
    """A snippet raised. `output` is what it had printed, `traceback` is MicroPython's own."""

    def __init__(self, output: str, traceback: str) -> None:
        super().__init__(f"the snippet raised on the board:\n{traceback}".rstrip())
        self.output = output
        self.traceback = traceback
