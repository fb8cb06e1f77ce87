"""The BME280 and BMP280, register by register, judged by the datasheet.

Compensation here is the datasheet's floating-point version (BST-BME280-DS002 appendix 8.1), which
shares nothing with the integer version that the simulated chip is built from.
"""

import json
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sealmote.sim import Board, Conditions, Sensor, Weather

BEGIN = """
import time, machine
i2c = machine.I2C(0, sda=machine.Pin(21), scl=machine.Pin(22), freq=100000)
def get(register, count=1):
    return i2c.readfrom_mem(0x76, register, count)
def put(register, value):
    i2c.writeto_mem(0x76, register, bytes([value]))
time.sleep_ms(3)
"""

MEASURE = """
put(0xF2, 0x05)
put(0xF4, 5 << 5 | 5 << 2 | 1)
time.sleep_ms(115)
print(get(0x88, 26).hex(), get(0xE1, 7).hex(), get(0xF7, 8).hex())
"""


@dataclass
class Readout:
    """Trimming and data registers, compensated in floating point."""

    low: bytes
    high: bytes
    data: bytes

    @classmethod
    def parse(cls, line: str) -> "Readout":
        return cls(*(bytes.fromhex(part) for part in line.split()))

    @property
    def raw(self) -> tuple[int, int, int]:
        pressure, temperature = self.data[0:3], self.data[3:6]
        return (
            int.from_bytes(temperature, "big") >> 4,
            int.from_bytes(pressure, "big") >> 4,
            int.from_bytes(self.data[6:8], "big"),
        )

    def compensated(self) -> tuple[float, float, float]:
        """(°C, Pa, %)."""
        t1, t2, t3, *p = struct.unpack_from("<HhhHhhhhhhhh", self.low)
        raw_t, raw_p, raw_h = self.raw
        var1 = (raw_t / 16384.0 - t1 / 1024.0) * t2
        var2 = (raw_t / 131072.0 - t1 / 8192.0) ** 2 * t3
        fine = var1 + var2
        return fine / 5120.0, self._pressure(raw_p, fine, p), self._humidity(raw_h, fine)

    @staticmethod
    def _pressure(raw: int, fine: float, p: list[Any]) -> float:
        var1 = fine / 2.0 - 64000.0
        var2 = var1 * var1 * p[5] / 32768.0
        var2 = var2 + var1 * p[4] * 2.0
        var2 = var2 / 4.0 + p[3] * 65536.0
        var1 = (p[2] * var1 * var1 / 524288.0 + p[1] * var1) / 524288.0
        var1 = (1.0 + var1 / 32768.0) * p[0]
        result = (1048576.0 - raw - var2 / 4096.0) * 6250.0 / var1
        var1 = p[8] * result * result / 2147483648.0
        var2 = result * p[7] / 32768.0
        return float(result + (var1 + var2 + p[6]) / 16.0)

    def _humidity(self, raw: int, fine: float) -> float:
        h2, h3 = struct.unpack_from("<hB", self.high)
        e4, e5, e6 = struct.unpack_from("<bBb", self.high, 3)
        h6 = struct.unpack_from("<b", self.high, 6)[0]
        h1, h4, h5 = self.low[25], e4 * 16 + (e5 & 15), e6 * 16 + (e5 >> 4)
        var = fine - 76800.0
        var = (raw - (h4 * 64.0 + h5 / 16384.0 * var)) * (
            h2 / 65536.0 * (1.0 + h6 / 67108864.0 * var * (1.0 + h3 / 67108864.0 * var))
        )
        var = var * (1.0 - h1 * var / 524288.0)
        return float(min(100.0, max(0.0, var)))


def run(board: Board, code: str) -> str:
    """What it printed, on virtual time: what the chip takes is what the datasheet says, and no more."""
    return board.exec(code, conditions=Conditions(virtual=True))


def board_with(path: Path, weather: Weather, kind: Any = "bme280") -> Board:
    return Board.create(path, weather=weather, sensors=[Sensor(kind)])


@pytest.fixture
def board(tmp_path: Path) -> Board:
    return board_with(tmp_path / "board", Weather.constant(21.5, 40.0, 98765.0))


