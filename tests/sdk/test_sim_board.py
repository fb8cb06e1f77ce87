"""The board as a whole: boots, resets, keeps what each reset keeps, runs snippets."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from patience import PATIENCE_S
from sealmote.sim import (
    Board,
    BoardCrashedError,
    BoardFilesError,
    BoardInUseError,
    BoardStateError,
    BoardTimeoutError,
    Conditions,
    HardwareError,
    Network,
    Sensor,
    SimulatorMissingError,
    SnippetError,
)

REAL, VIRTUAL = Conditions(), Conditions(virtual=True)


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return Board.create(tmp_path / "board")


def run(board: Board, main: str, conditions: Conditions = REAL) -> list[str]:
    """The lines of a program that ends."""
    board.write_file("/main.py", main.encode())
    with board:
        board.start(conditions)
        board.wait_idle(PATIENCE_S)
        board.kill()
    return board.serial.history


def test_boots_boot_then_main_in_one_scope(board: Board) -> None:
    board.write_file("/boot.py", b"print('boot', __name__); shared = 7\n")
    assert run(board, "import sys; print('main', shared, sys.path)") == [
        "boot __main__",
        "main 7 ['', '.frozen', '/lib']",
    ]


def test_an_exception_is_printed_and_the_board_stays_on(board: Board) -> None:
    board.write_file("/main.py", b"def f():\n    raise ValueError('why')\nf()\n")
    with board:
        board.start()
        assert board.wait_idle(PATIENCE_S) is False
        assert board.powered
    assert board.serial.history == [
        "Traceback (most recent call last):",
        '  File "main.py", line 3, in <module>',
        '  File "main.py", line 2, in f',
        "ValueError: why",
    ]


def test_a_failing_boot_py_skips_main(board: Board) -> None:
    board.write_file("/boot.py", b"1/0\n")
    assert "never" not in run(board, "print('never')")


def test_exec_returns_what_was_printed_and_keeps_the_flash(board: Board) -> None:
    board.write_file("/boot.py", b"print('noise of the boot')\n")
    board.write_file("/main.py", b"print('never')\n")
    assert board.exec("f = open('x', 'w'); f.write('kept'); f.close(); print('a\\nb')") == "a\nb\n"
    assert board.exec("print(open('x').read())") == "kept\n"


def test_exec_raises_with_the_board_s_traceback(board: Board) -> None:
    with pytest.raises(SnippetError) as caught:
        board.exec("print('before')\n{}['missing']")
    assert caught.value.output == "before\n"
    assert caught.value.traceback == (
        'Traceback (most recent call last):\n  File "<stdin>", line 2, in <module>\n'
        "KeyError: missing\n"
    )


def test_what_goes_to_stderr_is_no_failure(board: Board) -> None:
    assert board.exec("import sys; print('a', file=sys.stderr); print('b')") == "a\nb\n"


def test_a_snippet_that_resets_the_board_ends_there(board: Board) -> None:
    assert board.exec("import machine; print('a'); machine.reset(); print('b')") == "a\n"


def test_exec_times_out_and_lets_go(board: Board) -> None:
    with pytest.raises(BoardTimeoutError):
        board.exec("while True: pass", timeout=0.3)
    assert board.exec("print(1)") == "1\n"


def test_the_same_board_after_a_restart(board: Board) -> None:
    board.write_file("/x", b"kept")
    again = Board.open(board.folder)
    assert again.mac == board.mac
    assert again.hardware.to_json() == board.hardware.to_json()
    assert again.exec("import machine; print(machine.unique_id().hex(), open('x').read())") == (
        f"{board.mac.hex()} kept\n"
    )


def test_boards_have_macs_of_their_own(tmp_path: Path, board: Board) -> None:
    other = Board.create(tmp_path / "other")
    assert board.mac != other.mac
    assert board.mac[0] & 3 == 2  # locally administered, unicast
    given = Board.create(tmp_path / "given", mac=bytes.fromhex("a0b1c2d3e4f5"))
    assert given.exec("import machine; print(machine.unique_id().hex())") == "a0b1c2d3e4f5\n"


def test_hardware_that_cannot_be_is_refused(tmp_path: Path) -> None:
    wrong: Any
    for wrong in (
        {"mac": bytes.fromhex("01b1c2d3e4f5")},
        {"mac": b"short"},
        {"chip": "esp8266"},
        {"sensors": [Sensor(), Sensor()]},
        {"sensors": [Sensor(address=0x80)]},
    ):
        with pytest.raises(HardwareError):
            Board.create(tmp_path / "wrong", **wrong)
    assert not (tmp_path / "wrong").exists()


RESETS = """
import machine, time
rtc = machine.RTC()
steps = rtc.memory()
print(machine.reset_cause(), len(steps), time.gmtime()[0])
if len(steps) == 0:
    rtc.datetime((2033, 1, 1, 0, 0, 0, 0, 0))
