"""How a virtual board looks at its port: its greeting, heap and history, and a USB that starts late."""

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import serial
from intelhex import IntelHex

from base_images import base_image
from sealmote import flash_layout
from sealmote.board.chips import CHIPS
from sealmote.board.images import base_image as base_images
from sealmote.board.images import image
from sealmote.board.images.artifacts import write
from sealmote.sim import Board
from sealmote.sim.storage import firmware
from sealmote.sim.virtual import VirtualBoard

ANSWERS_WITHIN_S = 30


@pytest.fixture(scope="module")
def flashed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A flash image for each chip, as `sealmote flash` leaves it."""
    found = {}
    for known in CHIPS:
        if known.name == "esp32":
            continue
        folder = tmp_path_factory.mktemp(known.name)
        built = image.build(
            base_images.parse(base_image(known), known), firmware.files(), firmware.loader()
        )
        board = Board.create(folder / "board", chip=known.name)  # type: ignore[arg-type]  # the same names
        content = IntelHex(str(write(built, folder / "image.hex").hex))
        with board.flash_path.open("r+b") as flash:
            for start, end in content.segments():
                flash.seek(start)
                flash.write(content.tobinstr(start=start, end=end - 1))
        found[known.name] = board.flash_path
    return found


def made(folder: Path, chip: str, flashed: dict[str, Path]) -> Board:
    board = Board.create(folder, chip=chip)  # type: ignore[arg-type]  # one of those
    shutil.copyfile(flashed[chip], board.flash_path)
    return board


@contextmanager
def plugged(board: Board) -> Iterator[serial.Serial]:
    with (
        VirtualBoard(board) as virtual,
        serial.Serial(virtual.port, timeout=ANSWERS_WITHIN_S) as line,
    ):
        yield line


@pytest.fixture
def board(tmp_path: Path, flashed: dict[str, Path]) -> Board:
    """A board whose program is empty, so that its prompt comes at once."""
    board = made(tmp_path / "board", "esp32c3", flashed)
    board.write_file("/boot.py", b"")
    board.write_file("/main.py", b"")
    return board


def prompt(line: serial.Serial) -> bytes:
    """Ask for the prompt; return what it greets with."""
    line.write(b"\x03\x02")
    line.read_until(b">>> ")
    line.write(b"\x02")
    return bytes(line.read_until(b">>> "))


def test_it_greets_as_the_chips_own_image_does(board: Board) -> None:
    with plugged(board) as line:
        greeting = prompt(line)
    assert greeting.lstrip().startswith(b"MicroPython ")
    assert b"; ESP32C3 module with ESP32C3\r\n" in greeting
    assert b"linux" not in greeting.lower()


def test_its_heap_is_a_chips(board: Board) -> None:
    code = b"import gc; gc.collect(); print([gc.mem_free(), gc.mem_alloc()])\r"
    with plugged(board) as line:
        prompt(line)
        line.write(code)
        said = line.read_until(b"]\r\n>>> ")
    free, used = json.loads(said[said.rindex(b"[") : said.rindex(b"]") + 1])
    assert (
        210_000 < free < 253_000
    )  # of a 64-bit interpreter's objects, as 150 to 182 kB of a chip's
    assert 0 < used < 28_000


def test_what_is_typed_is_kept_nowhere(
    board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / ".micropython.history").write_text("print('of another day')\n")
    monkeypatch.setenv("HOME", str(home))
    with plugged(board) as line:
        prompt(line)
        line.write(b"print('secret')\r")
        line.read_until(b"secret\r\n>>> ")
        line.write(b"\x04")  # leaves the Unix port's prompt, which writes its history then
        line.read_until(b">>> ")
        line.write(b"\x1b[A")  # up: what was typed before
        line.write(b"\r")
        assert b"another day" not in line.read_until(b">>> ")
    assert [path.name for path in home.iterdir()] == [".micropython.history"]
    assert (home / ".micropython.history").read_text() == "print('of another day')\n"


def test_a_usb_that_starts_late_still_has_what_keeps_the_board_from_starting(
    tmp_path: Path, flashed: dict[str, Path]
) -> None:
    """An S3 speaks USB itself: what its program says in the first moments nobody has."""
    board = made(tmp_path / "board", "esp32s3", flashed)
    data = flash_layout.layout().partition("data")
    with board.flash_path.open("r+b") as flash:
        flash.seek(data.address)
        flash.write(os.urandom(64 * 1024))
    with plugged(board) as line:
        said = line.read_until(b">>> ")
        assert b"the filesystem in the partition data is damaged" in said
        assert b"sealmote recover" in said
