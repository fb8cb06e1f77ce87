"""The recorded weather: its slice, and that boards measure it where they are in it."""

import struct
import time
from importlib import resources
from pathlib import Path

import pytest

from sealmote.sim import Board, HardwareError, Weather
from sealmote.sim.environment import weather

TEMPERATURE = """
import machine, time
i2c = machine.SoftI2C(22, 21)
time.sleep_ms(3)
i2c.writeto_mem(0x76, 0xF4, bytes([5 << 5 | 1]))
time.sleep_ms(50)
print(i2c.readfrom_mem(0x76, 0xFA, 3).hex())
"""


def celsius(output: str) -> float:
    """The temperature of a raw word, by the datasheet's floating-point formula."""
    raw = int(output, 16) >> 4
    var1 = (raw / 16384 - 27504 / 1024) * 26435
    var2 = (raw / 131072 - 27504 / 8192) ** 2 * -1000
    return (var1 + var2) / 5120


def test_four_weeks_of_april() -> None:
    recorded = Weather.recorded()
    assert len(recorded.hours) == 28 * 24
    assert recorded.hours[0] == (7.9, 68.0, 98200.0)
    assert min(row[0] for row in recorded.hours) > -10
    assert max(row[0] for row in recorded.hours) < 40


def test_the_slice_is_what_the_file_says() -> None:
    text = (resources.files("sealmote.sim") / "data" / "greensboro_april.csv").read_text()
    assert text.splitlines()[0] == "temperature_c,humidity_percent,pressure_hpa"


@pytest.mark.parametrize("hour", [0.0, 7.0, 12.25, 671.5, 700.0])
def test_a_standing_board_measures_its_hour(tmp_path: Path, hour: float) -> None:
    recorded = Weather.recorded(start_hour=hour, speed=0, temperature_offset_c=1.5)
    board = Board.create(tmp_path / "board", weather=recorded)
    first = recorded.hours[int(hour) % 672][0]
    second = recorded.hours[(int(hour) + 1) % 672][0]
    expected = first + (second - first) * (hour % 1) + 1.5
    assert celsius(board.exec(TEMPERATURE)) == pytest.approx(expected, abs=0.01)


def test_time_passes_at_its_speed_and_across_restarts(tmp_path: Path) -> None:
    rising = Weather(tuple((hour / 10, 50.0, 1e5) for hour in range(300)), speed=3600.0)
    before = time.time()
    board = Board.create(tmp_path / "board", weather=rising)
    created = time.time()
    time.sleep(1)
    asked = time.time()
    found = celsius(Board.open(board.folder).exec(TEMPERATURE))
    answered = time.time()
    assert (asked - created) / 10 - 0.01 <= found <= (answered - before) / 10 + 0.01


def test_table_form() -> None:
    made = Weather(((-12.34, 56.78, 98765.0), (1.0, 2.0, 3e4)))
    assert made.table == struct.pack("<hHIhHI", -1234, 5678, 98765, 100, 200, 30000)
    assert weather.hours_of(made.table) == made.hours


@pytest.mark.parametrize(
    "rows", [(), ((90.0, 50.0, 1e5),), ((20.0, 101.0, 1e5),), ((20.0, 50.0, 1000.0),)]
)
def test_what_no_sensor_measures_is_refused(rows: tuple[tuple[float, float, float], ...]) -> None:
    with pytest.raises(HardwareError):
        Weather(rows)


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "temperature_c,humidity_percent\n1,2\n"])
def test_a_bad_file_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "series.csv"
    path.write_text(text)
    with pytest.raises(HardwareError):
        Weather(weather.read_csv(path))
    with pytest.raises(HardwareError, match="columns"):
        weather.read_csv(tmp_path / "none.csv")