@settings(max_examples=25, deadline=None)
@given(st.floats(-40, 85), st.floats(0, 100), st.floats(30000, 110000), st.sampled_from([0, 1, 4]))
def test_compensation_gives_the_weather_back(
    tmp_path_factory: pytest.TempPathFactory,
    celsius: float,
    percent: float,
    pascal: float,
    filtering: int,
) -> None:
    weather = Weather.constant(celsius, percent, pascal)
    board = board_with(tmp_path_factory.mktemp("board"), weather)
    found = Readout.parse(run(board, BEGIN + f"put(0xF5, {filtering << 2})" + MEASURE))
    temperature, pressure, humidity = found.compensated()
    assert temperature == pytest.approx(celsius, abs=0.01)
    assert pressure == pytest.approx(pascal, abs=1.0)
    assert humidity == pytest.approx(percent, abs=0.02)


def test_trimming_words_are_the_datasheet_s_example(board: Board) -> None:
    low, high, _ = (bytes.fromhex(part) for part in run(board, BEGIN + MEASURE).split())
    words = struct.unpack_from("<HhhHhhhhhhhh", low)
    assert words == (
        27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000
    )  # fmt: skip
    assert low[24] == 0
    assert low[25] == 75
    assert len(high) == 7


def test_the_example_s_raw_words_come_back(tmp_path: Path) -> None:
    """25.08 °C and 100653 Pa belong to 519888 and 415148 (BMP280 datasheet 3.12).

    Half a hundredth of a degree, the resolution of the weather, is 16 steps of the raw word.
    """
    board = board_with(tmp_path / "board", Weather.constant(25.0825, 50.0, 100653.27))
    raw_t, raw_p, _ = Readout.parse(run(board, BEGIN + "put(0xF5, 4)" + MEASURE)).raw
    assert abs(raw_t - 519888) <= 16
    assert abs(raw_p - 415148) <= 16


def test_power_on_state_and_identity(board: Board) -> None:
    found = run(board, BEGIN + "print(get(0xD0).hex(), get(0xF2, 4).hex(), get(0xF7, 8).hex())")
    assert found.split() == ["60", "00000000", "8000008000008000"]


def test_skipped_values_read_as_the_datasheet_says(board: Board) -> None:
    found = run(
        board, BEGIN + "put(0xF4, 1 << 5 | 1); time.sleep_ms(10); print(get(0xF7, 8).hex())"
    )
    data = bytes.fromhex(found)
    assert data[:3] == b"\x80\x00\x00"
    assert data[3:6] != b"\x80\x00\x00"
    assert data[6:] == b"\x80\x00"


def test_ctrl_hum_waits_for_ctrl_meas(board: Board) -> None:
    found = run(
        board,
        BEGIN
        + """
put(0xF4, 1 << 5 | 1 << 2 | 3)
put(0xF2, 1)
time.sleep_ms(40)
before = get(0xFD, 2)
put(0xF4, 1 << 5 | 1 << 2 | 3)
time.sleep_ms(40)
print(before.hex(), get(0xFD, 2) != before, get(0xF2).hex())
""",
    )
    assert found.split() == ["8000", "True", "01"]


def test_forced_mode_measures_once_and_sleeps(board: Board) -> None:
    found = run(
        board,
        BEGIN
        + """
put(0xF2, 5)
put(0xF4, 5 << 5 | 5 << 2 | 1)
print(get(0xF3)[0], get(0xF4)[0] & 3, get(0xF7, 3).hex())
began = time.ticks_us()
while get(0xF3)[0] & 8:
    time.sleep_us(100)
took = time.ticks_diff(time.ticks_us(), began)
print(took, get(0xF4)[0] & 3, get(0xF7, 3) != b"\\x80\\x00\\x00")
""",
    ).splitlines()
    assert found[0] == "8 1 800000"
    took, mode, measured = found[1].split()
    assert 112_800 <= int(took) <= 112_900  # by 9.1
    assert (mode, measured) == ("0", "True")


def test_a_mode_written_while_measuring_takes_effect_afterwards(board: Board) -> None:
    found = run(
        board,
        BEGIN
        + """
put(0xF4, 5 << 5 | 5 << 2 | 3)
put(0xF4, 0)
print(get(0xF4)[0] & 3, get(0xF3)[0])
time.sleep_ms(100)
print(get(0xF4)[0], get(0xF3)[0], get(0xF7, 3) != b"\\x80\\x00\\x00")
""",
    ).splitlines()
    assert found == ["3 8", "0 0 True"]


def test_normal_mode_goes_on_and_locks_config(board: Board) -> None:
    found = run(
        board,
        BEGIN
        + """
put(0xF5, 2 << 5)
put(0xF4, 1 << 5 | 1 << 2 | 3)
put(0xF5, 0)
seen = [get(0xF3)[0] for _ in range(60) if time.sleep_ms(5) is None]
print(get(0xF5)[0] >> 5, get(0xF4)[0] & 3, 0 in seen, 8 in seen)
""",
    )
    assert found.split() == ["2", "3", "True", "True"]


