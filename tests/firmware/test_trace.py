"""The last resort tells a traceback, and never fails over it."""

from pathlib import Path

import pytest

from patience import PATIENCE_S
from sealmote.sim import Board, Conditions

SAFE = """
class BrokenError(Exception):
    pass
def begin():
    %s
"""
_RAISE = "raise BrokenError('a word of the text')"


@pytest.fixture
def board(tmp_path: Path) -> Board:
    made = Board.create(tmp_path / "board")
    made.install(None, {})
    return made


def told(board: Board, raising: str) -> list[str]:
    """Return what a board prints whose safe mode, the first thing that main.py calls, raises."""
    board.write_file("/mote/power/safe_mode.py", (SAFE % raising).encode())
    with board:
        board.start(Conditions(virtual=True, seed=1))
        board.serial.wait_for("main: restarting", PATIENCE_S)
        return [line for line in board.serial.history if line]


def test_functions_and_errors_are_told(board: Board) -> None:
    lines = told(board, _RAISE)
    assert any(line.endswith(", in begin") and "safe_mode.py" in line for line in lines)
    assert "BrokenError: a word of the text" in lines
    assert sum("Traceback" in line for line in lines) == 1


_FILL = """%s
    global kept
    kept = None
    try:
        while True:
            kept = [kept, bytearray(8)]
    except MemoryError:
        for _ in range(%d):
            kept = kept[0]
        raise
"""


@pytest.mark.parametrize("loaded", ["from mote import trace", "pass"])
@pytest.mark.parametrize("room", [16, 40, 80, 160])
def test_a_full_heap_is_no_reason_to_say_nothing(board: Board, loaded: str, room: int) -> None:
    lines = told(board, _FILL % (loaded, room))
    assert any(line.startswith("MemoryError") for line in lines)
    assert sum("Traceback" in line for line in lines) == 1


def test_a_board_without_the_module_tells_it_plainly(board: Board) -> None:
    board.remove_file("/mote/trace.py")
    lines = told(board, _RAISE)
    assert "BrokenError: a word of the text" in lines
