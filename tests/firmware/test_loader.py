"""The loader on a simulated board: which of two firmwares it starts, whatever becomes of a trial."""

import random
import re
import shutil
from pathlib import Path

import pytest

from mote.storage.trial import STARTS
from sealmote import flash_layout, trial_record
from sealmote.sim import Board, BoardFilesError, Conditions, Fault, ForkServer
from sealmote.sim.storage import partitions
from trials import PLACE, put, put_on_trial, record

FIRMWARE = Path(__file__).parents[2] / "firmware"
SLOT_B = partitions.partition("vfs_b")
A, B = flash_layout.SLOTS


def program(board: Board, slot: str, main: str, boot: str = "") -> None:
    """Give a file system a firmware of a few lines."""
    source = board.folder / slot
    for package in ("mote", "sealwire"):
        shutil.copytree(FIRMWARE / package, source / package, dirs_exist_ok=True)
    (source / "main.py").write_text(main)
    (source / "boot.py").write_text(boot)
    board.install(source, slot=slot)


def lives(board: Board, seconds: float, *faults: Fault, seed: int = 1) -> list[str]:
    """Run for so long; return what was printed."""
    before = len(board.serial.history)
    with board:
        off = Fault("switch-off", at=seconds)
        board.start(Conditions(virtual=True, seed=seed, faults=(*faults, off)))
        board.wait_off(120)
    return [line for line in board.serial.history[before:] if not line.startswith(" ")]


@pytest.fixture
def board(tmp_path: Path, fork_server: ForkServer) -> Board:
    board = Board.create(tmp_path / "board", launcher=fork_server)
    program(board, A, "print('A runs')")
    return board


RESTARTS = "import machine, time\nprint('B runs')\ntime.sleep(1)\nmachine.reset()"


def test_a_board_as_it_was_flashed_starts_the_first_and_writes_nothing(board: Board) -> None:
    before = board.flash_path.read_bytes()
    assert lives(board, 5) == ["A runs"]
    assert board.flash_path.read_bytes() == before
    assert board.shared_state.operations == 0


def test_each_start_on_trial_is_counted_and_then_the_good_one_runs(board: Board) -> None:
    program(board, B, RESTARTS)
    put_on_trial(board)
    told = lives(board, 60)
    assert [line for line in told if "runs" in line] == ["B runs"] * STARTS + ["A runs"]
    assert told[0] == f"loader: vfs_b is on trial, {STARTS - 1} starts left"
    assert record(board) == trial_record.Trial(A, "failed", 0)
    assert lives(board, 5) == ["A runs"]


@pytest.mark.parametrize(
    ("main", "boot"),
    [
        ("import time\nwhile True: time.sleep(1)", ""),  # hangs
        ("print('B runs'", ""),  # does not compile: ends at the prompt
        ("print('B runs')", ""),  # has nothing to do, and ends there too
        ("", "import nothing"),  # boot.py fails
        ("import machine\nprint('B runs')\nmachine.deepsleep(60_000)", ""),
    ],
)  # fmt: skip
def test_what_never_confirms_goes_back(board: Board, main: str, boot: str) -> None:
    program(board, B, main, boot)
    put_on_trial(board)
    told = lives(board, STARTS * (900 + 60))
    assert told[-1] == "A runs"
    assert sum("is on trial" in line for line in told) == STARTS
    assert record(board) == trial_record.Trial(A, "failed", 0)


def test_a_trial_of_nothing_or_of_rubbish_goes_back_at_once(board: Board) -> None:
    rubbish = random.Random(1).randbytes(2 * flash_layout.SECTOR)
    for content in (rubbish, bytes(2 * flash_layout.SECTOR)):
        put(board, SLOT_B, content)
        put_on_trial(board)
        told = lives(board, 5)
        assert told[0].startswith("loader: vfs_b is on trial and does not mount")
        assert told[1:] == ["A runs"]
        assert record(board) == trial_record.Trial(A, "failed", 0)


def test_modules_are_those_of_the_file_system_that_runs(board: Board) -> None:
    program(board, B, "import mote, sys\nprint(mote.VERSION, sys.argv)")
    path = board.folder / B / "mote" / "__init__.py"
    path.write_text(path.read_text().replace("VERSION = ", "VERSION = 'new ' + "))
    board.install(board.folder / B, slot=B)
    put_on_trial(board)
    assert re.fullmatch(r"new \S+ \['vfs_b'\]", lives(board, 5)[1])


def test_a_good_one_that_is_damaged_is_not_replaced_by_the_other(board: Board) -> None:
    program(board, B, "print('B runs')")  # an update that nobody has checked yet, say
    place = partitions.partition(A)
    put(board, place, bytes(2 * flash_layout.SECTOR))
    told = "\n".join(lives(board, 30))
    assert "the file system vfs_a, the firmware's, is damaged" in told
    assert "run `sealmote recover` on the computer" in told
    assert "runs" not in told
    with pytest.raises(BoardFilesError, match="vfs_a is corrupt"):
        board.files()


def test_a_damaged_record_starts_the_first_and_says_so(board: Board) -> None:
    put(board, PLACE, bytes(PLACE.size))
    assert lives(board, 5) == [
        "loader: the record of the trial is damaged or missing: run `sealmote recover`",
        "A runs",
    ]


def test_a_cut_at_every_write_of_the_record(board: Board, tmp_path: Path) -> None:
    """Whatever a cut leaves, B is started as often as it has starts, or once more, and then A."""
    program(board, B, RESTARTS)
    put_on_trial(board)
    fresh = board.flash_path.read_bytes()
    lives(board, 60)
    operations = board.shared_state.operations
    assert operations == 2 * (STARTS + 1)  # an erase and a write each
    for number in range(1, operations + 1):
        for seed in range(3):  # torn in ways of its own each
            board.flash_path.write_bytes(fresh)
            cut = Fault("power-cut", op=board.shared_state.operations + number, off=1.0)
            told = [line for line in lives(board, 90, cut, seed=seed) if line.endswith("runs")]
            assert told[-1] == "A runs"
            assert told[:-1] == ["B runs"] * (len(told) - 1)
            assert (
                STARTS <= len(told) - 1 <= STARTS + 1
            )  # one that was not counted was not started either
            assert record(board) == trial_record.Trial(A, "failed", 0)
