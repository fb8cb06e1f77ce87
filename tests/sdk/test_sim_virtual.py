"""The virtual clock: nothing sleeps for real, and sockets still have their say."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from patience import PATIENCE_S
from sealmote.sim import Board, Conditions, Fault, Host, Network, Sensor
from sealmote.sim.environment.conditions import BEGIN_S

VIRTUAL = Conditions(virtual=True)
DAY_S = 86_400


@pytest.fixture
def board(tmp_path: Path) -> Board:
    made = Board.create(tmp_path / "board", wifi=[Network("home")], sensors=[Sensor()])
    made.write_file("/x", b"")  # else its first boot would take the time to make a filesystem
    return made


def quickly(board: Board, code: str, conditions: Conditions = VIRTUAL) -> list[str]:
    """What it printed; whoever sleeps for real is not back in time."""
    return board.exec(code, timeout=PATIENCE_S, conditions=conditions).splitlines()


def test_a_month_passes_at_once_and_ticks_and_rtc_with_it(board: Board) -> None:
    found = quickly(
        board,
        """
import time, machine
machine.RTC().datetime((2030, 1, 1, 0, 0, 0, 0, 0))
start, ticks = time.time(), time.ticks_ms()
for _ in range(30):
    time.sleep(86400)
print(time.time() - start, machine.RTC().datetime()[:3])
machine.lightsleep(1000)
print(time.time() - start, time.ticks_diff(time.ticks_add(ticks, 1000), ticks))
""",
    )
    assert found == [f"{30 * DAY_S} (2030, 1, 31)", f"{30 * DAY_S + 1} 1000"]
    assert board.shared_state.now_us == board.shared_state.begin_us + (30 * DAY_S + 1) * 1_000_000
    assert board.shared_state.begin_us == BEGIN_S * 1_000_000


def test_time_goes_on_where_it_stood_at_the_next_start(board: Board) -> None:
    for expected in (100, 200):
        quickly(board, "import time; time.sleep(100)")
        assert board.shared_state.now_us == (BEGIN_S + expected) * 1_000_000


def test_a_start_on_the_hosts_clock_leaves_it_where_it_stood(board: Board) -> None:
    quickly(board, "import time; time.sleep(100)")
    operations = board.shared_state.operations
    board.exec("open('x', 'w').close()")
    assert board.shared_state.operations > operations
    assert board.shared_state.now_us == (BEGIN_S + 100) * 1_000_000


def test_asyncio_waits_on_it_in_order(board: Board) -> None:
    found = quickly(
        board,
        """
import asyncio, time
log = []
async def every(seconds, times):
    for _ in range(times):
        await asyncio.sleep(seconds)
        log.append((seconds, time.time()))
async def main():
    try:
        await asyncio.wait_for(asyncio.gather(every(3600, 24), every(7000, 3)), 50000)
    except asyncio.TimeoutError:
        print("timeout", time.time())
    print(log[:4], len(log))
asyncio.run(main())
""",
    )
    assert found == [
        "timeout 50000",
        "[(3600, 3600), (7000, 7000), (3600, 7200), (3600, 10800)] 16",
    ]


def test_a_loop_that_watches_the_clock_comes_to_an_end(board: Board) -> None:
    code = """
import time
start = time.ticks_us()
while time.ticks_diff(time.ticks_us(), start) < 2000: pass
print("over")
"""
    assert quickly(board, code) == ["over"]


def test_the_sensor_measures_the_weather_of_that_day(board: Board) -> None:
    code = """
import time, esp32
print(esp32.raw_temperature())
for _ in range(4):
    time.sleep(6 * 3600)
    print(esp32.raw_temperature())
"""
    first = quickly(board, code)
    assert len(set(first)) > 2
    again = Board.create(board.folder.parent / "again", wifi=[Network("home")])
    assert quickly(again, code) == first  # whenever it was made


def test_the_watchdog_bites_on_it(board: Board) -> None:
    board.write_file(
        "/main.py",
        b"""
import machine, time
print("cause", machine.reset_cause(), time.time())
wdt = machine.WDT(timeout=60000)
for _ in range(100):
    time.sleep(30)
    wdt.feed()
