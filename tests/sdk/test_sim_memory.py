"""A simulated board's memory: native code takes what it takes on a chip, and the figures agree."""

import ast
from pathlib import Path
from typing import Any

import pytest

from sealmote.board.chips import chip
from sealmote.board.images import mpy
from sealmote.sim import Board, Conditions
from sealmote.sim.runtime import interpreter
from sealmote.sim.storage import firmware

HEAP_BYTES = 128 * 1024
LOOK = """
import esp32, gc
def look(*more):
    gc.collect()
    pieces = esp32.idf_heap_info(esp32.HEAP_DATA)
    sizes = [gc.mem_free(), gc.mem_alloc(), sum(p[1] for p in pieces), max(p[2] for p in pieces)]
    print(sizes + list(more))
"""


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    board = Board.create(tmp_path_factory.mktemp("memory") / "board")
    board.install(compiled=True)
    return board


def run(board: Board, code: str, heap_bytes: int | None = HEAP_BYTES) -> list[Any]:
    """What the lines of a program's output stand for."""
    said = board.exec(LOOK + code, conditions=Conditions(heap_bytes=heap_bytes))
    return [ast.literal_eval(line) for line in said.splitlines() if line.startswith("[")]


@pytest.mark.parametrize("heap_bytes", [65536, HEAP_BYTES, 180_000])
def test_the_heap_is_the_boards_own(board: Board, heap_bytes: int) -> None:
    ((free, used, _, _),) = run(board, "look()", heap_bytes)
    assert heap_bytes - 4096 < free + used <= heap_bytes + 2048
    assert used < 24_576, "names count, what the simulator takes does not"


def test_most_of_it_lies_in_one_piece(board: Board) -> None:
    (found,) = run(board, f"look(len(bytearray({HEAP_BYTES * 5 // 8})))")
    assert found[4] == HEAP_BYTES * 5 // 8, "the simulator's modules do not break it up"


def test_free_heap_counts_what_it_could_grow_by_and_nothing_more(board: Board) -> None:
    code = """
kept = []
while gc.mem_free() > 40000:
    look()
    kept.append(bytearray(1024))
look()
"""
    looks = run(board, code)
    totals = {free + used for free, used, _, _ in looks}
    assert max(totals) - min(totals) < 1024, "growing moves memory, and makes none"
    assert looks[0][3] > 60_000 > looks[-1][3], "the heap has grown into it"


def test_the_radio_takes_memory_while_it_is_on(board: Board) -> None:
    code = """
import network
look()
station = network.WLAN(network.STA_IF)
station.active(True)
look()
station.active(False)
look()
"""
    off, on, off_again = [look[2] for look in run(board, code)]
    assert off - on == 50_000
    assert off_again == off


def test_native_code_passes_through_one_block_of_heap(board: Board) -> None:
    """A heap with 40 kB free, but no 20 in one piece, loads no field machine: as on an ESP32."""
    code = """
from sealwire import fast
pieces = []
try:
    while True:
        pieces.append(bytearray(10000))
except MemoryError:
    pass  # no 10 kB are left in one piece; between two that stay there are no more either
for place in range(1, len(pieces) - 1, 2):
    pieces[place] = None
look()
try:
    fast.native(-7)
    print(["loaded"])
except MemoryError as error:
    print([str(error)])
pieces.clear()
try:
    fast.native(-7)
    print(["loaded"])
except ImportError as error:
    print([str(error)])
"""
    (before, first, second) = run(board, code)
    assert before[0] > 40_000
    assert first == ["no block of heap for the field machine: load it before anything else"]
    assert second == ["native code has not loaded, and is not tried again before the next reset"]


def test_what_native_code_takes_stays_taken_until_a_reset(board: Board) -> None:
    code = """
look()
import sealwire.fast.field_p256, sys
look()
del sys.modules["sealwire.fast.field_p256"], sealwire.fast.field_p256, sealwire
look()
import sealwire.fast.field_p256
look()
"""
    before, once, forgotten, twice = [look[2] for look in run(board, code)]
    assert 15_000 < before - once < 30_000
    assert forgotten == once, "an ESP32 gives it back at a reset only"
    assert once - twice == before - once
    assert [look[2] for look in run(board, "look()")] == [before], "another start has it again"


def test_a_load_that_breaks_off_keeps_what_it_had_copied(board: Board) -> None:
    code = """
look()
import sys
from sealwire import fast
from _sim import memory
memory.commit(46000 - 8 - 24000)  # of one of two pieces, so that the field's first function still fits
import _sim.native_code
real, seen = _sim.native_code.memory.commit, []
look()
def commit(size):
    if seen:
        raise MemoryError
    seen.append(size)
    real(size)
_sim.native_code.memory.commit = commit
try:
    fast.native(-7)
except MemoryError:
    look(seen[0])
"""
    _, before, after = run(board, code)
    assert before[2] - after[2] == (after[4] + 3 & ~3) + 8


@pytest.mark.parametrize("name", ["esp32", "esp32c3"])
def test_each_chips_code_is_measured_as_it_would_be_loaded(tmp_path: Path, name: str) -> None:
    """The largest functions of the field machines have 13.5 to 16.6 kB on the chips (docs/signing.md)."""
    board = Board.create(tmp_path / "board")
    fields = {path: made for path, made in firmware.files().items() if "/fast/field_" in path}
    mpy.build_here(fields, tmp_path / "made", chip(name).march)
    made = list((tmp_path / "made").glob("*.mpy"))
    for path in made:
        board.write_file(f"/look/{path.name}", path.read_bytes())
    code = """
import os
from _sim import native_code
for name in os.listdir("/look"):
    with open("/look/" + name, "rb") as file:
        print(native_code.sizes(file))
"""
    found = run(board, code, None)
    assert len(found) == len(made) == 2
    for large, small in found:
        assert 13_500 < large < 16_600
        assert 3_500 < small < 4_100


def test_the_architecture_is_that_of_the_interpreter() -> None:
    assert interpreter.architecture(interpreter.command()) in {"x64", "x86", None}