def test_the_filter_smooths(tmp_path: Path) -> None:
    hours = ((20.0, 50.0, 90000.0), (20.0, 50.0, 110000.0))
    board = board_with(tmp_path / "board", Weather(hours, speed=3600.0 * 10))
    code = """
values = []
put(0xF5, {filtering} << 2)
for _ in range(12):
    put(0xF4, 1 << 5 | 1 << 2 | 1)
    time.sleep_ms(20)
    values.append(int.from_bytes(get(0xF7, 3), "big") >> 4)
print(max(abs(a - b) for a, b in zip(values, values[1:])))
"""
    plain = int(run(board, BEGIN + code.format(filtering=0)))
    smooth = int(run(board, BEGIN + code.format(filtering=4)))
    assert smooth * 4 < plain


def test_soft_reset_forgets_everything(board: Board) -> None:
    found = run(
        board,
        BEGIN
        + MEASURE
        + """
put(0xF5, 0x10)
put(0xE0, 0x12)
print(get(0xF2).hex(), get(0xF5).hex())
put(0xE0, 0xB6)
busy = get(0xF3)[0] & 1
time.sleep_ms(3)
print(busy, get(0xF3)[0], get(0xF2, 4).hex(), get(0xF7, 8).hex())
""",
    ).splitlines()[1:]
    assert found == ["05 10", "1 0 00000000 8000008000008000"]


def test_bmp280_has_no_humidity(tmp_path: Path) -> None:
    board = board_with(tmp_path / "board", Weather.constant(20.0, 50.0, 1e5), "bmp280")
    found = run(
        board,
        BEGIN
        + """
put(0xF2, 1)
put(0xF4, 1 << 5 | 1 << 2 | 1)
time.sleep_ms(20)
print(get(0xD0).hex(), get(0xF2).hex(), get(0xA0, 2).hex(), get(0xE1, 7).hex(), get(0xFD, 2).hex())
print(get(0xF7) != b"\\x80")
""",
    ).split()
    assert found == ["58", "00", "0000", "00" * 7, "0000", "True"]


def test_pins_addresses_and_nobody_there(tmp_path: Path) -> None:
    board = Board.create(
        tmp_path / "board",
        sensors=[Sensor("bme280", 0x77, sda=4, scl=5), Sensor("bmp280", 0x76, sda=4, scl=5)],
    )
    found = run(
        board,
        """
import machine
here = machine.SoftI2C(scl=machine.Pin(5), sda=machine.Pin(4))
print(here.scan(), machine.SoftI2C(22, 21).scan(), machine.I2C(0).scan())
here.writeto(0x77, b"\\xd0")
buffer = bytearray(1)
here.readfrom_into(0x77, buffer)
here.readfrom_mem_into(0x76, 0xD0, buffer2 := bytearray(1))
print(buffer[0], buffer2[0], here.readfrom(0x77, 1))
for wrong in (lambda: here.readfrom(0x20, 1), lambda: here.writeto_mem(0x20, 0, b"0")):
    try:
        wrong()
    except OSError as error:
        print(error.errno)
here.writeto(0x77, b"\\xf2\\x01\\xf4\\x25")
print(here.readfrom_mem(0x77, 0xF2, 1), here.readfrom_mem(0x77, 0xF4, 1))
""",
    ).splitlines()
    assert found[0] == "[118, 119] [] []"
    assert found[1] == "96 88 b'\\x00'"
    assert found[2:4] == ["19", "19"]
    assert found[4] == "b'\\x01' b'%'"


def test_the_chip_feels_its_surroundings(tmp_path: Path) -> None:
    weather = Weather.constant(10.0, 50.0, 1e5)
    code = "import esp32; print([name for name in dir(esp32) if name.endswith('temperature')])"
    for chip, name, low, high in (
        ("esp32", "raw_temperature", 50, 52),
        ("esp32s3", "mcu_temperature", 10, 11),
    ):
        made: Any = chip
        board = Board.create(tmp_path / chip, weather=weather, chip=made)
        assert json.loads(run(board, code).replace("'", '"')) == [name]
        assert low <= int(run(board, f"import esp32; print(esp32.{name}())")) <= high
        late = Board.create(
            tmp_path / (chip + "l"), weather=weather, chip=made, ticks_offset_ms=10**6
        )
        warm = int(run(late, f"import esp32; print(esp32.{name}())"))
        assert warm - low >= 13
