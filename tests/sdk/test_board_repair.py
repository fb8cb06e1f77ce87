"""`sealmote recover` on virtual boards: real bootloader protocol, real MicroPython before and after."""

import json
import random
import re
import shutil
import stat
import subprocess
import time
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from littlefs import LittleFS, UserContext

from bare_boards import bare_board
from base_images import STOCK, base_image
from commands import SEALMOTE, run_sealmote
from out_of_reach import CONFIG
from patience import PATIENCE_S
from sealmote import flash_layout
from sealmote.board.chips import chip
from sealmote.board.errors import PortError
from sealmote.board.flash import bootloader_session
from sealmote.board.images import base_image as base_images
from sealmote.board.images import filesystem, formats, image
from sealmote.board.recovery.salvage import Salvage, salvage
from sealmote.flash_layout import SECTOR
from sealmote.sim import Board
from sealmote.sim.storage import firmware
from sealmote.sim.virtual import VirtualBoard

IDENTITY, LOADER, VFS, DATA, TRIAL = map(
    flash_layout.layout().partition, ("identity", "vfs", "vfs_a", "data", "trial")
)
BOOTED = r" app: sealmote \S+ boot=(\d+) alg=ES256 thumbprint=([0-9a-f]{64})$"
SUPERBLOCKS = 2 * SECTOR


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Folder of a board that has sealed some readings, and nobody to send them to."""
    base = base_images.parse(base_image(chip("esp32c3")), chip("esp32c3"))
    board = Board.create(tmp_path_factory.mktemp("first") / "b", chip="esp32c3", bare=True)
    for region in image.build(base, firmware.files(), firmware.loader()).image.regions:
        put(board, region.address, region.data)
    board.write_file("/data/config.json", json.dumps(CONFIG).encode())
    board.write_file("/data/extra/name-in-folder", b"x" * 9)
    live(board, r" app: sealed 3/- ")
    return board.folder


@pytest.fixture
def board(first: Path, tmp_path: Path) -> Board:
    return Board.open(shutil.copytree(first, tmp_path / "board"))


@pytest.fixture
def before(board: Board) -> tuple[int, str]:
    """Its boot number and key."""
    return live(board, BOOTED)


def put(board: Board, address: int, content: bytes) -> None:
    with board.flash_path.open("r+b") as file:
        file.seek(address)
        file.write(content)


def held(board: Board, place: flash_layout.Partition) -> bytes:
    return board.flash_path.read_bytes()[place.address : place.end]


def live(board: Board, until: str) -> tuple[int, str]:
    """Give it power until it has said something; return its boot number and key."""
    heard = len(board.serial.history)
    with VirtualBoard(board):
        said = wait_for(board, heard, until)
    boots = [match for line in said if (match := re.search(BOOTED, line))]
    return int(boots[-1][1]), boots[-1][2]


def wait_for(board: Board, heard: int, until: str) -> list[str]:
    """Wait for a line among those that were not heard yet; return them all."""
    end = time.monotonic() + PATIENCE_S
    while not any(re.search(until, line) for line in board.serial.history[heard:]):
        assert time.monotonic() < end, board.serial.history[heard:]
        time.sleep(0.05)
    return board.serial.history[heard:]


def recover(board: Board, folder: Path, *options: str) -> tuple[int, Any]:
    """Run it on a board whose BOOT button is held, so that nothing else changes the flash."""
    with VirtualBoard(board, auto_reset=False) as virtual:
        virtual.reset(download=True)
        arguments = ["--port", virtual.port, "--json", "--backups", folder / "kept", *options]
        done = run_sealmote("recover", *arguments, timeout=180)
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def zero_superblocks(board: Board, place: flash_layout.Partition) -> None:
    put(board, place.address, bytes(SUPERBLOCKS))


def scatter_noise(board: Board, place: flash_layout.Partition) -> None:
    drawn = random.Random(7)
    for _ in range(40):
        put(board, place.address + drawn.randrange(place.size), drawn.randbytes(40))


@pytest.mark.parametrize("damage", [zero_superblocks, scatter_noise])
def test_damaged_firmware_comes_back_and_nothing_else_changes(
    damage: Callable[[Board, flash_layout.Partition], None],
    board: Board,
    before: tuple[int, str],
    tmp_path: Path,
) -> None:
    boot, key = before
    identity, data = held(board, IDENTITY), held(board, DATA)
    damage(board, VFS)
    raw = held(board, VFS)
    code, told = recover(board, tmp_path, "--yes")
    assert code == 0, told
    assert told["mended"]
    assert told["partitions"]["vfs_a"]["state"] == "damaged"
    assert told["partitions"]["data"]["state"] == "sound"
    assert (held(board, IDENTITY), held(board, DATA)) == (identity, data)
    backup = Path(told["backup"])
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    assert [region.data for region in read_backup(backup)] == [raw]
    assert live(board, r" app: sealed 1/- ") == (boot + 1, key)


def read_backup(path: Path) -> tuple[image.Region, ...]:
    return formats.read(path)[0].regions


def zero_folder(board: Board, name: bytes) -> None:
    """Wipe both halves of the folder whose entries have such a name."""
    content = held(board, DATA)
    blocks = [at for at in range(0, DATA.size, SECTOR) if name in content[at : at + SECTOR]]
    assert 0 < len(blocks) <= 2
    for at in blocks:
        put(board, DATA.address + at, bytes(SECTOR))


def test_a_damaged_loader_and_trial_record_are_made_anew(
    board: Board, before: tuple[int, str], tmp_path: Path
) -> None:
    boot, key = before
    zero_superblocks(board, LOADER)
    put(board, TRIAL.address, bytes(TRIAL.size))
    identity, data, code_ = held(board, IDENTITY), held(board, DATA), held(board, VFS)
    code, told = recover(board, tmp_path, "--yes")
    assert code == 0, told
    assert told["trial"] is None
    assert told["partitions"]["vfs"]["state"] == "damaged"
    assert told["partitions"]["vfs_a"]["state"] == "sound"
    assert held(board, TRIAL) == b"\xff" * TRIAL.size
    assert (held(board, IDENTITY), held(board, DATA), held(board, VFS)) == (identity, data, code_)
    assert live(board, BOOTED) == (boot + 1, key)


def test_what_can_be_read_of_damaged_data_is_put_back(
    board: Board, before: tuple[int, str], tmp_path: Path
) -> None:
    boot, key = before
    segments = [path for path in board.files() if path.endswith(".seg")]
    assert segments
    contents = [board.read_file(path) for path in segments]
    identity = held(board, IDENTITY)
    zero_folder(board, b"name-in-folder")
    damaged = board.flash_path.read_bytes()

    code, told = recover(board, tmp_path, "--plan")
    assert (code, told["mended"]) == (1, False)
    assert board.flash_path.read_bytes() == damaged

    code, told = recover(board, tmp_path, "--yes")
    assert code == 0, told
    data = told["partitions"]["data"]
    assert (data["state"], data["lost"]) == ("damaged", ["/extra/"])
    assert told["configured"]
    kept = [path for path in data["kept"] if path.endswith(".seg")]
    assert [path.removeprefix("/data") for path in segments] == kept
    assert [board.read_file(path) for path in segments] == contents
    assert held(board, IDENTITY) == identity
    assert live(board, r" app: sealed 1/- ") == (boot + 1, key)


def test_without_a_root_the_readings_come_back_and_the_configuration_does_not(
    board: Board, before: tuple[int, str], tmp_path: Path
) -> None:
    boot, key = before
    segments = {p: board.read_file(p) for p in board.files() if p.endswith(".seg")}
    zero_superblocks(board, DATA)
    raw = held(board, DATA)
    heard = len(board.serial.history)
    with VirtualBoard(board):
        wait_for(board, heard, "run `sealmote recover` on the computer")
    assert held(board, DATA) == raw
    code, told = recover(board, tmp_path, "--yes")
    assert code == 0, told
    assert told["partitions"]["data"]["why"] == "littlefs does not take it"
    assert told["partitions"]["data"]["lost"] == ["/"]
    assert not told["configured"]
    assert raw in [region.data for region in read_backup(Path(told["backup"]))]
    assert {p: board.read_file(p) for p in board.files() if p.endswith(".seg")} == segments
    board.write_file("/data/config.json", json.dumps(CONFIG).encode())
    heard = len(board.serial.history)
    assert live(board, r" app: sealed 1/- ") == (boot + 1, key)
    (kept,) = re.findall(r" outbox kept=(\d+) ", "\n".join(board.serial.history[heard:]))
    assert int(kept) >= 3


def test_a_blank_data_partition_is_left_to_the_board(board: Board, tmp_path: Path) -> None:
    put(board, DATA.address, b"\xff" * DATA.size)
    code, told = recover(board, tmp_path)
    assert (code, told["mended"]) == (0, False)
    assert told["partitions"]["data"]["state"] == "empty"


def test_a_sound_board_is_left_alone(board: Board, tmp_path: Path) -> None:
    before = board.flash_path.read_bytes()
    code, told = recover(board, tmp_path)
    assert (code, told["mended"], told["backup"]) == (0, False, None)
    assert board.flash_path.read_bytes() == before
    assert not (tmp_path / "kept").exists()


def test_nothing_is_written_without_an_answer(board: Board, tmp_path: Path) -> None:
    zero_superblocks(board, VFS)
    before = board.flash_path.read_bytes()
    code, said = recover(board, tmp_path)
    assert code == 1
    assert "say --yes" in said
    assert board.flash_path.read_bytes() == before


def test_a_board_of_another_layout_is_refused(board: Board, tmp_path: Path) -> None:
    put(board, flash_layout.TABLE_ADDRESS, STOCK.encode())
    code, said = recover(board, tmp_path, "--yes")
    assert code == 1
    assert "put an image on it with `sealmote flash`" in " ".join(said.split())


def test_files_of_ones_own_beside_the_firmware_stay(board: Board, tmp_path: Path) -> None:
    board.write_file("/lib/mine.py", b"VALUE = 1\n")
    board.write_file("/mote/app.mpy", b"M\x06\0\0 damaged")
    code, told = recover(board, tmp_path, "--yes")
    assert code == 0, told
    assert told["partitions"]["vfs_a"]["why"].startswith("1 files are not those")
    assert board.read_file("/lib/mine.py") == b"VALUE = 1\n"
    live(board, r" app: sealed 1/- ")


@pytest.mark.parametrize("moment", ["reading", "writing"])
def test_a_cable_that_is_pulled_is_said(moment: str, board: Board, tmp_path: Path) -> None:
    zero_superblocks(board, VFS)
    before = held(board, VFS)
    with VirtualBoard(board, auto_reset=False) as virtual:
        virtual.reset(download=True)
        arguments = ["--port", virtual.port, "--yes", "--backups", tmp_path / "kept"]
        with subprocess.Popen(
            [str(SEALMOTE), "recover", *map(str, arguments)],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        ) as process:  # fmt: skip
            assert process.stderr is not None
            if moment == "reading":
                assert "reading board" in process.stderr.readline()
            end = time.monotonic() + PATIENCE_S
            while moment == "writing" and held(board, VFS) == before:
                assert time.monotonic() < end
                assert process.poll() is None
                time.sleep(0.005)
            virtual.unplug()
            said = " ".join(process.stderr.read().split())
            assert process.wait(PATIENCE_S) == 1
    assert "went away: plug the board in and run the same command again" in said
    assert ("put it back with `sealmote flash --force" in said) == (moment == "writing")


def test_a_worker_that_has_died_before_its_order_is_said(tmp_path: Path) -> None:
    """Its pipe breaks; click takes a BrokenPipeError for a reader that left, and says nothing."""
    with bare_board(tmp_path, "esp32c3") as bare, bootloader_session.opened(bare.port) as connected:
        connected._process.kill()
        connected._process.wait()
        with pytest.raises(PortError, match="ended early"):
            connected.read(0, 4096)


def test_a_cable_that_fails_is_no_damage() -> None:
    content = filesystem.make({"/a": b"x" * 9000}, DATA.size)

    def read(offset: int, size: int) -> bytes:
        if offset >= SUPERBLOCKS:
            raise PortError("the cable")
        return content[offset : offset + size]

    with pytest.raises(PortError, match="the cable"):
        salvage(read, DATA.size)


def test_a_root_that_fell_back_to_its_beginnings_still_gives_the_outbox() -> None:
    files = {"/config.json": b"{}" * 99, "/outbox/00000001.seg": b"x" * 9000}
    content = bytearray(filesystem.make(files, DATA.size))
    for start in (0, SECTOR):
        at = content.find(b"config.json", start, start + SECTOR)
        if at >= 0:
            content[at] ^= 1
    found = salvage(lambda offset, size: bytes(content[offset : offset + size]), DATA.size)
    assert found.mounts
    assert found.lost == ("/",)
    assert found.files == {
        "/outbox/00000001.seg": b"x" * 9000
    }  # what was forgotten may be meant so
    empty = filesystem.make({}, DATA.size)
    assert salvage(lambda at, size: empty[at : at + size], DATA.size).sound


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 40 * SECTOR - 1), st.integers(0, 255)), max_size=60))
def test_whatever_the_damage_what_comes_back_is_files(hits: list[tuple[int, int]]) -> None:
    files = {f"/outbox/{n:08x}.seg": bytes([n]) * 9000 for n in range(4)} | {"/config.json": b"{}"}
    size = 40 * SECTOR
    content = bytearray(filesystem.make(files, size))
    for at, value in hits:
        content[at] = value
    found = salvage(lambda offset, length: bytes(content[offset : offset + length]), size)
    assert set(found.files) <= set(files)
    assert filesystem.make(found.files, size)


steps = st.tuples(
    st.sampled_from(["write", "append", "remove"]),
    st.sampled_from(["/a", "/b", "/outbox/a", "/outbox/b", "/outbox/c", "/x/y/z"]),
    st.sampled_from([0, 1, 127, 129, 4087, 4088, 4089, 8180, 12_269, 40_000]),
)


@settings(max_examples=40, deadline=None)
@given(st.lists(steps, max_size=60))
def test_a_sound_filesystem_is_read_as_littlefs_reads_it(
    history: list[tuple[str, str, int]],
) -> None:
    size = 160 * SECTOR
    context, expected = UserContext(size), {}
    mounted = LittleFS(context=context, mount=False, **filesystem.geometry(size))
    mounted.format()
    mounted.mount()
    for number, (kind, path, length) in enumerate(history):
        content = random.Random(number).randbytes(length)
        if kind == "remove":
            if expected.pop(path, None) is not None:
                mounted.remove(path)
            continue
        mounted.makedirs(str(PurePosixPath(path).parent), exist_ok=True)
        longer = kind == "append" and path in expected
        with mounted.open(path, "ab" if longer else "wb") as file:
            file.write(content)
        expected[path] = (expected[path] if longer else b"") + content
    raw = bytes(context.buffer)
    assert salvage(lambda at, length: raw[at : at + length], size) == Salvage(True, expected, ())
