"""What keeps a board alive for months: the watchdog, safe mode, and the button, on simulated boards."""

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from sealmote.sim import Board, Network
from sealwire import message, statement

HOME = Network("home", "correct horse")
Make = Callable[..., Board]


@pytest.fixture
def make_board(tmp_path: Path, board_config: dict[str, Any]) -> Iterator[Make]:
    """Make a board; ``edits`` change constants in its files, as (path, from, to)."""
    boards: list[Board] = []

    def make(*edits: tuple[str, str, str], pins: Any = None, **sections: Any) -> Board:
        board = Board.create(tmp_path / f"board{len(boards)}", wifi=[HOME], pins=pins or {})
        board.install(config=board_config | sections)
        for path, old, new in edits:
            text = board.read_file(path).decode()
            assert old in text
            board.write_file(path, text.replace(old, new).encode())
        boards.append(board)
        return board

    yield make
    for board in boards:
        board.kill()


def count(board: Board, pattern: str) -> int:
    return len(re.findall(pattern, "\n".join(board.serial.history), re.MULTILINE))


def wait_until(true: Callable[[], bool], timeout: float = 40) -> None:
    deadline = time.monotonic() + timeout
    while not true():
        assert time.monotonic() < deadline, "it did not come to pass in time"
        time.sleep(0.05)


CRASHING = (
    ("/mote/app.py", "    dog = watchdog.Watchdog()", "    raise RuntimeError('mend me')"),
    ("/main.py", "_PAUSE_S = 30", "_PAUSE_S = 0"),
)
SAFE_MODE = r"^E .* safe: safe mode: 5 boots in a row ended within 10 minutes"


def test_five_bad_boots_end_in_safe_mode_and_it_tries_again_later(make_board: Make) -> None:
    board = make_board(*CRASHING, ("/mote/safe.py", "_REST_S = const(3600)", "_REST_S = const(2)"))
    with board:
        board.start()
        line = board.serial.wait_for(SAFE_MODE, timeout=40)
        assert "safe.leave()" in line.string
        assert count(board, "RuntimeError: mend me") == 5
        wait_until(lambda: count(board, "RuntimeError: mend me") == 6)
        assert count(board, SAFE_MODE) == 1, "five more boots have to go wrong first"


def test_safe_mode_answers_on_usb_and_a_power_cycle_ends_it(make_board: Make) -> None:
    board = make_board(*CRASHING)
    with board:
        board.start()
        board.serial.wait_for(SAFE_MODE, timeout=40)
        began = time.monotonic()
        board.stop()  # presses Ctrl-C first, and it listens
        assert time.monotonic() - began < 2
        wait_until(lambda: count(board, "KeyboardInterrupt") == 1, 2)
    with board:
        board.start()
        wait_until(lambda: count(board, "RuntimeError: mend me") >= 6)
        assert count(board, SAFE_MODE) == 1


def test_boots_that_end_in_order_are_not_bad(make_board: Make) -> None:
    board = make_board(
        ("/main.py", "        safe.end()\n    e", "        safe.end()\n        machine.reset()\n    e"),
        sample={"period_s": 0},
    )  # fmt: skip
    with board:
        board.start()
        wait_until(lambda: count(board, r"app: /config\.json") >= 7)
        assert count(board, "safe mode") == 0


def test_a_boot_that_grows_old_is_not_bad(make_board: Make) -> None:
    board = make_board(
        ("/main.py", "_PAUSE_S = 30", "_PAUSE_S = 0"),
        ("/mote/safe.py", "GOOD_AFTER_S = const(600)", "GOOD_AFTER_S = const(1)"),
        (
            "/mote/app.py",
            '        _log.info("done %d" % self._parts.taken)',
            "        raise RuntimeError('old')",
        ),
        sample={"period_s": 1, "count": 3, "sensors": ["chip"]},
    )
    with board:
        board.start()
        wait_until(lambda: count(board, "RuntimeError: old") >= 7, 90)
        assert count(board, "safe mode") == 0


