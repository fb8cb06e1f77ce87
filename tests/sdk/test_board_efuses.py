"""Boards whose eFuses are burnt: refused by name before anything is written, and seen to be so."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from base_images import base_image
from commands import SEALMOTE
from sealmote.board.chips import chip
from sealmote.board.images import base_image as base_images
from sealmote.board.images import image
from sealmote.board.images.artifacts import write
from sealmote.sim import Board
from sealmote.sim.virtual import VirtualBoard

CASES = [
    ("esp32", "ABS_DONE_0", 1, "ABS_DONE_0 (Secure Boot V1)"),
    ("esp32", "ABS_DONE_1", 1, "ABS_DONE_1 (Secure Boot V2)"),
    ("esp32", "FLASH_CRYPT_CNT", 1, "FLASH_CRYPT_CNT (flash encryption)"),
    ("esp32c3", "SECURE_BOOT_EN", 1, "SECURE_BOOT_EN (Secure Boot V2)"),
    ("esp32c3", "SPI_BOOT_CRYPT_CNT", 1, "SPI_BOOT_CRYPT_CNT (flash encryption)"),
    ("esp32c3", "ENABLE_SECURITY_DOWNLOAD", 1, "ENABLE_SECURITY_DOWNLOAD"),
    ("esp32s3", "SECURE_BOOT_EN", 1, "SECURE_BOOT_EN (Secure Boot V2)"),
    ("esp32s3", "SPI_BOOT_CRYPT_CNT", 7, "SPI_BOOT_CRYPT_CNT (flash encryption)"),
]


def burnt(folder: Path, chip_name: Any, name: str, value: int) -> Board:
    """Return a board with one eFuse burnt, by espefuse itself."""
    board = Board.create(folder / "board", chip=chip_name, bare=True)
    VirtualBoard(board)  # the factory's own eFuses
    command = [sys.executable, "-m", "espefuse", "--chip", chip_name, "--virt", "--do-not-confirm"]
    where = ["--path-efuse-file", str(board.folder / "efuses.bin")]
    subprocess.run(
        [*command, *where, "burn-efuse", name, str(value)], check=True, capture_output=True, timeout=120
    )  # fmt: skip
    return board


def run(folder: Path, *arguments: object) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(SEALMOTE), *map(str, arguments)], cwd=folder, capture_output=True, text=True,
        timeout=120, check=False, stdin=subprocess.DEVNULL,
    )  # fmt: skip


def hex_for(folder: Path, name: str) -> Path:
    known = chip(name)
    base = base_images.parse(base_image(known), known)
    return write(image.stock(base), folder / "image.hex").hex


@pytest.mark.parametrize(("name", "efuse", "value", "said"), CASES)
def test_a_board_that_starts_only_what_its_maker_signed_is_refused_by_the_efuse(
    name: str, efuse: str, value: int, said: str, tmp_path: Path
) -> None:
    board = burnt(tmp_path, name, efuse, value)
    with VirtualBoard(board) as virtual:
        done = run(
            tmp_path, "flash", hex_for(tmp_path, name), "--port", virtual.port, "--yes", "--force"
        )
    assert done.returncode == 1
    assert said in " ".join(done.stderr.split())
    assert "check cable" not in done.stderr
    assert set(board.flash_path.read_bytes()) == {0xFF}


def test_recover_refuses_it_as_well(tmp_path: Path) -> None:
    board = burnt(tmp_path, "esp32c3", "SECURE_BOOT_EN", 1)
    with VirtualBoard(board) as virtual:
        done = run(tmp_path, "recover", "--port", virtual.port, "--yes")
    assert done.returncode == 1
    assert "SECURE_BOOT_EN" in done.stderr


@pytest.mark.parametrize(
    ("name", "efuse"), [("esp32", "UART_DOWNLOAD_DIS"), ("esp32c3", "DIS_DOWNLOAD_MODE")]
)
def test_a_chip_without_download_mode_is_told_of(name: str, efuse: str, tmp_path: Path) -> None:
    board = burnt(tmp_path, name, efuse, 1)
    with VirtualBoard(board) as virtual:
        done = run(tmp_path, "flash", hex_for(tmp_path, name), "--port", virtual.port, "--yes")
    assert done.returncode == 1
    assert efuse in done.stderr
    assert set(board.flash_path.read_bytes()) == {0xFF}


def test_an_encryption_that_was_switched_off_again_is_none(tmp_path: Path) -> None:
    board = burnt(tmp_path, "esp32c3", "SPI_BOOT_CRYPT_CNT", 3)
    with VirtualBoard(board) as virtual:
        done = run(tmp_path, "flash", hex_for(tmp_path, "esp32c3"), "--port", virtual.port, "--yes")
    assert done.returncode == 0, done.stderr


def test_a_virtual_board_with_secure_boot_starts_nothing(tmp_path: Path) -> None:
    board = burnt(tmp_path, "esp32s3", "SECURE_BOOT_EN", 1)
    with VirtualBoard(board) as virtual:
        assert virtual.fault == "secure boot verification failed"
