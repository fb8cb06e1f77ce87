"""Deep sleep: a wake is not a boot, and no number comes twice, on simulated boards."""

import random
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from sealmote.sim import Board, Fault
from sealwire import message, senml, statement

Make = Callable[..., Board]


@pytest.fixture
def make_board(tmp_path: Path, board_config: dict[str, Any], quick_board: Any) -> Make:
    """Make a board that sleeps between readings; ``edits`` change its files."""

    def make(*edits: tuple[str, str, str], every: int = 2, period_s: int = 60) -> Board:
        sample = {"period_s": period_s, "count": 0, "sensors": ["bme280"]}
        power = {"sleep": True, "send_every": every}
        board: Board = quick_board(board_config | {"sample": sample, "power": power}, *edits)
        return board

    return make


def count(board: Board, pattern: str) -> int:
    return len(re.findall(pattern, "\n".join(board.serial.history), re.MULTILINE))


def test_a_wake_goes_on_where_the_boot_fell_asleep(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    board = make_board()
    live(board, 9 * 60)
    assert len(stub_gateway.messages) >= 8
    parsed: list[Any] = [message.parse(item) for item in stub_gateway.messages]
    assert [(one.header.boot, one.header.sequence) for one in parsed] == [
        (1, number) for number in range(len(parsed))
    ]
    first, *readings = parsed
    assert isinstance(first.content, statement.Statement)
    assert all(isinstance(one.content, senml.Pack) for one in readings)
    times = [one.header.iat for one in readings]
    apart = [later - earlier for earlier, later in pairwise(times)]
    assert set(apart) <= {59, 60, 61}, "a period apart, in whole seconds"
    assert count(board, "app: sealmote") == 1, "one boot"
    assert count(board, "wifi: connected") <= 1 + len(readings) // 2, "a wake that keeps is silent"
    assert max(size for _, size in stub_gateway.requests) >= 2, "several at a time"


def test_uptime_and_clock_go_on_and_the_statement_says_so(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    board = make_board(
        ("/mote/schedule.py", "STATE_AGAIN_S = const(86_400)", "STATE_AGAIN_S = const(1800)"),
        period_s=600,
    )
    live(board, 3500)
    assert len(statements(stub_gateway)) == 2
    first, later = statements(stub_gateway)[:2]
    assert later.header.boot == 1
    assert 1800 <= later.content.uptime <= 3000
    elapsed = later.header.iat - first.header.iat
    assert abs(later.content.uptime - first.content.uptime - elapsed) <= 2
    account = later.content.account
    assert statement.CLOCK_SOURCES[account.clock_source] == "rtc"
    assert account.clock_uncertainty_ms > first.content.account.clock_uncertainty_ms
    assert statement.RESET_CAUSES[account.reset_cause] == "deep-sleep"
    assert account.acknowledged_to is not None


def statements(gateway: Any) -> list[Any]:
    parsed = [message.parse(item) for item in gateway.messages]
    return [one for one in parsed if isinstance(one.content, statement.Statement)]


SAVED = "    retained.save()\n    machine.deepsleep("


@pytest.mark.parametrize(
    "harm",
    [
        "memory = bytearray(machine.RTC().memory()); memory[-1] ^= 1; machine.RTC().memory(memory)",
        'machine.RTC().memory(b"")',
        "machine.reset()",
        'raise RuntimeError("before it slept")',
    ],
)
def test_without_a_sound_wake_state_it_is_a_new_boot(
    make_board: Make, stub_gateway: Any, live: Any, harm: str
) -> None:
    harmful = f"    retained.save()\n    if known['sequence'] == 3:\n        {harm}\n    machine.deepsleep("
    board = make_board(("/mote/power/wake_state.py", SAVED, harmful))
    live(board, 6 * 60)
    numbers = stub_gateway.numbers()
    assert len(set(numbers)) == len(numbers)
    assert {(1, 0), (1, 1), (1, 2), (2, 0), (2, 1)} <= set(numbers)
    assert (1, 3) not in numbers


@pytest.mark.parametrize("seed", [1, 2])
def test_power_cuts_at_any_moment_repeat_no_number(
    make_board: Make, stub_gateway: Any, live: Any, seed: int
) -> None:
    dice, board = random.Random(seed), make_board(every=3)
    for number in range(8):
        ends = (
            Fault("power-cut", op=dice.randrange(1, 60)),
            Fault("switch-off", at=dice.uniform(1, 500)),
        )
        live(board, 500, dice.choice(ends), seed=100 * seed + number)
    found = re.findall(r"outbox: kept (\d+)/(\d+)", "\n".join(board.serial.history))
    kept = {(int(boot), int(sequence)) for boot, sequence in found}
    assert len(kept) > 20
    assert len({boot for boot, _ in kept}) > 5
    live(board, 500)
    numbers = stub_gateway.numbers()
    assert kept <= set(numbers)
    assert len(set(numbers)) == len(numbers)


def test_what_is_in_the_outbox_need_not_be_read_at_each_wake(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    scan = "        lost = segment.scan(self._owner)\n"
    board = make_board(
        ("/mote/storage/outbox.py", scan, '        _log.warning("scanned")\n' + scan), every=4
    )
    live(board, 11 * 60)
    assert len(stub_gateway.messages) >= 8
    assert count(board, "sleeper: asleep") >= 8
    assert 1 <= count(board, "outbox: scanned") <= 3, "once for each sending that found a file"
