"""A simulated board's lives, from one reset to the next."""

import contextlib
import os
import signal
import time
from pathlib import Path

import pytest

from patience import PATIENCE_S
from plugged import PluggedBoard
from sealmote.board.port import repl
from sealmote.sim import Board, BoardCrashedError
from sealmote.sim.runtime.power import Power


def test_a_simulation_that_fails_does_not_look_like_a_board_switched_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Power) -> None:
        raise KeyError("what nobody thought of")

    monkeypatch.setattr(Power, "_live", fail)
    board = Board.create(tmp_path / "board")
    board.start()
    try:
        with pytest.raises(BoardCrashedError, match="the simulated board failed: KeyError"):
            board.wait_off(PATIENCE_S)
    finally:
        board.kill()


def test_ctrl_c_in_the_moment_the_prompt_begins_leaves_the_board_at_it(tmp_path: Path) -> None:
    board = PluggedBoard(tmp_path)
    board.board.write_file("/main.py", b"print('main ran')\n")
    board.plug_in()
    try:
        _survives_an_interrupt(board)
    finally:
        board.unplug()
    assert board.board.serial.history.count("main ran") == 1


def _survives_an_interrupt(board: PluggedBoard) -> None:
    board.board.wait_idle(PATIENCE_S)
    pid = board.board.pid
    assert pid is not None
    end = time.monotonic() + PATIENCE_S
    while board.board.pid in (pid, None):
        assert time.monotonic() < end
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGINT)  # the Unix port outlives one before its prompt, none at it
        time.sleep(0.1)
    board.board.wait_idle(PATIENCE_S)
    with repl.opened(board.port) as answering:
        answering.enter(PATIENCE_S)
        assert answering.exec("print(3 + 4)", PATIENCE_S).strip(b"\r\n\x04") == b"7"
