"""Deep sleep: a wake is not a boot, and no number comes twice, on simulated boards."""

import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sealmote.sim import Board, Network
from sealwire import message, senml, statement

HOME = Network("home", "correct horse")
Make = Callable[..., Board]
AWAKE = ("/mote/sleeper.py", "_AWAKE_MS = const(10_000)", "_AWAKE_MS = const(0)")


@pytest.fixture
def make_board(tmp_path: Path, board_config: dict[str, Any]) -> Iterator[Make]:
    """Make a board that sleeps a second at a time; ``edits`` change its files."""
    boards: list[Board] = []

    def make(*edits: tuple[str, str, str], every: int = 2, **sections: Any) -> Board:
        board = Board.create(tmp_path / f"board{len(boards)}", wifi=[HOME], join_ms=50)
        sample = {"period_s": 1, "count": 0, "sensors": ["bme280"]}
        power = {"sleep": True, "send_every": every}
        board.install(config=board_config | {"sample": sample, "power": power} | sections)
        for path, old, new in (AWAKE, *edits):
            text = board.read_file(path).decode()
            assert old in text
            board.write_file(path, text.replace(old, new).encode())
        boards.append(board)
        return board

    yield make
    for board in boards:
        board.kill()


def wait_until(true: Callable[[], bool], timeout: float = 60) -> None:
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)


def count(board: Board, pattern: str) -> int:
    return len(re.findall(pattern, "\n".join(board.serial.history), re.MULTILINE))


def test_a_wake_goes_on_where_the_boot_fell_asleep(make_board: Make, stub_gateway: Any) -> None:
    board = make_board()
    with board:
        board.start()
        wait_until(lambda: len(stub_gateway.messages) >= 8)
    parsed: list[Any] = [message.parse(item) for item in stub_gateway.messages]
    assert [(one.header.boot, one.header.sequence) for one in parsed] == [
        (1, number) for number in range(len(parsed))
    ]
    first, *readings = parsed
    assert isinstance(first.content, statement.Statement)
    assert all(isinstance(one.content, senml.Pack) for one in readings)
    times = [one.header.iat for one in readings]
    assert times == sorted(times)
    assert times[-1] - times[0] >= len(times) - 2, "a second apart, however late each one was"
    assert count(board, "app: sealmote") == 1, "one boot"
    assert count(board, "wifi: connected") <= 1 + len(readings) // 2, "a wake that keeps is silent"
    assert max(size for _, size in stub_gateway.requests) >= 2, "several at a time"


def test_uptime_and_clock_go_on_and_the_statement_says_so(
    make_board: Make, stub_gateway: Any
) -> None:
    board = make_board(
        ("/mote/app.py", "STATE_AGAIN_S = const(86_400)", "STATE_AGAIN_S = const(4)")
    )
    with board:
        board.start()
        wait_until(lambda: len(statements(stub_gateway)) >= 2)
    first, later = statements(stub_gateway)[:2]
    assert later.header.boot == 1
    assert 4 <= later.content.uptime <= 30
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
        'machine.RTC().memory(b"SMrt" + bytes(40))',
        'machine.RTC().memory(b"")',
        "machine.reset()",
        'raise RuntimeError("before it slept")',
    ],
)
def test_without_a_sound_ticket_it_is_a_new_boot(
    make_board: Make, stub_gateway: Any, harm: str
) -> None:
    harmful = f"    retained.save()\n    if known['sequence'] == 3:\n        {harm}\n    machine.deepsleep("
    board = make_board(
        ("/mote/nap.py", SAVED, harmful), ("/main.py", "_PAUSE_S = 30", "_PAUSE_S = 0")
    )
    with board:
        board.start()
        wait_until(lambda: (2, 1) in stub_gateway.numbers())
    numbers = stub_gateway.numbers()
    assert len(set(numbers)) == len(numbers)
    assert {(1, 0), (1, 1), (1, 2), (2, 0), (2, 1)} <= set(numbers)
    assert (1, 3) not in numbers


@pytest.mark.parametrize("seed", [1, 2])
def test_power_cuts_at_any_moment_repeat_no_number(
    make_board: Make, stub_gateway: Any, seed: int
) -> None:
    dice, board = random.Random(seed), make_board(every=3)
    kept: set[tuple[int, int]] = set()
    for _ in range(8):
        board.start()
        time.sleep(dice.uniform(0.2, 4))
        board.kill()
        found = re.findall(r"outbox: kept (\d+)/(\d+)", "\n".join(board.serial.history))
        kept |= {(int(boot), int(sequence)) for boot, sequence in found}
    with board:
        board.start()
        wait_until(lambda: kept <= set(stub_gateway.numbers()))
    numbers = stub_gateway.numbers()
    assert len(set(numbers)) == len(numbers)


def test_what_is_in_the_outbox_need_not_be_read_at_each_wake(
    make_board: Make, stub_gateway: Any
) -> None:
    scan = "        lost = segment.scan()\n"
    board = make_board(
        ("/mote/outbox.py", scan, '        _log.warning("scanned")\n' + scan), every=4
    )
    with board:
        board.start()
        wait_until(lambda: len(stub_gateway.messages) >= 9)
        wait_until(lambda: count(board, "sleeper: asleep") >= 8)
    assert count(board, "outbox: scanned") <= 3, "once for each sending that found a file"
