"""The flash, from the board's side, against a model of NOR flash: in the file it is real."""

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmote import flash_layout
from sealmote.sim import Board, BoardFilesError, BoardInUseError, SimulatorMissingError
from sealmote.sim.storage import flash, partitions

SIZE = 0x2000
SECTOR = 4096

RUN = """
import json
import sys
from binascii import unhexlify
from esp32 import Partition
identity = Partition("identity")
for kind, place, data in json.loads(%r):
    if kind == "erase":
        identity.ioctl(6, place)
    elif kind == "block":
        identity.writeblocks(place, unhexlify(data) * 16)
    else:
        identity.writeblocks(place // 4096, unhexlify(data), place %% 4096)
whole = bytearray(8192)
identity.readblocks(0, whole)
print(whole.hex())
"""

writes = st.integers(0, SIZE - 1).flatmap(
    lambda place: st.tuples(
        st.just("write"), st.just(place), st.binary(min_size=1, max_size=min(300, SIZE - place))
    )
)
erases = st.tuples(st.just("erase"), st.integers(0, 1), st.just(b""))
blocks = st.tuples(st.just("block"), st.integers(0, 1), st.binary(min_size=256, max_size=256))


def model(memory: bytearray, kind: str, place: int, data: bytes) -> None:
    """NOR flash: erase sets a sector, a write clears bits, a block write does both."""
    if kind in ("erase", "block"):
        start = place * SECTOR
        memory[start : start + SECTOR] = b"\xff" * SECTOR
    if kind == "block":
        memory[place * SECTOR : (place + 1) * SECTOR] = data * 16
    if kind == "write":
        for index, value in enumerate(data):
            memory[place + index] &= value


@settings(max_examples=20, deadline=None)
@given(st.lists(writes | erases | blocks, max_size=40))
def test_writes_clear_bits_and_erases_set_them(
    tmp_path_factory: pytest.TempPathFactory, operations: list[tuple[str, int, bytes]]
) -> None:
    board = Board.create(tmp_path_factory.mktemp("board"))
    expected = bytearray(b"\xff" * SIZE)
    for operation in operations:
        model(expected, *operation)
    sent = json.dumps([(kind, place, data.hex()) for kind, place, data in operations])
    seen = bytes.fromhex(board.exec(RUN % sent))
    assert seen == expected
    address = partitions.partition("identity").address
    assert board.flash_path.read_bytes()[address : address + SIZE] == expected


@pytest.mark.parametrize(
    ("call", "error"),
    [
        ("readblocks(2, bytearray(1))", "-260"),
        ("readblocks(3, bytearray(1))", "-258"),
        ("writeblocks(1, bytes(2), 4095)", "-260"),
        ("writeblocks(0, bytes(100))", "-260"),
        ("ioctl(6, 2)", "-260"),
    ],
)
def test_outside_the_partition_is_refused_as_esp_idf_does(
    board: Board, call: str, error: str
) -> None:
    before = board.flash_path.read_bytes()[: partitions.partition("vfs").address]
    code = f"""
from esp32 import Partition
try:
    Partition("identity").{call}
except OSError as error:
    print(error.args[0])
"""
    assert board.exec(code).strip() == error
    assert board.flash_path.read_bytes()[: partitions.partition("vfs").address] == before


def test_ioctl_tells_the_geometry(board: Board) -> None:
    code = "from esp32 import Partition; p = Partition('vfs'); print(p.ioctl(4, 0), p.ioctl(5, 0))"
    assert board.exec(code).split() == ["16", "4096"]


@pytest.mark.parametrize("size", flash_layout.FLASH_SIZES)
def test_created_erased_but_for_its_table_and_the_loader(tmp_path: Path, size: int) -> None:
    path = tmp_path / "flash.bin"
    flash.create(path, size)
    image = path.read_bytes()
    assert len(image) == size
    layout = flash_layout.layout(size)
    table, vfs = layout.encode(), layout.partition("vfs")
    assert image[0x8000 : 0x8000 + len(table)] == table
    assert b"littlefs" in image[vfs.address : vfs.end]
    rest = image[:0x8000] + image[0x8000 + len(table) : vfs.address] + image[vfs.end :]
    assert rest == b"\xff" * len(rest)


def test_an_existing_flash_is_not_overwritten(board: Board) -> None:
    with pytest.raises(BoardFilesError, match="has a board"):
        Board.create(board.folder)


def test_an_existing_image_is_not_overwritten(board: Board) -> None:
    with pytest.raises(BoardFilesError, match="exists"):
        flash.create(board.flash_path)


def test_without_file_locks_there_is_no_simulator(
    board: Board, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "fcntl", None)  # as on Windows
    with pytest.raises(SimulatorMissingError, match="Linux or macOS"):
        board.exec("1")


def test_one_process_at_a_time(board: Board) -> None:
    other = Board.open(board.folder)
    with board:
        board.start()
        with pytest.raises(BoardInUseError, match="stop that board first"):
            other.start()
        with pytest.raises(BoardInUseError):
            other.read_file("/boot.py")
    other.exec("pass")


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board.create(tmp_path / "board")
