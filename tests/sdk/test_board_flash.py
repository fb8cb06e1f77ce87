"""`sealmote flash` on bootloaders behind ptys: plan, refusal, backup, batch, and what goes wrong."""

import json
import os
import signal
import stat
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bare_boards import BareBoard, bare_board
from base_images import STOCK, base_image
from commands import SEALMOTE
from sealmote import flash_layout
from sealmote.board.chips import chip
from sealmote.board.images import base_image as base_images
from sealmote.board.images import filesystem, formats, image
from sealmote.board.images.artifacts import Written, write
from sealmote.board.recovery.salvage import salvage
from sealmote.sim.storage import firmware

LAYOUT = flash_layout.layout()
IDENTITY, VFS, DATA = map(LAYOUT.partition, ("identity", "vfs", "data"))
# Before there was a data partition the filesystem took all, configuration and outbox with it.
OLD_VFS = replace(VFS, size=DATA.end - VFS.address)
OLD_LAYOUT = flash_layout.Layout((*LAYOUT.partitions[:3], IDENTITY, OLD_VFS))
# And before there were two filesystems for the firmware it had one of 768 KiB, and the data followed it.
ONE_SLOT_DATA = replace(DATA, address=0x2C0000, size=0x140000)
ONE_SLOT = flash_layout.Layout(
    (*LAYOUT.partitions[:3], IDENTITY, replace(VFS, size=0xC0000), ONE_SLOT_DATA)
)
KEPT = {"/config.json": b"{}", "/outbox/account": b"x", "/outbox/00000001.seg": b"sealed" * 99}
SECRET = b"SMid" + bytes(range(200))


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Written]:
    folder = tmp_path_factory.mktemp("images")
    made = {}
    for name in ("esp32", "esp32c3"):
        base = base_images.parse(base_image(chip(name)), chip(name))
        made[name] = write(
            image.build(base, firmware.files(), firmware.loader()), folder / f"{name}.hex"
        )
    base = base_images.parse(base_image(chip("esp32c3"), app_size=0x1C0000), chip("esp32c3"))
    made["large"] = write(
        image.build(base, firmware.files(), firmware.loader()), folder / "large.hex"
    )
    return made


Plug = Callable[..., BareBoard]


@pytest.fixture
def plug(tmp_path: Path) -> Iterator[Plug]:
    with ExitStack() as stack:
        yield lambda name="esp32c3", number=1: stack.enter_context(
            bare_board(tmp_path, name, f"240ac40000{number:02x}")
        )


def command(folder: Path, *arguments: object) -> list[str]:
    options = [
        "--json",
        "--yes",
        "--journal",
        folder / "journal.jsonl",
        "--backups",
        folder / "kept",
    ]
    return [str(SEALMOTE), "flash", *map(str, arguments), *map(str, options)]


def flash(folder: Path, *arguments: object) -> tuple[int, Any]:
    done = subprocess.run(
        command(folder, *arguments), capture_output=True, text=True, timeout=600, check=False
    )
    return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr


def journal(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "journal.jsonl").read_text().splitlines()]


def flashed(folder: Path) -> list[str]:
    """MACs of the boards that the journal says are done."""
    return [entry["mac"] for entry in journal(folder) if entry["result"] == "flashed"]


def put(board: BareBoard, address: int, data: bytes) -> None:
    with board.flash.open("r+b") as file:
        file.seek(address)
        file.write(data)


def give_data(board: BareBoard, layout: flash_layout.Layout = LAYOUT) -> bytes:
    """Put a table on the board, and readings where it keeps them; return what lies there now."""
    place = layout.find("data") or layout.partition("vfs")
    content = filesystem.make(
        {"/main.py": b"", **KEPT} if place.label == "vfs" else KEPT, place.size
    )
    put(board, flash_layout.TABLE_ADDRESS, layout.encode())
    put(board, place.address, content)
    return content