print("fed")
time.sleep(100000)
""",
    )
    with board:
        board.start(Conditions(virtual=True, seed=1, faults=(Fault("switch-off", at=4000),)))
        board.wait_off(PATIENCE_S)
    assert board.serial.history == ["cause 1 0", "fed", "cause 3 3060"]


def test_deep_sleep_is_over_at_once(board: Board) -> None:
    board.write_file(
        "/main.py",
        b"""
import machine, time
print(machine.reset_cause(), time.time())
if machine.reset_cause() == machine.PWRON_RESET:
    machine.RTC().memory(b"kept")
    machine.deepsleep(3600000)
print(machine.RTC().memory())
""",
    )
    with board:
        board.start(VIRTUAL)
        board.serial.wait_for("kept", PATIENCE_S)
    assert board.serial.history == ["1 0", "4 3600", "b'kept'"]


class Echo:
    """A TCP server that answers after some real time, or never."""

    def __init__(self, after_s: float) -> None:
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self._after_s = after_s
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                caller, _ = self._socket.accept()
            except OSError:
                return
            with caller:
                data = caller.recv(100)
                time.sleep(self._after_s)
                caller.sendall(data.upper())

    def close(self) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)  # wakes the thread, which ends
        self._thread.join()
        self._socket.close()


@pytest.fixture
def echo() -> Iterator[Echo]:
    served = Echo(0.2)
    yield served
    served.close()


ASK = """
import asyncio, network, time
station = network.WLAN(network.STA_IF)
station.active(True)
station.config(reconnects=0)
station.connect("home")
while not station.isconnected():
    time.sleep_ms(10)
async def ask():
    start = time.ticks_ms()
    try:
        reader, writer = await asyncio.open_connection("echo.test", 7)
        writer.write(b"hello\\n")
        await writer.drain()
        answer = await asyncio.wait_for(reader.readline(), {within_s})
        writer.close()
    except asyncio.TimeoutError:
        answer = "timeout"
    except OSError as error:
        answer = "OSError %d" % error.errno
    return answer, time.ticks_diff(time.ticks_ms(), start)
async def tick(log):
    while True:
        await asyncio.sleep_ms(10)
        log.append(1)
async def main():
    log = []
    asyncio.create_task(tick(log))
    print(await ask(), len(log))
asyncio.run(main())
"""


def test_no_time_passes_while_an_answer_may_still_come(board: Board, echo: Echo) -> None:
    under = Conditions(virtual=True, hosts=(Host("echo.test", 7, echo.port),))
    assert quickly(board, ASK.format(within_s=5), under) == ["(b'HELLO\\n', 0) 0"]


ANSWERS = [
    ("gateway-slow:ms=3000", 5, r"b'HELLO\n'", 3000),
    ("gateway-slow:ms=9000", 5, "'timeout'", 5000),
    ("gateway-down", 5, "'OSError 111'", 0),
    ("ack-lost", 5, "'OSError 104'", 0),
]


@pytest.mark.parametrize(("fault", "within_s", "answer", "ms"), ANSWERS)
def test_an_answer_that_is_late_refused_or_lost(
    board: Board, echo: Echo, fault: str, within_s: int, answer: str, ms: int
) -> None:
    said, waited = ask(board, echo, fault, within_s, virtual=True)
    assert said == answer
    assert ms <= waited < ms + 20


@pytest.mark.parametrize(
    ("fault", "within_s", "answer", "ms"),
    [
        ("gateway-slow:ms=700", 100, r"b'HELLO\n'", 700),
        ("gateway-slow:ms=200000", 1, "'timeout'", 1000),
        *ANSWERS[2:],
    ],
)
def test_an_answer_that_is_late_refused_or_lost_on_the_hosts_clock(
    board: Board, echo: Echo, fault: str, within_s: int, answer: str, ms: int
) -> None:
    said, waited = ask(board, echo, fault, within_s, virtual=False)
    assert said == answer
    assert waited >= ms


def ask(board: Board, echo: Echo, fault: str, within_s: int, *, virtual: bool) -> tuple[str, int]:
    under = Conditions(
        virtual=virtual,
        seed=1,
        faults=(Fault.parse(fault),),
        hosts=(Host("echo.test", 7, echo.port),),
    )
    found = board.exec(ASK.format(within_s=within_s), timeout=PATIENCE_S, conditions=under)
    said, _, waited = found.removeprefix("(").partition(", ")
    return said, int(waited.split(")")[0])
