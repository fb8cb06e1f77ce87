"""A gateway's folder that was copied does not serve; one that was moved on purpose does."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from commands import run_sealmote
from sealmote.gateway import Gateway
from sealmote.gateway.directory import copy_check
from sealmote.gateway.errors import CopiedError, GatewayError
from sealwire import ack

REFUSED = "is not where this gateway was made or adopted"


def copied(directory: Path) -> Path:
    return Path(shutil.copytree(directory, directory.with_name("copy"), copy_function=shutil.copy2))


def adopt(directory: Path) -> None:
    with Gateway.open(directory) as gateway:
        gateway.adopt()


def test_a_copy_is_refused_and_the_original_serves_on(
    live: Any, directory: Path, make_live: Any, board: Any
) -> None:
    live.post(board.seal(0))
    copy = copied(directory)
    with pytest.raises(CopiedError, match=REFUSED):
        make_live(copy)
    assert live.results(board.seal(1)) == [(ack.ACCEPTED, None)]
    ended = run_sealmote("gateway", "run", str(copy), "--port", "0")
    assert ended.returncode == 1
    assert REFUSED in ended.stderr
    assert "Traceback" not in ended.stderr


def test_a_folder_that_is_renamed_stays_at_home(directory: Path, make_live: Any) -> None:
    moved = directory.rename(directory.with_name("elsewhere"))
    make_live(moved)


def test_a_database_that_is_restored_stays_at_home(directory: Path, make_live: Any) -> None:
    database = directory / "gateway.sqlite"
    backup = Path(shutil.copy(database, directory.parent / "backup"))
    database.unlink()
    shutil.copy(backup, database)
    make_live(directory)


def test_a_folder_on_another_machine_is_refused(
    directory: Path, make_live: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same inode on a machine of another name, as when a disk is taken out or a file system copied."""
    monkeypatch.setattr(copy_check, "_machine_id", lambda: b"another")
    with pytest.raises(CopiedError, match=REFUSED):
        make_live(directory)


@pytest.mark.skipif(sys.platform != "linux", reason="machine-id(5) is Linux's")
def test_the_name_of_a_machine_is_not_told(directory: Path) -> None:
    kept = json.loads((directory / "home").read_text())
    assert kept["inode"] == (directory / "home").stat().st_ino
    assert set(kept) == {"machine", "inode"}
    for name in copy_check._MACHINE_FILES:
        if Path(name).exists():
            assert Path(name).read_text().strip() not in (directory / "home").read_text() or (
                not Path(name).read_text().strip()
            )


@pytest.mark.parametrize("content", [None, b"", b"{", b"[]", b"{}", b"\xff"])
def test_a_folder_without_its_home_is_refused(
    directory: Path, make_live: Any, content: bytes | None
) -> None:
    if content is None:
        (directory / "home").unlink()
    else:
        (directory / "home").write_bytes(content)
    with pytest.raises(CopiedError, match=REFUSED if content == b"{}" else "is missing or damaged"):
        make_live(directory)
    adopt(directory)
    make_live(directory)


def test_a_gateway_moves(directory: Path, make_live: Any, make_board: Any) -> None:
    board = make_board()
    first = make_live(directory)
    first.gateway.add_device(board.signer.public, unproven=True)
    first.post(board.seal(0))
    first.wait_published(1)
    first.stop()
    assert run_sealmote("gateway", "release", str(directory)).returncode == 0
    with pytest.raises(CopiedError, match="was released"):
        make_live(directory)
    copy = copied(directory)
    with pytest.raises(CopiedError, match="was released"):
        make_live(copy)
    ended = run_sealmote("gateway", "adopt", str(copy))
    assert (ended.returncode, ended.stdout) == (0, f"{copy} is the gateway now\n")
    second = make_live(copy)
    assert second.results(board.seal(0), board.seal(1)) == [
        (ack.DUPLICATE, None),
        (ack.ACCEPTED, None),
    ]
    with pytest.raises(CopiedError, match="was released"):
        make_live(directory)


def test_a_copy_that_was_not_released_is_asked_about(directory: Path, make_live: Any) -> None:
    copy = copied(directory)
    ended = run_sealmote("gateway", "adopt", str(copy))
    assert ended.returncode != 0
    assert "no other copy of this gateway serves any more: say --yes" in ended.stderr
    with pytest.raises(CopiedError):
        make_live(copy)
    assert run_sealmote("gateway", "adopt", "--yes", str(copy)).returncode == 0
    make_live(copy)


def test_what_serves_is_not_released_or_adopted(live: Any, directory: Path) -> None:
    with Gateway.open(directory) as gateway:
        with pytest.raises(GatewayError, match="another process serves"):
            gateway.release()
        with pytest.raises(GatewayError, match="another process serves"):
            gateway.adopt()


def test_a_copy_cannot_be_released(directory: Path) -> None:
    with Gateway.open(copied(directory)) as gateway, pytest.raises(CopiedError, match=REFUSED):
        gateway.release()
