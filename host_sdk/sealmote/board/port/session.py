"""A REPL session with the application stopped: watchdog relaxed, heap free, reset at the end.

The watchdog outlives the application and would bite in the middle: it is set to a day first. Then the
interpreter starts anew, without main.py, so that the whole heap is there; in the end the board is reset.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

from sealmote.board.errors import PortError
from sealmote.board.port import ports, repl
from sealmote.board.port.ports import Port
from sealmote.board.port.repl import Repl, SilentError

PATIENCE_S: Final = 60.0  # plain Python makes a key in less, and a network is joined in 20 s
_ENTER_S: Final = 2.0
_ATTEMPTS: Final = 5  # a board that has just been reset listens a second or two later
_RELAX: Final = "import machine\nmachine.WDT(timeout=86_400_000)"
_RESET: Final = "import machine\nmachine.reset()"
_BOOT_S: Final = 10.0


class Session:
    """Where snippets run; `exec` as `provision.Repl` has it."""

    def __init__(self, board: Repl) -> None:
        self._board = board

    def exec(self, code: str) -> str:
        """Run code on the board; return what it printed, a traceback included. Raises PortError."""
        return self._board.exec(code, PATIENCE_S).decode("utf-8", "replace")


@contextmanager
def stopped(
    port: Port, patience_s: float = 0.0, find: Callable[[Port], Port] | None = None
) -> Iterator[Session]:
    """Interrupt what a board does, and start it again in the end. Raises PortError.

    ``patience_s`` is how long its port may stay away, as after a reset.
    """
    device = ports.awaited(port, patience_s, find)
    with repl.opened(device) as board:
        _enter(board, device)
        try:
            board.exec(_RELAX, _ENTER_S)
            board.restart(_BOOT_S)
            yield Session(board)
        except ports.GONE as error:
            raise PortError(
                f"{device} went away in the middle: plug the board in and run the same command again; its"
                " configuration is the old one or the new one, never half of one"
            ) from error
        finally:
            _reset(board)


def _enter(board: Repl, device: str) -> None:
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            board.enter(_ENTER_S)
        except SilentError:
            if attempt == _ATTEMPTS:
                raise PortError(
                    f"no MicroPython answers at {device}: press the board's RESET button and try again;"
                    " if it has none, flash it first (`sealmote flash`)"
                ) from None
            time.sleep(0.2)
        else:
            return


def _reset(board: Repl) -> None:
    """Start the application, unless the board is gone: then its next power-on does."""
    try:
        board.start(_RESET)
    except PortError:
        return
    except ports.GONE:
        return
