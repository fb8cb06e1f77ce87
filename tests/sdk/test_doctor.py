"""What the doctor makes of each system's answers, and of boards behind a port."""

import json
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from base_images import base_image
from commands import run_sealmote
from sealmote import flash_layout
from sealmote.board.chips import chip
from sealmote.board.images import base_image as base_images
from sealmote.board.images import image
from sealmote.board.port.ports import Port
from sealmote.doctor import Finding, platforms
from sealmote.doctor.boot_output import judge
from sealmote.doctor.usb import serial_ports
from sealmote.sim import Board
from sealmote.sim.storage import firmware
from sealmote.sim.virtual import VirtualBoard

CP210X, CH340, ESPRESSIF = (0x10C4, 0xEA60), (0x1A86, 0x7523), (0x303A, 0x1001)
PROFILER = {
    "SPUSBDataType": [
        {
            "_name": "USB31Bus",
            "_items": [
                {"vendor_id": "0x10c4  (Silicon Laboratories, Inc.)", "product_id": "0xea60"},
                {"vendor_id": "apple_vendor_id", "product_id": "0x8104"},
                {"_items": [{"vendor_id": "0x1a86", "product_id": "0x7523"}]},
            ],
        }
    ]
}
PNP = "ROOT\\SYSTEM\\0001\r\nUSB\\VID_10C4&PID_EA60\\0001\r\nUSB\\VID_1a86&PID_7523\\5&1\r\n"


def linux(folder: Path, *ids: platforms.UsbId) -> Path:
    for number, (vendor, product) in enumerate(ids):
        device = folder / f"1-{number}"
        device.mkdir()
        (device / "idVendor").write_text(f"{vendor:04x}\n")
        (device / "idProduct").write_text(f"{product:04x}\n")
    (folder / "usb1:1.0").mkdir()  # an interface, which has neither
    return folder


def nobody(_: list[str]) -> str:
    raise AssertionError("nothing is to be run")


def test_usb_devices_are_listed_on_each_system(tmp_path: Path) -> None:
    assert platforms.usb_ids("Linux", nobody, linux(tmp_path, CP210X, CH340)) == [CP210X, CH340]
    assert platforms.usb_ids("Darwin", lambda _: json.dumps(PROFILER)) == [CP210X, CH340]
    assert platforms.usb_ids("Windows", lambda _: PNP) == [CP210X, CH340]


@pytest.mark.parametrize(
    ("system", "run", "mends"),
    [
        ("Linux", nobody, ["sudo modprobe cp210x", "sudo modprobe ch341"]),
        (
            "Darwin",
            lambda _: json.dumps(PROFILER),
            ["brew install --cask silicon-labs-vcp-driver", "brew install --cask wch-ch34x"],
        ),
        ("Windows", lambda _: PNP, ["https://www.silabs.com/", "https://www.wch-ic.com/"]),
    ],
)
def test_a_bridge_without_a_port_lacks_its_driver(
    system: str, run: Callable[[list[str]], str], mends: list[str], tmp_path: Path
) -> None:
    found = serial_ports(system, [], run, linux(tmp_path, CP210X, CH340))
    assert [finding.what for finding in found] == ["CP210x", "CH34x"]
    for finding, fix in zip(found, mends, strict=True):
        assert not finding.present
        assert fix in finding.words


def test_a_bridge_with_a_port_has_its_driver(tmp_path: Path) -> None:
    port = Port("/dev/null", CP210X[0])
    (finding,) = serial_ports("Linux", [port], nobody, linux(tmp_path, CP210X))
    assert finding == Finding("port /dev/null", present=True, needed=True, words="CP210x")


def test_a_port_that_is_not_there_and_a_machine_without_boards(tmp_path: Path) -> None:
    (gone,) = serial_ports("Linux", [Port("/dev/ttyNONE")], nobody, linux(tmp_path))
    assert (gone.present, gone.needed) == (False, True)
    (none,) = serial_ports("Linux", [], nobody, tmp_path)
    assert (none.present, none.needed) == (False, False)
    assert "no board is plugged in" in none.words


