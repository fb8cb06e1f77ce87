"""`sealmote boards`: silent boards by their bootloader, MicroPython by its REPL, faults in words."""

import json
import os
import subprocess
import threading
import tty
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Self

import pytest
import serial

from bare_boards import bare_board
from commands import run_sealmote
from sealmote.board import discovery
from sealmote.board.errors import PortError
from sealmote.board.port import ports, probe
from sealmote.board.port.ports import Port
from sealmote.sim.runtime import interpreter

# What the Unix port lacks of an ESP32, and a key like one that a board would have.
_STAND_INS = {
    "machine.py": """
def unique_id():
    return bytes.fromhex('240ac4000042')
""",
    "esp.py": """
def flash_size():
    return 8 << 20
""",
    "mote/__init__.py": "VERSION = '0.1.0'",
    "mote/storage/slots.py": """
class Slots:
    payload = b'x'
    def __init__(self, _):
        pass
def find_partition():
    pass
""",
    "mote/attestation/identity.py": """
class Public:
    def thumbprint(self):
        return bytes([7]) * 32
class Identity:
    public = Public()
    def __init__(self, _):
        pass
""",
}


@pytest.fixture
def micropython(tmp_path: Path) -> Iterator[str]:
    """Give the port of a MicroPython that sits at its prompt."""
    for name, content in _STAND_INS.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(content)
    master, slave = os.openpty()
    tty.setraw(slave)
    process = subprocess.Popen(
        interpreter.command(None), stdin=slave, stdout=slave, stderr=slave,
        env={**os.environ, "MICROPYPATH": str(tmp_path)}, start_new_session=True,
    )  # fmt: skip
    try:
        with _Wire(master) as wire:
            yield wire.port
    finally:
        process.kill()
        process.wait()
        os.close(slave)


class _Wire:
    """A second pty, so that the interpreter's end and the host's have their own settings."""

    def __init__(self, other: int) -> None:
        self._other = other
        self._master, self._slave = os.openpty()
        self.port = os.ttyname(self._slave)
        tty.setraw(self._slave)

    def __enter__(self) -> Self:
        self._threads = [
            threading.Thread(target=_pump, args=pair, daemon=True)
            for pair in ((self._master, self._other), (self._other, self._master))
        ]
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._slave)


def _pump(source: int, target: int) -> None:
    while True:
        try:
            os.write(target, os.read(source, 4096))
        except OSError:
            return


def test_micropython_answers_for_itself(micropython: str) -> None:
    answer = probe.ask(micropython)
    assert answer is not None
    assert answer.release == "1.29.0"
    assert answer.mac == "240ac4000042"
    assert answer.flash_size == 8 << 20
    assert answer.sealmote == "0.1.0"
    assert answer.key == "07" * 32
    assert probe.ask(micropython) == answer  # it was left at its prompt


def test_the_survey_says_what_runs(micropython: str) -> None:
    found = discovery.board(Port(micropython))
    assert found.runs == "Sealmote 0.1.0 on MicroPython 1.29.0"
    assert found.key == "07" * 32
    assert found.fault is None


@pytest.mark.parametrize("chip", ["esp32", "esp32s3", "esp32c3"])
def test_a_silent_board_is_asked_by_its_bootloader(chip: str, tmp_path: Path) -> None:
    with bare_board(tmp_path, chip, "240ac4123456") as board:
        done = run_sealmote("boards", "--json", "--port", board.port)
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = json.loads(done.stdout)
    assert found == {
        "port": board.port, "chip": chip, "flash_size": 4 << 20, "mac": "240ac4123456",
        "runs": "nothing", "key": None, "fault": None,
    }  # fmt: skip


def test_a_port_that_is_not_there_is_a_fault_and_the_others_are_shown(tmp_path: Path) -> None:
    with bare_board(tmp_path, "esp32") as board:
        done = run_sealmote("boards", "--json", "-p", board.port, "-p", tmp_path / "ttyUSB9")
    assert done.returncode == 1
    one, other = json.loads(done.stdout)
    assert one["fault"] is None
    assert "is not there: plug the board in" in other["fault"]


def test_what_never_answers_names_the_boot_button() -> None:
    master, slave = os.openpty()
    try:
        found = discovery.board(Port(os.ttyname(slave)))
    finally:
        os.close(master)
        os.close(slave)
    assert found.fault is not None
    assert "BOOT" in found.fault


def test_a_port_in_use_is_said_to_be(tmp_path: Path) -> None:
    with (
        bare_board(tmp_path, "esp32") as board,
        serial.Serial(board.port, exclusive=True),
        pytest.raises(PortError, match=r"\(another program has it\): close what else has it open"),
    ):
        probe.ask(board.port)


def test_ports_are_found_by_their_vendor_and_by_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listed = [
        SimpleNamespace(device="/dev/ttyUSB1", vid=0x10C4, serial_number="0001", location="1-2"),
        SimpleNamespace(
            device="/dev/ttyACM0", vid=0x303A, serial_number="24:0A:C4", location="1-3"
        ),
        SimpleNamespace(device="/dev/ttyACM1", vid=0x2341, serial_number="7", location="1-4"),
        SimpleNamespace(device="/dev/ttyS0", vid=None, serial_number=None, location=None),
    ]
    monkeypatch.setattr(ports, "comports", lambda: listed)
    monkeypatch.setenv(ports.PORTS_VARIABLE, "/dev/pts/7, /dev/pts/8")
    found = [port.device for port in ports.plugged_in()]
    assert found == ["/dev/ttyACM0", "/dev/ttyUSB1", "/dev/pts/7", "/dev/pts/8"]


def test_a_board_is_found_again_under_another_name(monkeypatch: pytest.MonkeyPatch) -> None:
    native = Port("/dev/ttyACM0", 0x303A, "24:0A:C4:00:00:01", "1-3")
    bridged = Port("/dev/ttyUSB0", 0x10C4, "0001", "1-2")
    now = [
        SimpleNamespace(
            device="COM9", vid=0x303A, serial_number="24:0A:C4:00:00:01", location="1-9"
        ),
        SimpleNamespace(device="COM7", vid=0x10C4, serial_number="0001", location="1-5"),
        SimpleNamespace(device="COM8", vid=0x10C4, serial_number="0001", location="1-2"),
    ]
    monkeypatch.setattr(ports, "comports", lambda: now)
    assert ports.current(native).device == "COM9"
    assert ports.current(bridged).device == "COM8"  # many bridges share one serial number
    assert ports.current(Port("/dev/pts/3")).device == "/dev/pts/3"


def test_no_permission_names_the_group() -> None:
    assert "dialout" in ports.no_permission("/dev/ttyUSB0")
    assert "dialout" in str(
        ports.explained("/dev/ttyUSB0", PermissionError(13, "Permission denied"))
    )
