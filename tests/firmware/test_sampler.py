"""Sensors that remember nothing are let go of between readings; one of somebody's own stays what it was."""

import json
from pathlib import Path

from sealmote.sim import Board

OWN = b"""
from sealwire.senml import Record

class Driver:
    name = "own"
    needs_bus = False

    def __init__(self):
        self._count = 0

    @staticmethod
    def probe(bus):
        return Driver()

    def read(self):
        self._count += 1
        return [Record("n", None, self._count)]
"""

READ = """
import asyncio, json, sys
from mote.sensors.sampler import Sampler

sampler = Sampler(("chip", "own"), None)
taken = [asyncio.run(sampler.take(lambda: 1_800_000_000 + n)) for n in range(3)]
print(json.dumps([
    [[record.name for record in pack.records] for pack in taken],
    [pack.records[1].mantissa for pack in taken],
    ["mote.sensors.chip" in sys.modules, "own" in sys.modules, sampler.failures],
]))
"""


def test_a_stateless_driver_is_let_go_of_and_one_with_a_memory_stays(tmp_path: Path) -> None:
    board = Board.create(tmp_path / "board")
    board.install()
    board.write_file("/main.py", b"")
    board.write_file("/lib/own.py", OWN)
    names, counted, loaded = json.loads(board.exec(READ, 60).strip().splitlines()[-1])
    assert names == [["chip", "n"]] * 3
    assert counted == [1, 2, 3]
    assert loaded == [False, True, 0]