rtc.memory(steps + b"x")
if len(steps) == 0:
    machine.reset()
elif len(steps) == 1:
    machine.soft_reset()
elif len(steps) == 2:
    machine.deepsleep(200)
elif len(steps) == 3:
    machine.WDT(timeout=200)
    while True:
        pass
elif len(steps) == 4:
    raise SystemExit
"""


def test_reset_causes_and_what_each_reset_keeps(board: Board) -> None:
    assert run(board, RESETS) == [
        "1 0 2000",  # power-on
        "2 1 2033",  # machine.reset()
        "5 2 2033",  # soft reset
        "4 3 2033",  # deep sleep
        "3 4 2033",  # watchdog
        "5 5 2033",  # SystemExit is a soft reset
    ]
    board.serial = type(board.serial)()
    assert run(board, "import machine; print(machine.reset_cause(), machine.RTC().memory())") == [
        "1 b''"
    ]


def test_ticks_begin_anew_at_each_reset_but_a_soft_one(board: Board) -> None:
    found = run(
        board,
        """
import machine, time
print(machine.reset_cause(), time.ticks_ms())
time.sleep(3)
if machine.reset_cause() == 1:
    machine.reset()
elif machine.reset_cause() == 2:
    machine.soft_reset()
elif machine.reset_cause() == 5:
    machine.deepsleep(200)
""",
        VIRTUAL,
    )
    assert found == ["1 0", "2 0", "5 3000", "4 0"]


def test_a_reset_unwinds_nothing(board: Board) -> None:
    found = run(
        board,
        """
import machine
if machine.reset_cause() == 1:
    try:
        machine.reset()
    finally:
        print("unwound")
