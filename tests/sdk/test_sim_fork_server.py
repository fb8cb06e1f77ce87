"""Boards forked from one interpreter that has started already."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from patience import PATIENCE_S
from sealmote.sim import Board, BoardCrashedError, Conditions, ForkServer


@pytest.fixture(scope="module")
def fork_server() -> Iterator[ForkServer]:
    with ForkServer() as server:
        yield server


def test_a_hundred_boards_at_once(tmp_path: Path, fork_server: ForkServer) -> None:
    boards = [Board.create(tmp_path / str(n), launcher=fork_server) for n in range(100)]
    for board in boards:
        board.write_file("/main.py", b"import time\nprint('up')\ntime.sleep(600)\n")
    for board in boards:
        board.start()
    for board in boards:
        board.serial.wait_for("up", PATIENCE_S)
    pids = {board.pid for board in boards}
    assert len(pids) == 100
    for board in boards:
        board.kill()
    assert not any(running(pid) for pid in pids if pid)


def running(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_resets_ctrl_c_and_snippets_as_with_a_process_each(
    tmp_path: Path, fork_server: ForkServer
) -> None:
    board = Board.create(tmp_path / "board", launcher=fork_server)
    board.write_file(
        "/main.py",
        b"import machine, time\nprint(machine.reset_cause())\n"
        b"if machine.reset_cause() == 1:\n    machine.reset()\ntime.sleep(600)\n",
    )
    with board:
        board.start()
        board.serial.wait_for("^2$", PATIENCE_S)
        board.stop(grace=PATIENCE_S)
    assert board.serial.history[:2] == ["1", "2"]
    assert "KeyboardInterrupt" in board.serial.history[-2] + board.serial.history[-1]
    assert board.exec("import os; print(os.listdir('/'))") == "['main.py']\n"


def test_a_compiled_device_side_is_the_same_board(tmp_path: Path) -> None:
    code = "import time; time.sleep(5); print(time.time(), __import__('os').uname().machine)"
    with ForkServer(compiled=True) as quick:
        board = Board.create(tmp_path / "board", launcher=quick)
        found = board.exec(code, conditions=Conditions(virtual=True))
        assert quick.device != ForkServer.__dict__.get("device")
        assert quick.device.is_dir()
    assert found == "5 Generic ESP32 module with ESP32\n"
    assert not quick.device.exists()


def test_boards_end_with_their_nursery(tmp_path: Path) -> None:
    with ForkServer() as short_lived:
        board = Board.create(tmp_path / "board", launcher=short_lived)
        board.write_file("/main.py", b"import time\nprint('up')\ntime.sleep(600)\n")
        board.start()
        board.serial.wait_for("up", PATIENCE_S)
        pid = board.pid
    assert pid
    deadline = time.monotonic() + PATIENCE_S
    while running(pid):
        assert time.monotonic() < deadline
        time.sleep(0.05)
    with pytest.raises(BoardCrashedError):
        board.wait_idle(PATIENCE_S)
    board.kill()
