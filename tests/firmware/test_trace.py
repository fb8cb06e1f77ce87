"""The last resort tells a traceback in the source's names, and never fails over it."""

from pathlib import Path

import pytest

from patience import PATIENCE_S
from sealmote.sim import Board, Conditions

NAMES = b"AF_INET=begin|_least\nAF_INET6=BrokenError\nARRAY=_width\n"
SAFE = """
class AF_INET6(Exception):
    pass
def AF_INET():
    %s
"""
_RAISE = "raise AF_INET6('AF_INET is a word of the text')"


@pytest.fixture
def board(tmp_path: Path) -> Board:
    made = Board.create(tmp_path / "board")
    made.install(None, {})
    main = made.read_file("/main.py").replace(b"safe_mode.begin()", b"safe_mode.AF_INET()")
    made.write_file("/main.py", main)
    return made


def told(board: Board, raising: str) -> list[str]:
    """Return what a board prints whose safe mode, the first thing that main.py calls, raises."""
    board.write_file("/mote/power/safe_mode.py", (SAFE % raising).encode())
    with board:
        board.start(Conditions(virtual=True, seed=1))
        board.serial.wait_for("main: restarting", PATIENCE_S)
        return [line for line in board.serial.history if line]


def test_functions_and_errors_are_told_in_their_old_names(board: Board) -> None:
    board.write_file("/mote/names", NAMES)
    lines = told(board, _RAISE)
    assert any(line.endswith(", in begin|_least") and "safe_mode.py" in line for line in lines)
    assert "BrokenError: AF_INET is a word of the text" in lines


def test_an_attribute_that_is_not_there_is_told_too(board: Board) -> None:
    board.write_file("/mote/names", NAMES)
    lines = told(board, "AF_INET6().ARRAY")
    assert "AttributeError: 'BrokenError' object has no attribute '_width'" in lines


@pytest.mark.parametrize("content", [None, b"\xff\xfe=\xff\n"])
def test_without_names_it_is_the_traceback_as_it_is(board: Board, content: bytes | None) -> None:
    if content is not None:
        board.write_file("/mote/names", content)
    lines = told(board, _RAISE)
    assert any(line.endswith(", in AF_INET") for line in lines)
    assert "AF_INET6: AF_INET is a word of the text" in lines
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
    board.write_file("/mote/names", NAMES * 100)
    lines = told(board, _FILL % (loaded, room))
    assert any(line.startswith("MemoryError") for line in lines)
    assert sum("Traceback" in line for line in lines) == 1


def test_a_board_without_the_module_tells_it_plainly(board: Board) -> None:
    board.remove_file("/mote/trace.py")
    lines = told(board, _RAISE)
    assert "AF_INET6: AF_INET is a word of the text" in lines