DONE = '        _log.info("done %d" % self._parts.taken)'
SHORT = ("/mote/watchdog.py", "TIMEOUT_MS = const(120_000)", "TIMEOUT_MS = const(2_000)")
QUICK = ("/mote/watchdog.py", "_FEED_MS = const(5_000)", "_FEED_MS = const(300)")
STRICT = ("/mote/watchdog.py", "_GRACE_MS = const(120_000)", "_GRACE_MS = const(500)")


def test_the_watchdog_bites_when_the_event_loop_stands_still(
    make_board: Make, stub_gateway: Any
) -> None:
    hang = "        import time\n        time.sleep(5 if self._parts.identity.boot == 1 else 0)\n"
    board = make_board(
        SHORT, QUICK, STRICT,
        ("/mote/app.py", DONE, hang + DONE),
    )  # fmt: skip
    with board:
        board.start()
        board.serial.wait_for("boot=2", timeout=40)
        wait_until(lambda: len(stub_gateway.messages) >= 5)
        board.serial.wait_for("app: done", timeout=30)
        time.sleep(3)  # longer than the time-out: it is fed
        assert count(board, "boot=3") == 0
    stated = [message.parse(item) for item in stub_gateway.messages]
    causes = {
        one.header.boot: one.content.account.reset_cause
        for one in stated
        if isinstance(one.content, statement.Statement)
    }
    assert statement.RESET_CAUSES[causes[2]] == "watchdog"


def test_the_watchdog_bites_when_one_task_makes_no_progress(make_board: Make) -> None:
    stuck = "        await asyncio.sleep_ms(20_000 if self._parts.identity.boot == 1 else 0)\n"
    board = make_board(
        SHORT, QUICK, STRICT,
        ("/mote/app.py", "        pulse.rest()\n", stuck + "        pulse.rest()\n"),
    )  # fmt: skip
    with board:
        board.start()
        board.serial.wait_for(r"^E .* watchdog: no progress from readings", timeout=40)
        board.serial.wait_for("boot=2", timeout=20)
        board.serial.wait_for("app: done", timeout=30)


def test_whoever_takes_over_is_not_bitten(make_board: Make) -> None:
    board = make_board(SHORT, QUICK)
    with board:
        board.start()
        board.serial.wait_for("app: done 3", timeout=40)
        assert board._power is not None
        board._power.interrupt()
        assert not board.wait_idle(10), "it ended by KeyboardInterrupt"
        time.sleep(4)
        assert count(board, "boot=") == 1


def test_a_pin_that_stays_low_is_no_button(make_board: Make) -> None:
    board = make_board(
        ("/mote/button.py", "_FORGET_MS = const(10_000)", "_FORGET_MS = const(500)"),
        ("/mote/button.py", "_RELEASE_MS = const(30_000)", "_RELEASE_MS = const(1_000)"),
        pins={0: 0},
    )
    with board:
        board.start()
        board.serial.wait_for("button: GPIO 0 stays low: that is no button", timeout=20)
        board.serial.wait_for("app: done 3", timeout=40)
    assert "/config.json" in board.files()


PRESS = """
import time
from mote import button
began = time.ticks_ms()
def pressed():
    return time.ticks_diff(time.ticks_ms(), began) < %d
print(button.judge(pressed))
"""


def test_how_long_it_is_held_decides(make_board: Make) -> None:
    board = make_board(
        ("/mote/button.py", "_FORGET_MS = const(10_000)", "_FORGET_MS = const(1_000)"),
        ("/mote/button.py", "_RELEASE_MS = const(30_000)", "_RELEASE_MS = const(3_000)"),
    )
    assert [int(board.exec(PRESS % ms)) for ms in (-1, 400, 1500, 9000)] == [0, 1, 2, 3]


def test_held_it_forgets_the_configuration_and_keeps_the_key(make_board: Make) -> None:
    board = make_board(
        ("/mote/button.py", "found = judge(lambda: pin.value() == 0)", "found = HELD"),
    )
    identity = "from mote import provision; provision.identity()"
    before = board.exec(identity)
    with board:
        board.start()
        board.serial.wait_for(r"button: held for 10 s: /config\.json is forgotten", timeout=20)
        assert board.wait_idle(10)
    assert "/config.json" not in board.files()
    assert board.exec(identity) == before
