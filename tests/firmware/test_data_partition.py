"""/data on a simulated board: formatted once, kept by a new firmware, never formatted over readings."""

import random
from itertools import product
from pathlib import Path

import pytest

from sealmote.sim import Board, Conditions, Fault
from sealmote.sim.storage import partitions

DATA = partitions.partition("data")
STARTED = r"^E .* app: no /data/config.json"


@pytest.fixture
def board(tmp_path: Path) -> Board:
    board = Board.create(tmp_path / "board")
    board.install()
    return board


def boot(board: Board, conditions: Conditions | None = None) -> bool:
    """Boot to the end of main.py; whether it ran."""
    with board:
        board.start(conditions or Conditions(virtual=True))
        return board.wait_idle(30)


def put(board: Board, offset: int, content: bytes) -> None:
    with board.flash_path.open("r+b") as file:
        file.seek(DATA.address + offset)
        file.write(content)


def data_of(board: Board) -> bytes:
    return board.flash_path.read_bytes()[DATA.address : DATA.end]


def test_the_first_boot_formats_and_the_next_does_not(board: Board) -> None:
    assert boot(board)
    board.serial.wait_for(STARTED, 1)
    formatted = data_of(board)
    assert formatted[2 * 4096 :] == b"\xff" * (DATA.size - 2 * 4096)
    assert boot(board)
    assert data_of(board) == formatted


def test_a_new_firmware_leaves_configuration_and_outbox(board: Board) -> None:
    board.write_file("/data/config.json", b"{}")
    board.write_file("/data/outbox/00000001.seg", b"reading")
    before = data_of(board)
    board.remove_file("/mote")
    board.install()
    assert data_of(board) == before
    assert (
        board.exec("import os; print(os.listdir('/data'))").strip() == "['config.json', 'outbox']"
    )


def test_a_cut_at_every_operation_of_the_first_format(board: Board, tmp_path: Path) -> None:
    assert boot(board)
    operations = board.shared_state.operations
    assert operations >= 4  # two blocks, erased and programmed
    for number, seed in product(range(1, operations + 1), range(4)):  # torn in four ways each
        cut = Board.create(tmp_path / f"{number}-{seed}")
        cut.install()
        fault = Fault("power-cut", op=number, off=1.0)
        assert boot(cut, Conditions(virtual=True, seed=seed, faults=(fault,)))
        assert cut.shared_state.lives == 2, "the power was never cut"
        assert any(" app: no /data/config.json" in line for line in cut.serial.history)
        cut.write_file("/data/config.json", b"{}")


@pytest.mark.parametrize("where", ["superblocks", "everywhere"])
def test_what_may_hold_readings_is_left_as_it_is(board: Board, where: str) -> None:
    board.write_file("/data/outbox/00000001.seg", b"reading" * 999)
    size = 2 * 4096 if where == "superblocks" else DATA.size
    put(board, 0, random.Random(1).randbytes(size))
    before = data_of(board)
    assert not boot(board)
    said = "\n".join(board.serial.history)
    assert "run `sealmote recover` on the computer" in said
    assert "no /data/config.json" not in said  # main.py did not run
    assert data_of(board) == before


def test_a_board_without_the_partition_says_what_to_do(board: Board) -> None:
    *others, data = partitions.LAYOUT
    assert data == DATA
    with board.flash_path.open("r+b") as file:
        file.seek(partitions.TABLE_ADDRESS + len(others) * 32)
        file.write(b"\xff" * 32)
    assert not boot(board)
    assert any("no partition named data: flash the board" in line for line in board.serial.history)
