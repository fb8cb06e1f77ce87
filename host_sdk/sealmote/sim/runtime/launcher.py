"""Start a board's process, which lives from one reset to the next."""

import os
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

CONTROL = "SEALMOTE_SIM_CONTROL"
"""Variable in which the board finds the number of its control pipe."""


DEVICE = Path(__file__).parents[1] / "device"


class Process(Protocol):
    """One run of the interpreter."""

    pid: int
    output: int
    """File descriptor that its standard output and error can be read from; the user closes it."""

    def signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""

    def wait(self) -> int:
        """Wait for its end; its exit status, or a signal's number negated."""


class Launcher(Protocol):
    """Something that starts the interpreter, on the board's side of the simulator in `device`."""

    device: Path
    command: list[str]
    """What starts such an interpreter by itself, without its arguments."""

    def start(
        self,
        arguments: list[str],
        environment: Mapping[str, str],
        control: int,
        lock: int,
        line: int | None = None,
    ) -> Process:
        """Start it with these arguments (options and script), and the two open files kept open.

        It reads from `line`, an open file, or nothing.
        """


class _Spawned:
    """A process of its own, as a Process."""

    def __init__(self, process: subprocess.Popen[bytes], output: int) -> None:
        self._process = process
        self.pid = process.pid
        self.output = output

    def signal(self, number: int) -> None:
        self._process.send_signal(number)

    def wait(self) -> int:
        return self._process.wait()


class Spawner:
    """Starts a program anew for every run: the command without its arguments."""

    def __init__(self, command: list[str]) -> None:
        self.device = DEVICE
        self.command = command

    def start(
        self,
        arguments: list[str],
        environment: Mapping[str, str],
        control: int,
        lock: int,
        line: int | None = None,
    ) -> Process:
        """Start it; OSError if that fails."""
        with output_pipe() as (reading, writing):
            process = subprocess.Popen(  # noqa: S603 - the chosen interpreter
                [*self.command, *arguments],
                stdin=subprocess.DEVNULL if line is None else line,
                stdout=writing,
                stderr=subprocess.STDOUT,
                pass_fds=(control, lock),
                start_new_session=True,  # a Ctrl-C at the terminal is not the board's
                env={**_without_home(), **environment, CONTROL: str(control)},
            )
        return _Spawned(process, reading)


def _without_home() -> dict[str, str]:
    """Return this process's variables but for HOME: the Unix port keeps its prompt's history there."""
    return {name: value for name, value in os.environ.items() if name != "HOME"}


@contextmanager
def output_pipe() -> Iterator[tuple[int, int]]:
    """Pipe whose writing end is closed behind the block, and the reading end too if it fails."""
    reading, writing = os.pipe()
    try:
        yield reading, writing
    except BaseException:
        os.close(reading)
        raise
    finally:
        os.close(writing)
