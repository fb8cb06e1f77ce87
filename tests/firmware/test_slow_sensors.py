"""Sensors whose measurement takes seconds: nothing waits for them but their own reading."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from guides import example
from sealmote.sim import Board, Conditions, Network, Sensor, Weather
from sealwire import message, senml

LIB = """
from sealwire.senml import Record

class Driver:
    name = {name!r}
    needs_bus = False
    stateless = {stateless}

    def __init__(self):
        self._answers = {answers}

    @staticmethod
    def probe(bus):
        return Driver()

    def read(self):
        answer = self._answers.pop(0)
        if type(answer) is str:
            raise OSError(answer)
        return answer if type(answer) is int else [Record(name, None, value) for name, value in answer]
"""

TAKE = """
import asyncio, json, time
from mote import uptime
from mote.sensors.sampler import Sampler

ticks = 0
async def tick():
    global ticks
    while True:
        await asyncio.sleep_ms(500)
        ticks += 1

async def take(names):
    sampler = Sampler(names, None)
    beside = asyncio.create_task(tick())
    began = uptime.milliseconds()
    pack = await sampler.take(lambda: uptime.milliseconds() - began)
    beside.cancel()
    return sampler, pack

sampler, pack = asyncio.run(take(%r))
print(json.dumps([
    [[one.name, one.mantissa] for one in pack.records] if pack else None,
    round(pack.base_time / 100) if pack else None, ticks, sampler.failures, sorted(sampler._found),
]))
"""


def taken(tmp_path: Path, **drivers: Any) -> Any:
    """Return values, tenths of a second, ticks of another task, failures, and who stays, of one reading."""
    board = Board.create(tmp_path / "board")
    board.install()
    board.write_file("/main.py", b"")
    for name, (answers, stateless) in drivers.items():
        made = LIB.format(name=name, answers=answers, stateless=stateless)
        board.write_file(f"/lib/{name}.py", made.encode())
    printed = board.exec(TAKE % (tuple(drivers),), 60, Conditions(virtual=True, seed=1))
    return json.loads(printed.strip().splitlines()[-1])


def test_slow_ones_measure_side_by_side_and_keep_their_order(tmp_path: Path) -> None:
    values, tenths, ticks, failures, found = taken(
        tmp_path,
        slow=([5000, [("a", 1)]], False),
        quick=([[("a", 2)]], False),
        twice=([1000, 2000, [("a", 3)]], True),
    )
    assert values == [["a", 1], ["quick.a", 2], ["twice.a", 3]]
    assert tenths == 50, "as long as the slowest, and dated then"
    assert ticks >= 9, "the board did something else"
    assert failures == 0
    assert found == ["quick", "slow"], "one without a state stays only while it measures"


@pytest.mark.parametrize(
    ("answers", "tenths"),
    [([0], 0), ([-1], 0), ([60_001], 0), ([30_000, 30_001], 300), ([5000, "lost"], 50)],
)
def test_who_never_gets_ready_costs_only_its_own_value(
    tmp_path: Path, answers: list[Any], tenths: int
) -> None:
    found = taken(tmp_path, slow=(answers, False), quick=([[("a", 2)]], False))
    assert found[:2] == [[["a", 2]], tenths]
    assert found[3:] == [1, ["quick"]]


@pytest.mark.parametrize("sleep", [False, True])
def test_the_guides_scd4x_on_a_board_that_works(
    tmp_path: Path, board_config: dict[str, Any], stub_gateway: Any, live: Any, sleep: bool
) -> None:
    board = Board.create(
        tmp_path / "board",
        wifi=[Network("home", "correct horse")],
        sensors=[Sensor("scd4x")],
        weather=Weather.constant(21.5, 45.0, 99000),
    )
    sample = {"period_s": 20, "count": 0, "sensors": ["chip", "scd4x"]}
    power = {"sleep": sleep, "send_every": 2}
    board.install(config=board_config | {"sample": sample, "power": power})
    board.write_file("/lib/sht4x.py", example("sensors.md", "import time").encode())
    board.write_file("/lib/scd4x.py", example("sensors.md", "MEASURE =").encode())
    live(board, 150)
    said = "\n".join(board.serial.history)
    assert re.findall(r"^[WE] .*(?:sensors|watchdog): .*", said, re.MULTILINE) == []
    parsed = [message.parse(item) for item in stub_gateway.messages]
    readings = [one for one in parsed if isinstance(one.content, senml.Pack)]
    assert len(readings) >= 4
    for one in readings:
        named = {record.name: record for record in one.content.records}
        assert list(named) == ["chip", "co2", "t", "h"]
        assert named["co2"].mantissa == 615
        assert abs(named["t"].mantissa - 2150) <= 1
        assert abs(named["h"].mantissa - 4500) <= 1
    apart = [b.header.iat - a.header.iat for a, b in pairwise(readings)]
    assert set(apart) <= {19, 20, 21}, "a period apart, in whole seconds"