print("second")
""",
    )
    assert found == ["second"]


WATCHED = """
import machine, time
print(machine.reset_cause())
if machine.reset_cause() == 1:
    dog = machine.WDT(timeout={timeout_ms})
    for _ in range(12):
        time.sleep_ms({timeout_ms} // 10)
        dog.feed()
    machine.soft_reset()
elif machine.reset_cause() == 5:
    time.sleep(3600)
"""


def test_a_fed_watchdog_stays_quiet_and_survives_a_soft_reset(tmp_path: Path) -> None:
    for timeout_ms in (500, 5_000, 20_000):  # on a busy machine the soft reset itself takes as long
        board = Board.create(tmp_path / str(timeout_ms))
        found = run(board, WATCHED.format(timeout_ms=timeout_ms))
        if found[1] == "5":
            break
    assert found == ["1", "5", "3"]


def test_wifi_survives_a_soft_reset_only(tmp_path: Path) -> None:
    board = Board.create(tmp_path / "board", wifi=[Network("home")], join_ms=50)
    found = run(
        board,
        """
import machine, network, time
station = network.WLAN(network.STA_IF)
print(machine.reset_cause(), station.active(), station.isconnected())
if machine.reset_cause() == 1:
    station.active(True)
    station.connect("home")
    time.sleep_ms(100)
    machine.soft_reset()
elif machine.reset_cause() == 5:
    machine.reset()
""",
    )
    assert found == ["1 False False", "5 True True", "2 False False"]


def test_rtc_memory_is_2048_bytes(board: Board) -> None:
    found = board.exec(
        """
import machine
machine.RTC().memory(bytes(2048))
print(len(machine.RTC().memory()))
try:
    machine.RTC().memory(bytes(2049))
except ValueError:
    print("refused", len(machine.RTC().memory()))
"""
    )
    assert found == "2048\nrefused 2048\n"


def test_pins_read_what_is_put_on_them(tmp_path: Path) -> None:
    board = Board.create(tmp_path / "board", pins={0: 0, 9: 1})
    found = board.exec(
        """
from machine import Pin
print(Pin(0, Pin.IN, Pin.PULL_UP).value(), Pin(9, Pin.IN).value(), Pin(5, Pin.IN, Pin.PULL_UP)())
led = Pin(2, Pin.OUT, value=1)
print(led(), led.off(), led.value())
try:
    Pin(40)
except ValueError as error:
    print(error)
"""
    )
    assert found == "0 1 1\n1 None 0\ninvalid pin\n"


def test_stop_lets_the_program_unwind_and_kill_does_not(board: Board) -> None:
    board.write_file(
        "/main.py",
        b"import time\nprint('up')\ntry:\n    time.sleep(60)\nfinally:\n    print('down')\n",
    )
    board.start()
    board.serial.wait_for("up", PATIENCE_S)
    board.kill()
    assert "down" not in board.serial.history
    board.start()
    deadline = time.monotonic() + PATIENCE_S
    while board.serial.history.count("up") < 2:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    board.stop(grace=PATIENCE_S)
    assert "down" in board.serial.history
    assert not board.powered
    board.stop()  # once more is no error
    board.kill()


def test_state_errors_say_what_to_do(board: Board) -> None:
    with pytest.raises(BoardStateError, match="start it first"):
        board.wait_idle(1)
    with board:
        board.start()
        for action in (board.start, lambda: board.exec("1"), lambda: board.read_file("/boot.py")):
            with pytest.raises(BoardStateError, match="stop it"):
                action()


def test_serial_to_a_listener_an_iterator_and_asyncio(board: Board) -> None:
    board.write_file("/main.py", b"for n in range(200): print('line', n)\n")
    expected = [f"line {number}" for number in range(200)]
    heard: list[str | None] = []
    board.serial.listen(heard.append)

    async def collect() -> list[str]:
        found = []
        async for line in board.serial.stream():
            found.append(line)
            if line == "line 199":
                break
        return found

    with board:
        board.start()
        assert asyncio.run(collect()) == expected
        assert board.serial.wait_for(r"line (\d\d\d)", PATIENCE_S)[1] == "100"
        with pytest.raises(BoardTimeoutError, match="line 199"):
            board.serial.wait_for("never", 0.1)
    assert heard == [*expected, None]
    assert list(board.serial.lines()) == expected
    with pytest.raises(BoardTimeoutError, match="off"):
        board.serial.wait_for("never", 5)


def test_secrets_are_for_the_owner_only(tmp_path: Path) -> None:
    board = Board.create(tmp_path / "board", wifi=[Network("home", "very secret")])
    with board:
        board.start()
        board.wait_idle(PATIENCE_S)
    holding = [path for path in board.folder.iterdir() if b"very secret" in path.read_bytes()]
    assert {path.name for path in holding} >= {"board.json", "start.json"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in holding} == {0o600}


def test_a_dead_interpreter_is_no_quiet_board(board: Board) -> None:
    board.write_file("/main.py", b"import time\nprint('up')\ntime.sleep(60)\n")
    with board:
        board.start()
        board.serial.wait_for("up", PATIENCE_S)
        assert board.pid is not None
        os.kill(board.pid, signal.SIGSEGV)
        with pytest.raises(BoardCrashedError, match="SIGSEGV"):
            board.wait_idle(PATIENCE_S)
        assert list(board.serial.lines()) == ["up"]


def test_a_board_does_not_outlive_its_host(board: Board) -> None:
    board.write_file("/main.py", b"import time\nwhile True:\n    print(1)\n    time.sleep_ms(20)\n")
    host = f"""
import os, pathlib, signal
from sealmote.sim import Board
board = Board.open(pathlib.Path({str(board.folder)!r}))
board.start()
board.serial.wait_for("1", 120)
os.kill(os.getpid(), signal.SIGKILL)
"""
    ended = subprocess.run([sys.executable, "-c", host], check=False)
    assert ended.returncode == -signal.SIGKILL
    deadline = time.monotonic() + PATIENCE_S
    while True:
        try:
            assert board.exec("print(2)") == "2\n"
            break
        except BoardInUseError:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_another_micropython_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SimulatorMissingError, match="no program"):
        Board.create(tmp_path / "a", micropython="/no/such/micropython").exec("1")
    monkeypatch.setenv("SEALMOTE_MICROPYTHON", "/no/such/one")
    with pytest.raises(SimulatorMissingError, match="SEALMOTE_MICROPYTHON"):
        Board.create(tmp_path / "b").exec("1")
    own = Path(sys.executable).parent / "micropython"
    assert Board.create(tmp_path / "c", micropython=str(own)).exec("print(1)") == "1\n"


def test_a_folder_without_a_board(tmp_path: Path, board: Board) -> None:
    with pytest.raises(BoardFilesError, match="`sealmote sim create` makes one"):
        Board.open(tmp_path / "nothing")
    description = board.folder / "board.json"
    for damage in ("", "[]", "{}", '{"created_us": 1, "hardware": {"mac": "zz"}}'):
        description.write_text(damage)
        with pytest.raises(BoardFilesError):
            Board.open(board.folder)


def test_identity_of_the_chip(tmp_path: Path) -> None:
    made: Any
    for made in ("esp32", "esp32s3", "esp32c3"):
        board = Board.create(tmp_path / made, chip=made)
        found = board.exec("import os; print(os.uname().sysname, os.uname().machine)")
        assert found.startswith("esp32 ")
        assert made.upper() in found
