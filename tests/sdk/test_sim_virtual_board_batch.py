"""Eight virtual boards, flashed at once by one command; and one over RFC 2217, with DTR and RTS."""

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from base_images import base_image
from commands import SEALMOTE
from patience import PATIENCE_S
from sealmote.board.chips import chip
from sealmote.board.images import base_image as base_images
from sealmote.board.images import image
from sealmote.board.images.artifacts import write
from sealmote.board.port.ports import Port
from sealmote.board.port.session import stopped
from sealmote.sim import Board
from sealmote.sim.storage import firmware
from sealmote.sim.virtual import Rfc2217Port, VirtualBoard
from sealmote.sim.virtual.control_lines import AutoReset, Circuit, Step, UsbSerialJtag

TOOLS = SEALMOTE.parent


@pytest.fixture(scope="module")
def hex_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = base_images.parse(base_image(chip("esp32c3")), chip("esp32c3"))
    file = tmp_path_factory.mktemp("image") / "esp32c3.hex"
    return write(image.build(base, firmware.files(), firmware.loader()), file).hex


@pytest.fixture
def eight(tmp_path: Path) -> Iterator[list[dict[str, str]]]:
    """Plug in eight bare boards, as a user does."""
    process = subprocess.Popen(
        [SEALMOTE, "sim", "board", tmp_path / "b", "--boards", "8", "--chip", "esp32c3", "--json"],
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    try:
        yield json.loads(process.stdout.readline())
    finally:
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_S) == 0


def run(*command: object) -> str:
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def journal(folder: Path) -> list[dict[str, Any]]:
    file = folder / "journal.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def done(folder: Path) -> list[str]:
    """MACs of the boards that the journal has as flashed."""
    return [entry["mac"] for entry in journal(folder) if entry["result"] == "flashed"]


def test_a_batch_of_eight_that_is_killed_goes_on_and_each_board_has_its_own_key(
    eight: list[dict[str, str]], hex_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEALMOTE_PORTS", ",".join(one["port"] for one in eight))
    macs = sorted(one["mac"] for one in eight)
    assert len(set(macs)) == 8
    options = ("--journal", tmp_path / "journal.jsonl", "--backups", tmp_path / "kept")
    command = (SEALMOTE, "flash", hex_file, "--all", "--yes", "--json", *options)
    batch = subprocess.Popen([*map(str, command)], stdout=subprocess.DEVNULL)
    while not done(tmp_path):
        assert batch.poll() is None
        time.sleep(0.005)
    os.kill(batch.pid, signal.SIGKILL)
    batch.wait()
    already = set(done(tmp_path))

    outcomes = json.loads(run(*command))
    assert {one["mac"] for one in outcomes if one["action"] == "skip"} >= already
    assert sorted(done(tmp_path)) == macs

    makes_its_key = "from mote.setup import provision; provision.identity('ES256')"
    for one in eight:
        run(TOOLS / "mpremote", "connect", one["port"], "resume", "exec", makes_its_key)
    found = json.loads(run(SEALMOTE, "boards", "--json"))
    assert sorted(one["mac"] for one in found) == macs
    assert len({one["key"] for one in found} - {None}) == 8
    assert all(one["runs"].startswith("Sealmote") for one in found)
    assert {(one["chip"], one["flash_size"]) for one in found} == {("esp32c3", 4 * 2**20)}


def test_dtr_and_rts_choose_the_mode_over_rfc2217(hex_file: Path, tmp_path: Path) -> None:
    board = Board.create(tmp_path / "board", chip="esp32c3")
    with VirtualBoard(board, Rfc2217Port()) as virtual:
        # Without the stub, for pyserial's client waits 50 ms at each of esptool's time-outs.
        said = run(TOOLS / "esptool", "--port", virtual.port, "--no-stub", "read-mac")
        assert board.mac.hex(":") in said
        end = time.monotonic() + 5
        while virtual.downloading:  # until the hard reset at the end
            assert time.monotonic() < end
            time.sleep(0.02)
        assert virtual.fault == "invalid header: 0xffffffff"


def test_a_program_talks_to_micropython_over_rfc2217(tmp_path: Path, hex_file: Path) -> None:
    from sealmote.board.images import formats

    board = Board.create(tmp_path / "board", chip="esp32c3")
    with board.flash_path.open("r+b") as flash:
        for region in formats.read(hex_file)[0].regions:
            flash.seek(region.address)
            flash.write(region.data)
    with VirtualBoard(board, Rfc2217Port()) as virtual:
        assert (
            run(TOOLS / "mpremote", "connect", virtual.port, "exec", "print(b'\\xff')")
            == "b'\\xff'\n"
        )
        with stopped(Port(virtual.port), PATIENCE_S) as session:
            assert session.exec("x = 1\n" * 1000 + "print(x)") == "1\r\n"
        assert not virtual.downloading


def steps(circuit: Circuit, *states: str) -> list[Step]:
    return [
        step for state in states for step in circuit.moved(dtr=state[0] == "1", rts=state[1] == "1")
    ]


def test_the_lines_of_a_bridge() -> None:
    hold, release, download = Step.HOLD, Step.RELEASE, Step.DOWNLOAD
    assert steps(AutoReset(), "00", "11", "00") == []  # a port that is opened and closed
    assert steps(AutoReset(), "01", "11", "10", "00") == [hold, release, download]  # one by one
    assert steps(AutoReset(), "01", "10", "00") == [hold, release, download]  # both at once
    assert steps(AutoReset(), "01", "00") == [hold, release]


def test_the_lines_of_a_chips_own_usb() -> None:
    hold, release, download = Step.HOLD, Step.RELEASE, Step.DOWNLOAD
    into_download = ("00", "10", "10", "11", "01", "01", "00")
    assert steps(UsbSerialJtag(), *into_download) == [hold, release, download]
    assert steps(UsbSerialJtag(), *into_download, "01", "00")[3:] == [hold, release]
    assert steps(UsbSerialJtag(), "01", "00") == [hold, release]
