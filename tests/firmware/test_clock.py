"""How far off the clock may be: on a simulated board, against a time server that is off by plan."""

import json
from pathlib import Path
from typing import Any

import pytest

from sealmote.sim import Board, Conditions

SCRIPT = """
import asyncio, json, time
from mote import log
from mote.network import clock as module, sntp
log.set_level("E")
clock = module.Clock("host", 123, %d)
skew_ms = 0

async def query(host, port, shunned):
    return sntp.Answer(module.unix_ms() + skew_ms, time.ticks_ms(), 40, 20)

def exchange(offset_ms, age_s):
    # As if the clock had been set so long ago, and had gone wrong by so much since.
    global skew_ms
    clock.set_ms -= age_s * 1000
    clock.asked_ms = None
    before = clock.uncertainty_ms
    skew_ms = offset_ms
    asyncio.run(clock.synchronise())
    return [before, clock.uncertainty_ms, clock.drift_ppm]

sntp.query = query
first = exchange(1800000000000 - module.unix_ms(), 0)
print(json.dumps([first] + [exchange(*one) for one in %s] + [clock.state(), clock.source]))
"""


@pytest.fixture
def exchanges(tmp_path: Path) -> Any:
    board = Board.create(tmp_path / "board")
    board.install(config={})

    def run(drift_ppm: int, *planned: tuple[int, int]) -> Any:
        script = SCRIPT % (drift_ppm, list(planned))
        return json.loads(board.exec(script, conditions=Conditions(virtual=True)))

    return run


def test_the_uncertainty_grows_by_the_drift_that_was_seen(exchanges: Any) -> None:
    first, hour, next_hour, (_, error_ms, ppm, *_), source = exchanges(10, (76, 3600), (-36, 3600))
    assert first == [None, 20, 10]
    before, after, learnt = hour
    assert before == 56, "20 ms, and 10 ppm of an hour"
    assert after == 20
    assert learnt == (76 + 40) * 1_000_000 // 3_600_000, "21 ppm, and the doubt of 40 ms in it"
    assert next_hour[0] == 20 + learnt * 3600 // 1000
    assert (error_ms, ppm, source) == (20, next_hour[2], 1)


def test_a_short_interval_teaches_nothing(exchanges: Any) -> None:
    _, soon, *_ = exchanges(100, (500, 60))
    assert soon[2] == 100


def test_what_is_learnt_has_bounds(exchanges: Any) -> None:
    _, jump, still, *_ = exchanges(100, (9_000_000, 3600), (0, 90_000_000))
    assert jump[2] == 50_000
    assert still[2] == 25_000, "one calm interval does not vouch for the next"
    calm = exchanges(100, *[(0, 90_000_000)] * 5)
    assert [one[2] for one in calm[1:-2]] == [50, 25, 20, 20, 20]