def test_an_identity_outlives_an_update(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    put(board, flash_layout.TABLE_ADDRESS, LAYOUT.encode())
    put(board, IDENTITY.address, SECRET)
    code, (outcome,) = flash(tmp_path, images["esp32c3"].hex, "--port", board.port)
    assert code == 0
    assert outcome["done"]
    assert board.read(IDENTITY.address, len(SECRET)) == SECRET
    begun, entry = journal(tmp_path)
    assert (begun["mac"], begun["result"]) == (board.mac, "begun")
    assert (entry["mac"], entry["result"]) == (board.mac, "flashed")
    assert entry["image"] == images["esp32c3"].sha256.hex()


@pytest.mark.parametrize("stock_table", [False, True])
def test_an_identity_is_overwritten_after_a_backup_only(
    stock_table: bool, plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    if not stock_table:
        put(board, flash_layout.TABLE_ADDRESS, LAYOUT.encode())
    put(board, IDENTITY.address, SECRET)
    before = board.flash.read_bytes()
    bare = images["esp32c3"].bare
    code, (outcome,) = flash(tmp_path, bare, "--port", board.port)
    assert code == 1
    assert "would lose its identity" in outcome["detail"]
    assert board.flash.read_bytes() == before

    code, (outcome,) = flash(tmp_path, bare, "--port", board.port, "--force")
    assert code == 0
    assert board.read(IDENTITY.address, 4) == b"\xff" * 4
    kept = Path(outcome["backup"])
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600

    code, _ = flash(tmp_path, kept, "--port", board.port)
    assert code == 0
    assert board.read(IDENTITY.address, IDENTITY.size) == before[IDENTITY.address : IDENTITY.end]


def test_configuration_and_readings_outlive_an_update(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    content = give_data(board)
    code, (outcome,) = flash(tmp_path, images["esp32c3"].hex, "--port", board.port)
    assert (code, outcome["backup"]) == (0, None)
    assert board.read(DATA.address, DATA.size) == content
    assert board.read(VFS.address, 2 * 4096) != b"\xff" * 2 * 4096


@pytest.mark.parametrize("layout", [OLD_LAYOUT, STOCK], ids=["older", "stock"])
def test_readings_in_an_older_layout_are_overwritten_after_a_backup_only(
    layout: flash_layout.Layout, plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    content = give_data(board, OLD_LAYOUT)
    put(board, flash_layout.TABLE_ADDRESS, layout.encode())
    code, (outcome,) = flash(tmp_path, images["esp32c3"].hex, "--port", board.port)
    assert code == 1
    assert (
        "readings that were not sent: 1 segment of its outbox and its config" in outcome["detail"]
    )
    assert "let it send its readings first" in outcome["detail"]
    assert board.read(VFS.address, OLD_VFS.size) == content
    code, (outcome,) = flash(tmp_path, images["esp32c3"].hex, "--port", board.port, "--force")
    assert code == 0
    # What the older filesystem left in the data partition is no filesystem: the board gets a new one.
    read = lambda at, size: board.read(DATA.address + at, size)  # noqa: E731
    assert filesystem.names(read, DATA.size, "/") == []
    code, _ = flash(tmp_path, outcome["backup"], "--port", board.port)
    assert code == 0
    assert board.read(VFS.address, OLD_VFS.size) == content
    assert board.read(flash_layout.TABLE_ADDRESS, flash_layout.TABLE_BYTES) == layout.encode()


def files_on(board: BareBoard) -> dict[str, bytes]:
    return salvage(lambda at, size: board.read(DATA.address + at, size), DATA.size).files


def test_the_layout_before_is_moved_over_with_nothing_lost(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    before = give_data(board, ONE_SLOT)
    put(board, IDENTITY.address, SECRET)
    code, (outcome,) = flash(tmp_path, images["esp32c3"].hex, "--port", board.port)
    assert code == 0, outcome
    assert "move to this image's layout" in outcome["why"]
    assert board.read(IDENTITY.address, len(SECRET)) == SECRET
    assert files_on(board) == KEPT
    assert board.read(flash_layout.TABLE_ADDRESS, flash_layout.TABLE_BYTES) == LAYOUT.encode()
    assert flash(tmp_path, images["esp32c3"].hex, "--port", board.port)[1][0]["action"] == "skip"
    assert formats.read(Path(outcome["backup"]))[0].regions[-1].data == before


def test_a_move_that_is_cut_short_is_refused_until_its_backup_is_back(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    give_data(board, ONE_SLOT)
    put(board, IDENTITY.address, SECRET)
    board.unplug_at(DATA.address)  # the first block of the new filesystem
    code, (outcome,) = flash(tmp_path, images["esp32c3"].hex, "--port", board.port)
    assert code == 1
    (kept,) = (tmp_path / "kept").iterdir()
    assert f"--force {kept}" in outcome["detail"]
    board = plug()
    code, (outcome,) = flash(tmp_path, images["esp32c3"].hex, "--port", board.port)
    assert code == 1
    assert "an outbox that cannot be read" in outcome["detail"]
    assert flash(tmp_path, kept, "--port", board.port, "--force")[0] == 0
    assert flash(tmp_path, images["esp32c3"].hex, "--port", board.port)[0] == 0
    assert files_on(board) == KEPT
    assert board.read(IDENTITY.address, len(SECRET)) == SECRET


def test_readings_that_do_not_fit_into_the_new_layout_are_not_moved(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    full = {f"/outbox/{number:08}.seg": bytes(65536) for number in range(12)}
    put(board, flash_layout.TABLE_ADDRESS, ONE_SLOT.encode())
    put(board, ONE_SLOT_DATA.address, filesystem.make(KEPT | full, ONE_SLOT_DATA.size))
    before = board.flash.read_bytes()
    code, (outcome,) = flash(tmp_path, images["esp32c3"].hex, "--port", board.port)
    assert code == 1
    assert "more readings than the 576 KiB of its new data partition hold" in outcome["detail"]
    assert board.flash.read_bytes() == before


def test_an_image_for_bare_boards_wipes_what_is_kept_after_a_backup_only(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    content = give_data(board)
    code, (outcome,) = flash(tmp_path, images["esp32c3"].bare, "--port", board.port)
    assert code == 1
    assert "its configuration" in outcome["detail"]
    code, (outcome,) = flash(tmp_path, images["esp32c3"].bare, "--port", board.port, "--force")
    assert code == 0
    read = lambda at, size: board.read(DATA.address + at, size)  # noqa: E731
    assert filesystem.names(read, DATA.size, "/") == []
    assert flash(tmp_path, outcome["backup"], "--port", board.port)[0] == 0
    assert board.read(DATA.address, DATA.size) == content


def test_plain_micropython_and_back_keeps_the_readings(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    content = give_data(board)
    put(board, flash_layout.TABLE_ADDRESS, STOCK.encode())
    put(board, VFS.address, b"\xff" * 2 * 4096)
    code, _ = flash(tmp_path, images["esp32c3"].hex, "--port", board.port)
    assert code == 0
    assert board.read(DATA.address, DATA.size) == content


def test_a_damaged_data_partition_is_left_to_recover(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    give_data(board)
    put(board, IDENTITY.address, SECRET)
    put(board, DATA.address, bytes(2 * 4096))
    before = board.read(DATA.address, DATA.size)
    code, _ = flash(tmp_path, images["esp32c3"].hex, "--port", board.port)
    assert code == 0
    assert board.read(DATA.address, DATA.size) == before
    code, (outcome,) = flash(tmp_path, images["esp32c3"].bare, "--port", board.port)
    assert code == 1
    assert "a configuration and an outbox that cannot be read" in outcome["detail"]


def test_a_wrong_chip_is_refused(plug: Plug, images: dict[str, Written], tmp_path: Path) -> None:
    board = plug("esp32")
    code, (outcome,) = flash(tmp_path, images["esp32c3"].hex, "--port", board.port)
    assert code == 1
    assert "is for esp32c3" in outcome["why"]
    assert "--chip esp32" in outcome["why"]
    assert set(board.flash.read_bytes()) == {0xFF}


def test_a_flash_that_is_too_small_is_told_the_least_size(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    (tmp_path / "240ac4000001.flash").write_bytes(b"\xff" * 2 * flash_layout.MIB)
    board = plug()
    code, (outcome,) = flash(tmp_path, images["esp32c3"].hex, "--port", board.port)
    assert code == 1
    assert "has 2 MiB of flash, and 4 MiB is the least" in outcome["why"]
    assert "--flash-size" not in outcome["why"]
    assert set(board.flash.read_bytes()) == {0xFF}


def test_an_image_for_a_larger_flash_names_the_size_that_fits(plug: Plug, tmp_path: Path) -> None:
    board, known = plug(), chip("esp32c3")
    base = base_images.parse(base_image(known), known)
    large = write(image.stock(base, 16 * flash_layout.MIB), tmp_path / "large.hex")
    code, (outcome,) = flash(tmp_path, large.hex, "--port", board.port)
    assert code == 1
    assert "build one with --flash-size 4" in outcome["why"]


def test_a_part_of_an_image_is_not_written_to_address_0(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    part = images["esp32c3"].hex.with_name("esp32c3.application.bin")
    code, said = flash(tmp_path, part, "--port", board.port)
    assert code == 1
    assert "no whole image" in said
    assert set(board.flash.read_bytes()) == {0xFF}


def test_a_plan_writes_nothing(plug: Plug, images: dict[str, Written], tmp_path: Path) -> None:
    board = plug()
    code, (step,) = flash(tmp_path, images["esp32c3"].hex, "--port", board.port, "--plan")
    assert (code, step["action"]) == (0, "write")
    assert set(board.flash.read_bytes()) == {0xFF}
    assert not (tmp_path / "journal.jsonl").exists()


def test_without_an_answer_nothing_is_written(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    done = subprocess.run(
        [str(SEALMOTE), "flash", str(images["esp32c3"].hex), "--port", board.port],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=600, check=False,
        cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1
    assert "say --yes" in done.stderr
    assert set(board.flash.read_bytes()) == {0xFF}


def test_all_boards_at_once_and_only_those_without_the_image(
    plug: Plug, images: dict[str, Written], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards = [plug(number=number) for number in range(1, 5)]
    monkeypatch.setenv("SEALMOTE_PORTS", ",".join(board.port for board in boards[:3]))
    code, outcomes = flash(tmp_path, images["esp32c3"].hex, "--all")
    assert code == 0, outcomes
    assert [outcome["action"] for outcome in outcomes] == ["write"] * 3
    monkeypatch.setenv("SEALMOTE_PORTS", ",".join(board.port for board in boards))
    code, outcomes = flash(tmp_path, images["esp32c3"].hex, "--all")
    assert code == 0, outcomes
    assert [outcome["action"] for outcome in outcomes] == ["skip"] * 3 + ["write"]
    assert sorted(flashed(tmp_path)) == [board.mac for board in boards]
    assert len({board.flash.read_bytes() for board in boards}) == 1
    assert len(set(boards[0].flash.read_bytes())) > 1


def erase(board: BareBoard) -> None:
    board.flash.write_bytes(b"\xff" * board.flash.stat().st_size)


def damage(board: BareBoard) -> None:
    put(board, 0x10000 + 5000, b"\x00")


@pytest.mark.parametrize("change", [erase, damage])
def test_what_is_on_the_board_counts_and_not_what_was_written_down(
    change: Callable[[BareBoard], None], plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    arguments = (images["esp32c3"].hex, "--port", board.port)
    assert flash(tmp_path, *arguments)[0] == 0
    whole = board.flash.read_bytes()
    code, (outcome,) = flash(tmp_path, *arguments)
    assert (code, outcome["action"]) == (0, "skip")
    change(board)
    code, (outcome,) = flash(tmp_path, *arguments)
    assert (code, outcome["action"]) == (0, "write")
    assert board.flash.read_bytes() == whole


def test_a_board_whose_next_image_was_only_begun_gets_the_former_again(
    plug: Plug, images: dict[str, Written], tmp_path: Path
) -> None:
    board = plug()
    assert flash(tmp_path, images["esp32c3"].hex, "--port", board.port)[0] == 0
    board.unplug_at(0x100000)  # beyond the first image's application
    code, (outcome,) = flash(tmp_path, images["large"].hex, "--port", board.port)
    assert (code, outcome["done"]) == (1, False)
    again = plug()
    code, (outcome,) = flash(tmp_path, images["esp32c3"].hex, "--port", again.port)
    assert (code, outcome["action"]) == (0, "write")
    assert [entry["result"] for entry in journal(tmp_path)] == [
        "begun", "flashed", "begun", "failed", "begun", "flashed",
    ]  # fmt: skip


def test_a_batch_that_was_killed_goes_on(
    plug: Plug, images: dict[str, Written], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards = [plug(number=number) for number in range(1, 5)]
    monkeypatch.setenv("SEALMOTE_PORTS", ",".join(board.port for board in boards))
    batch = subprocess.Popen(
        command(tmp_path, images["large"].hex, "--all"), stdout=subprocess.DEVNULL
    )
    deadline = time.monotonic() + 600
    while all(board.read(0x10000, 1) == b"\xff" for board in boards):
        assert time.monotonic() < deadline
        assert batch.poll() is None
        time.sleep(0.01)
    os.kill(batch.pid, signal.SIGKILL)
    batch.wait()
    already = set(flashed(tmp_path))
    code, outcomes = flash(tmp_path, images["large"].hex, "--all")
    assert code == 0, outcomes
    assert {outcome["mac"] for outcome in outcomes if outcome["action"] == "skip"} >= already
    assert sorted(flashed(tmp_path)) == [board.mac for board in boards]
    assert len({board.flash.read_bytes() for board in boards}) == 1


def test_a_board_that_is_pulled_out_is_said_and_does_not_hurt_the_others(
    plug: Plug, images: dict[str, Written], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    boards = [plug(number=number) for number in (1, 2)]
    monkeypatch.setenv("SEALMOTE_PORTS", ",".join(board.port for board in boards))
    boards[0].unplug_at(0x10000)
    batch = subprocess.Popen(
        command(tmp_path, images["large"].hex, "--all"), stdout=subprocess.PIPE, text=True
    )
    said, _ = batch.communicate(timeout=600)
    gone, stayed = json.loads(said)
    assert batch.returncode == 1
    assert not gone["done"]
    assert boards[0].port in gone["detail"]
    assert "plug the board in and run the same command again" in gone["detail"]
    assert stayed["done"]
    assert {entry["result"] for entry in journal(tmp_path)} == {"begun", "failed", "flashed"}
