"""Which firmware goes on a board, and that this installation's own boots there."""

import json
from pathlib import Path

import pytest

from sealmote.sim import Board, SimulatorMissingError
from sealmote.sim.storage import firmware


def minimal(folder: Path) -> Path:
    for name, text in {
        "boot.py": "",
        "main.py": "import mote.app, sealwire\nprint(mote.app.NAME, sealwire.__file__)\n",
        "mote/__init__.py": "",
        "mote/app.py": "NAME = 'minimal'\n",
        "mote/__pycache__/app.py": "rubbish",
        "sealwire/__init__.py": "",
        "notes.txt": "stays at home",
    }.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return folder


def test_files_of_a_folder(tmp_path: Path) -> None:
    assert sorted(firmware.files(minimal(tmp_path))) == [
        "/boot.py", "/main.py", "/mote/__init__.py", "/mote/app.py", "/sealwire/__init__.py"
    ]  # fmt: skip


def test_a_folder_without_main_is_no_firmware(tmp_path: Path) -> None:
    with pytest.raises(SimulatorMissingError, match=r"main\.py"):
        firmware.files(tmp_path)


def test_installing_keeps_other_files_and_writes_the_configuration(tmp_path: Path) -> None:
    board = Board.create(tmp_path / "board")
    board.write_file("/data/outbox/1", b"reading")
    board.install(minimal(tmp_path / "firmware"), {"board": "generic"})
    assert board.read_file("/data/outbox/1") == b"reading"
    assert json.loads(board.read_file("/data/config.json")) == {"board": "generic"}
    with board:
        board.start()
        assert board.wait_idle(10)
    assert board.serial.history == ["minimal sealwire/__init__.py"]


def test_this_installation_s_firmware_is_found() -> None:
    found = firmware.files()
    assert {"/boot.py", "/main.py", "/mote/__init__.py", "/sealwire/cbor.py"} <= set(found)