@pytest.mark.parametrize("system", ["Linux", "Darwin", "Windows"])
def test_a_system_that_does_not_tell_is_said(system: str, tmp_path: Path) -> None:
    def fails(command: list[str]) -> str:
        raise subprocess.CalledProcessError(1, command)

    (finding,) = serial_ports(system, [], fails, tmp_path / "nowhere")
    assert finding.what == "USB devices"
    assert not finding.needed


def test_access_is_mended_by_group_session_or_rule() -> None:
    assert "sudo usermod -aG uucp $USER" in platforms.access_fix("Linux", "uucp", member=False)
    assert "newgrp dialout" in platforms.access_fix("Linux", "dialout", member=True)
    rule = platforms.access_fix("Linux", "root", member=False)
    assert 'ATTRS{idVendor}=="303a|10c4|1a86|0403", TAG+="uaccess"' in rule
    assert "| sudo tee /etc/udev/rules.d/70-sealmote.rules && sudo udevadm control --reload" in rule
    assert "close the other program" in platforms.access_fix("Windows", None, member=False)


@pytest.mark.parametrize(
    ("said", "what", "fix"),
    [
        ("rst:0xf (RTCWDT_BROWN_OUT_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)", "power", "cable"),
        ("\r\nBrownout detector was triggered\r\n", "power", "500 mA"),
        ("rst:0x1 (POWERON),boot:0x5 (DOWNLOAD(USB/UART0/1))", "boot mode", "let go of BOOT"),
        ("invalid header: 0xffffffff", "flash", "sealmote flash FILE.hex --port P"),
        ("The filesystem appears to be corrupted:", "files", "sealmote recover --port P"),
        ("SlotError: no partition named identity: flash", "partitions", "sealmote flash"),
        ("rst:0x7 (TG0WDT_SYS_RESET)", "crash", "sealmote monitor --port P"),
        ("", "board", "press RESET"),
    ],
)
def test_what_a_board_says_tells_what_is_the_matter(said: str, what: str, fix: str) -> None:
    (finding,) = judge(said, "P")
    assert (finding.what, finding.present, finding.needed) == (what, False, True)
    assert fix in finding.words


def test_a_board_that_starts_is_well_and_one_without_configuration_nearly() -> None:
    started = "rst:0x1 (POWERON_RESET),boot:0x13 (SPI_FAST_FLASH_BOOT)\nI 0.1 app: sealmote 1\n"
    assert [f.present for f in judge(started, "P")] == [True]
    (finding,) = judge("E 0.1 app: no /data/config.json: run `sealmote provision`", "P")
    assert (finding.present, finding.needed) == (False, False)


def ask(board: VirtualBoard) -> tuple[int, list[dict[str, Any]]]:
    done = run_sealmote("doctor", "--port", board.port, "--seconds", 6, "--json")
    return done.returncode, json.loads(done.stdout)


def test_a_bare_board_and_one_whose_data_is_damaged(tmp_path: Path) -> None:
    board = Board.create(tmp_path / "board", chip="esp32c3", bare=True)
    with VirtualBoard(board) as virtual:
        code, told = ask(virtual)
    assert code == 1
    assert told[-1]["what"] == "flash"

    base = base_images.parse(base_image(chip("esp32c3")), chip("esp32c3"))
    data = flash_layout.layout().partition("data")
    with board.flash_path.open("r+b") as file:
        for region in image.build(base, firmware.files(), firmware.loader()).image.regions:
            file.seek(region.address)
            file.write(region.data)
        file.seek(data.address)
        file.write(bytes(3 * flash_layout.SECTOR))
    with VirtualBoard(board, auto_reset=False) as virtual:
        timer = restart_soon(virtual)
        code, told = ask(virtual)
        timer.join()
    assert code == 1
    assert "sealmote recover" in told[-1]["words"]


def restart_soon(board: VirtualBoard) -> Thread:
    """Press RESET once the doctor listens: a pty has no RTS."""

    def press() -> None:
        time.sleep(2.5)
        board.reset()

    thread = Thread(target=press)
    thread.start()
    return thread
