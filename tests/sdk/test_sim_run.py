"""`sealmote sim run` with faults, a seed and a virtual clock."""

import re
from pathlib import Path

import pytest

from commands import run_sealmote
from sealmote.sim import Board

PROGRAM = b"""
import machine, os, time
print(machine.reset_cause(), time.time(), os.urandom(4).hex())
time.sleep(86400)
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    board = Board.create(tmp_path / "board", mac=bytes.fromhex("020000000001"))
    board.write_file("/main.py", PROGRAM)
    return board.folder


def test_a_day_with_faults_takes_a_moment_and_a_seed_repeats_it(
    folder: Path, tmp_path: Path
) -> None:
    again = Board.create(tmp_path / "again", mac=bytes.fromhex("020000000001"))
    again.write_file("/main.py", PROGRAM)
    faults = ("watchdog:at=100", "switch-off:at=1000,off=5", "switch-off:at=80000")
    options = [item for fault in faults for item in ("--fault", fault)]
    runs = [
        run_sealmote("sim", "run", place, "--virtual", "--seed", 3, *options)
        for place in (folder, again.folder)
    ]
    for done in runs:
        assert done.returncode == 0, done.stderr
        causes = [line.split()[:2] for line in done.stdout.splitlines()]
        assert causes == [["1", "0"], ["3", "100"], ["1", "0"]]
    assert runs[0].stdout == runs[1].stdout


def test_faults_without_a_seed_draw_one_and_name_it(folder: Path) -> None:
    done = run_sealmote("sim", "run", folder, "--virtual", "--fault", "switch-off:at=1")
    seed = re.search(r"seed\W+(\d+)", done.stdout)
    assert done.returncode == 0
    assert seed
    assert int(seed[1]) > 0


def test_a_fault_that_is_none_is_refused_before_the_board_starts(folder: Path) -> None:
    done = run_sealmote("sim", "run", folder, "--fault", "flood:at=1")
    assert done.returncode != 0
    assert "flood" in done.stderr + done.stdout
    assert "wifi-lost" in done.stderr + done.stdout


def test_the_help_names_every_fault() -> None:
    told = run_sealmote("sim", "run", "--help").stdout
    assert all(kind in told for kind in ("power-cut", "clock-jump", "i2c-stuck", "heap"))
