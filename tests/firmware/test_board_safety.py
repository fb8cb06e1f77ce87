"""What keeps a board alive for months: the watchdog, safe mode, and the button, on simulated boards."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sealmote.sim import Board, Conditions, Fault, Network
from sealwire import message, statement

HOME = Network("home", "correct horse")
MAC = b"\x02\x5e\xa1\0\0\1"
Make = Callable[..., Board]


@pytest.fixture
def make_board(tmp_path: Path, board_config: dict[str, Any]) -> Make:
    """Make a board; ``edits`` change its files, as (path, from, to)."""

    def make(*edits: tuple[str, str, str], pins: Any = None, **sections: Any) -> Board:
        board = Board.create(tmp_path / "board", mac=MAC, wifi=[HOME], pins=pins or {})
        board.install(config=board_config | sections)
        for path, old, new in edits:
            text = board.read_file(path).decode()
            assert old in text
            board.write_file(path, text.replace(old, new).encode())
        return board

    return make


def found(board: Board, pattern: str) -> list[str]:
    """All that a pattern finds in what a board has printed, in order."""
    return re.findall(pattern, "\n".join(board.serial.history), re.MULTILINE)


def has_configuration(board: Board) -> bool:
    return any(path.endswith("/config.json") for path in board.files())


CRASH = ("/mote/app.py", "    dog = watchdog.Watchdog()", "    raise RuntimeError('mend me')")
SAFE_MODE = r"^E .* safe: safe mode: 5 boots in a row ended within 10 minutes"
TOLD = r"RuntimeError: mend me|safe: safe mode|KeyboardInterrupt"
SETTLES = 3  # what a boot waits before it tells why it ends: a chip's own USB starts late
BAD = ["RuntimeError: mend me"] * 5 + ["safe: safe mode"]  # each with its pause of 30 s


@pytest.mark.parametrize(
    ("seconds", "told"),
    [(6 * SETTLES + 5 * 30 + 3599, BAD), (7 * SETTLES + 5 * 30 + 3601, [*BAD, BAD[0]])],
)
def test_five_bad_boots_end_in_safe_mode_and_it_tries_again_in_an_hour(
    make_board: Make, live: Any, seconds: int, told: list[str]
) -> None:
    board = make_board(CRASH)
    live(board, seconds)
    assert found(board, TOLD) == told
    (line,) = [line for line in board.serial.history if re.search(SAFE_MODE, line)]
    assert "safe_mode.leave()" in line


def test_safe_mode_answers_on_usb_and_a_power_cycle_ends_it(make_board: Make, live: Any) -> None:
    board = make_board(CRASH, ("/main.py", "_PAUSE_S = 30", "_PAUSE_S = 0"))
    with board:
        board.start()
        board.serial.wait_for(SAFE_MODE, timeout=120)
        assert board._power is not None
        board._power.interrupt()
        assert not board.wait_idle(120), "Ctrl-C gives the REPL"
    live(board, 60)
    assert found(board, TOLD) == [*BAD, "KeyboardInterrupt", *BAD], "five more have to go wrong"


def test_boots_that_end_in_order_are_not_bad(make_board: Make, live: Any) -> None:
    board = make_board(
        ("/mote/app.py", CRASH[1], "    print('in order')\n    return"),
        ("/main.py", "        safe_mode.end()\n    e",
         "        safe_mode.end()\n        time.sleep(10)\n        machine.reset()\n    e"),
    )  # fmt: skip
    live(board, 95)
    assert len(found(board, "in order")) == 10
    assert found(board, "safe mode") == []


def test_a_boot_that_grows_old_is_not_bad(make_board: Make, live: Any) -> None:
    board = make_board(
        ("/mote/app.py", DONE, "        raise RuntimeError('old')"),
        sample={"period_s": 300, "count": 3, "sensors": ["chip"]},
    )
    live(board, 7 * (900 + 30 + 10))
    assert len(found(board, "RuntimeError: old")) >= 7
    assert found(board, "safe mode") == []


def test_the_boot_from_power_on_grows_old_too(make_board: Make, live: Any) -> None:
    board = make_board(sample={"period_s": 300, "count": 0, "sensors": ["chip"]})
    bites = [Fault("watchdog", at=700 + 30 * number) for number in range(5)]
    live(board, 900, *bites)
    assert found(board, r"boot=\d+") == [f"boot={number}" for number in range(1, 7)]
    assert found(board, "safe mode") == [], "four bad boots, and a good one before them"


DONE = '        _log.info("done %d" % self._device.taken)'


def test_the_watchdog_bites_when_the_event_loop_stands_still(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    hang = (
        "        import time\n        time.sleep(130 if self._device.identity.boot == 1 else 0)\n"
    )
    board = make_board(("/mote/app.py", DONE, hang + DONE))
    live(board, 900)  # and not again, though it runs for many times as long: it is fed
    assert found(board, r"boot=\d+|app: done \d+") == ["boot=1", "boot=2", "app: done 3"]
    stated = [message.parse(item) for item in stub_gateway.messages]
    causes = {
        one.header.boot: one.content.account.reset_cause
        for one in stated
        if isinstance(one.content, statement.Statement)
    }
    assert statement.RESET_CAUSES[causes[2]] == "watchdog"


def test_the_watchdog_bites_when_one_task_makes_no_progress(make_board: Make, live: Any) -> None:
    stuck = "        await asyncio.sleep_ms(1_000_000 if self._device.identity.boot == 1 else 0)\n"
    board = make_board(("/mote/app.py", "        pulse.rest()\n", stuck + "        pulse.rest()\n"))
    live(board, 990)
    events = r"boot=\d+|watchdog: no progress from readings|app: done \d+"
    assert found(board, events) == [
        "boot=1", "watchdog: no progress from readings", "boot=2", "app: done 3"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("seconds", "boots"), [(86_000, ["boot=1"]), (87_000, ["boot=1", "boot=2"])]
)
def test_whoever_takes_over_is_not_bitten_for_a_day(
    make_board: Make, live: Any, seconds: int, boots: list[str]
) -> None:
    board = make_board(("/mote/app.py", DONE, "        raise KeyboardInterrupt"))
    live(board, seconds)
    assert found(board, r"boot=\d+") == boots
    assert len(found(board, "^KeyboardInterrupt")) == len(boots)


def test_a_pin_that_stays_low_is_no_button(make_board: Make, live: Any) -> None:
    board = make_board(pins={0: 0})
    live(board, 60)
    assert found(board, "button: GPIO 0 stays low: that is no button|app: done 3") == [
        "button: GPIO 0 stays low: that is no button", "app: done 3"
    ]  # fmt: skip
    assert has_configuration(board)


PRESS = """
import time
from mote.hardware import button
began = time.ticks_ms()
def pressed():
    return time.ticks_diff(time.ticks_ms(), began) < %d
print(button.judge(pressed))
"""


def test_how_long_it_is_held_decides(make_board: Make) -> None:
    board, virtual = make_board(), Conditions(virtual=True)
    held_ms = (-1, 400, 9_900, 10_100, 29_900, 30_100)
    judged = [int(board.exec(PRESS % ms, timeout=120, conditions=virtual)) for ms in held_ms]
    assert judged == [0, 1, 1, 2, 2, 3]


def test_held_it_forgets_the_configuration_and_keeps_the_key(make_board: Make, live: Any) -> None:
    board = make_board(
        ("/mote/hardware/button.py", "found = judge(lambda: pin.value() == 0)", "found = HELD"),
    )
    identity = "from mote.setup import provision; provision.identity()"
    before = board.exec(identity)
    live(board, 60)
    assert len(found(board, r"button: held for 10 s: \S*/config\.json is forgotten")) == 1
    assert not has_configuration(board)
    assert board.exec(identity) == before
