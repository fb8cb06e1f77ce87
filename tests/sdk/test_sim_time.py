"""Time as the ESP32 port has it, on a board that does not know the host's."""

import calendar
import time
from pathlib import Path

import pytest

from sealmote.sim import Board, Conditions

VIRTUAL = Conditions(virtual=True)


@pytest.fixture
def board(tmp_path: Path) -> Board:
    made = Board.create(tmp_path / "board")
    made.write_file("/x", b"")  # else its first boot would take the time to make a filesystem
    return made


def test_starts_in_2000_with_whole_seconds(board: Board) -> None:
    found = board.exec(
        """
import time, machine
print(type(time.time()) is int, time.time() < 5, time.gmtime()[:4], time.gmtime(0))
print(machine.RTC().datetime()[:5], time.localtime()[:3], time.time_ns() < 5000000000)
""",
        conditions=VIRTUAL,
    ).split("\n")
    assert found[0] == "True True (2000, 1, 1, 0) (2000, 1, 1, 0, 0, 0, 5, 1)"
    assert found[1] == "(2000, 1, 1, 5, 0) (2000, 1, 1) True"


def test_setting_the_rtc_sets_this_board_s_time_only(board: Board) -> None:
    found = board.exec(
        """
import time, machine
machine.RTC().datetime((2031, 5, 6, 0, 7, 8, 9, 250000))
time.sleep(7)
print(time.time_ns() // 1000, time.time(), *machine.RTC().datetime())
""",
        conditions=VIRTUAL,
    ).split()
    microseconds, seconds, *parts = (int(part) for part in found)
    wanted = calendar.timegm((2031, 5, 6, 7, 8, 9)) - 946684800
    assert microseconds == wanted * 1_000_000 + 7_250_000
    assert seconds == wanted + 7
    assert parts == [2031, 5, 6, 1, 7, 8, 16, 250_000]  # the weekday is worked out: a Tuesday


def test_mktime_is_the_inverse_of_gmtime(board: Board) -> None:
    seconds = [0, 1, 59 * 86400, 60 * 86400, 366 * 86400 - 1, 1_000_000_000, 3_155_759_999]
    found = board.exec(
        f"""
import time
for second in {seconds}:
    print(time.mktime(time.gmtime(second)), *time.gmtime(second))
"""
    ).splitlines()
    for second, line in zip(seconds, found, strict=True):
        back, *parts = (int(part) for part in line.split())
        wanted = time.gmtime(second + 946684800)
        assert back == second
        assert parts == [*wanted[:6], wanted.tm_wday, wanted.tm_yday]


def test_ticks_wrap_at_two_to_the_thirty(tmp_path: Path) -> None:
    board = Board.create(tmp_path / "late", ticks_offset_ms=(1 << 30) - 300)
    board.write_file("/x", b"")
    found = board.exec(
        """
import time, asyncio
before = time.ticks_ms()
async def main():
    await asyncio.sleep_ms(400)
asyncio.run(main())
after = time.ticks_ms()
print(before - 2**30, after, time.ticks_diff(after, before))
print(time.ticks_add(2**30 - 1, 1), time.ticks_diff(0, 2**30 - 1), time.ticks_diff(2**29, 0))
try:
    time.ticks_add(0, 2**29)
except OverflowError:
    print("overflow")
""",
        conditions=VIRTUAL,
    ).splitlines()
    assert found == ["-300 100 400", "0 1 -536870912", "overflow"]


@pytest.mark.parametrize("virtual", [True, False])
def test_sleep_sleeps(board: Board, virtual: bool) -> None:
    found = board.exec(
        """
import time
start = time.ticks_us()
time.sleep_ms(30)
time.sleep(0.02)
time.sleep_us(5000)
print(time.ticks_diff(time.ticks_us(), start))
""",
        conditions=Conditions(virtual=virtual),
    )
    assert int(found) == 55_000 if virtual else int(found) >= 55_000


HOST = """
import utime
from _sim import clock

class Host:
    now, naps = 1 << 40, []
    def ticks_us(self):
        return self.now & 0x3FFFFFFF
    def time_ns(self):
        return self.now * 1000 + 7000000
    def sleep_us(self, us):
        self.naps.append(us)
        self.now += us

host = clock.utime = Host()
clock._WRAPPING = True
clock._first_us, clock._first_ticks, clock._first_ns = 5, host.ticks_us(), host.time_ns()
"""


def test_an_hour_is_slept_in_pieces_and_measured_on_a_clock_of_32_bits(tmp_path: Path) -> None:
    """A 32-bit interpreter sleeps for less than 2**31 µs at once; its ticks wrap at 2**30."""
    code = HOST + "clock.sleep_us(3600000000)\nprint(max(host.naps), clock.now_us())\n"
    longest, now = Board.create(tmp_path / "board").exec(code).split()
    assert int(longest) < 1 << 30
    assert int(now) == 3_600_000_005
