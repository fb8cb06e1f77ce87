"""The board's littlefs: written by either side, read by the other, whole after any power cut."""

import random
import time
from pathlib import Path

import pytest

from patience import PATIENCE_S
from sealmote.sim import Board, BoardFilesError
from sealmote.sim.storage import partitions

WRITER = b"""
number = 0
try:
    with open("count") as file:
        number = int(file.read())
except OSError:
    pass
while True:
    number += 1
    with open("f%d" % (number % 50), "w") as file:
        file.write(str(number) * 300)
    with open("count", "w") as file:
        file.write(str(number))
    print(number)
"""


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board.create(tmp_path / "board")


def test_host_writes_board_reads(board: Board) -> None:
    board.write_file("/lib/deep/er/module.py", b"VALUE = 42\n")
    board.write_file("/data.bin", bytes(range(256)) * 100)
    found = board.exec(
        """
import os
from deep.er import module
with open("/data.bin", "rb") as file:
    data = file.read()
print(module.VALUE, data == bytes(range(256)) * 100, os.listdir("/"))
"""
    )
    assert found.strip() == "42 True ['data.bin', 'lib']"


def test_board_writes_host_reads(board: Board) -> None:
    board.exec("import os; os.mkdir('d'); f = open('d/x', 'wb'); f.write(bytes(9000)); f.close()")
    assert board.read_file("/d/x") == bytes(9000)
    assert board.files() == ["/d/x"]
    board.remove_file("/d")
    assert board.files() == []


def test_a_missing_file_is_said_to_be_missing(board: Board) -> None:
    with pytest.raises(BoardFilesError, match="no file /nothing"):
        board.read_file("/nothing")


def test_an_erased_filesystem_is_set_up(board: Board) -> None:
    with board:
        board.start()
        board.wait_idle(PATIENCE_S)
    start = partitions.partition("vfs_a").address
    assert b"littlefs" in board.flash_path.read_bytes()[start : start + 2 * partitions.SECTOR]
    assert board.files() == []


def test_without_the_loader_it_is_the_port_that_sets_it_up(board: Board) -> None:
    place = partitions.partition("vfs")
    with board.flash_path.open("r+b") as file:
        file.seek(place.address)
        file.write(b"\xff" * place.size)
    with board:
        board.start()
        board.wait_idle(PATIENCE_S)
    assert "Performing initial setup" in board.serial.history
    assert board.exec("import os; print(os.listdir('/'))").strip() == "['boot.py']"


def test_full_is_an_error_and_not_a_damage(board: Board) -> None:
    board.write_file("/kept", b"kept")
    with pytest.raises(BoardFilesError, match="full"):
        board.write_file("/much", bytes(3 * 1024 * 1024))
    assert board.read_file("/kept") == b"kept"


def test_a_corrupt_filesystem_stops_the_boot_as_on_the_port(board: Board) -> None:
    board.exec("pass")
    for label in ("vfs", "vfs_a"):
        with board.flash_path.open("r+b") as file:
            file.seek(partitions.partition(label).address)
            file.write(bytes(8192))  # both copies of the superblock
    with pytest.raises(BoardFilesError, match="vfs_a is corrupt"):
        board.files()
    with board:
        board.start()
        board.serial.wait_for("appears to be corrupted", PATIENCE_S)


def test_nothing_of_the_host_can_be_reached(board: Board) -> None:
    found = board.exec(
        f"""
import os
print(os.listdir("/"), hasattr(os, "system"), hasattr(os, "getenv"))
try:
    open({str(board.folder / "board.json")!r})
except OSError as error:
    print(error.errno)
"""
    )
    assert found.split("\n")[:2] == ["[] False False", "2"]


def test_what_was_closed_survives_power_cuts(board: Board) -> None:
    board.write_file("/main.py", WRITER)
    drawn = random.Random(2)
    last = 0
    for _ in range(12):
        seen = len(board.serial.history)
        with board:
            board.start()
            board.serial.wait_for(rf"^{last + 3}$", PATIENCE_S)
            time.sleep(drawn.uniform(0, 0.15))
            board.kill()
        last = int(board.serial.history[-1]) if len(board.serial.history) > seen else last
        count = int(board.read_file("/count"))
        assert count in (last, last + 1)
        for number in range(max(1, count - 48), count + 1):
            assert board.read_file(f"/f{number % 50}").decode() == str(number) * 300
        last = count
    assert last >= 36
