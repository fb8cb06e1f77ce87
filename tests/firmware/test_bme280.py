"""The BME280's driver gives values that the sensor can measure, or none: whatever its registers hold."""

import contextlib
import json
import re
import struct
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mote.errors import SensorError
from mote.sensors import bme280, bme280_compensation
from sealmote.sim import Board, Conditions, Fault, Network, Sensor, Weather

# BST-BMP280-DS001 section 3.12, and humidity words of a real part's size.
TRIMMING = (27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
LOW = struct.pack("<HhhHhhhhhhhh", *TRIMMING) + b"\x00\x4b"
HIGH = bytes.fromhex("6a01 00 13 29 03 1e")
GOOD = bytes.fromhex("655ac0 7eed00 6d00")  # the example's words, and a humidity
BOUNDS = {"t": (-4000, 8500), "h": (0, 10_000), "p": (30_000, 110_000)}


class Part:
    """The registers of a BME280 that measures ``data``; reset by `upset` whenever that says so."""

    def __init__(self, low: bytes, high: bytes, data: bytes, chip: int = 0x60) -> None:
        self.registers = bytearray(256)
        self.measured = data
        self.upset: Callable[[], bool] = lambda: False
        self.registers[0xD0] = chip
        self.registers[0x88:0xA2], self.registers[0xE1:0xE8] = low, high

    def readfrom_mem(self, address: int, register: int, size: int) -> bytes:
        if self.upset():
            self.registers[0xF2:0xF6] = bytes(4)
        return bytes(self.registers[register : register + size])

    def writeto_mem(self, address: int, register: int, data: bytes) -> None:
        self.registers[register] = data[0]
        if register == 0xE0:
            self.registers[0xF2:0xF6] = bytes(4)
        if register == 0xF4 and data[0] & 3 == 1:
            self.registers[0xF4] &= 0xFC
            self.registers[0xF7:0xFF] = self.measured


@pytest.fixture(autouse=True)
def board_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(time, "sleep_ms", lambda _: None, raising=False)


def values(part: Any) -> dict[str, int]:
    driver = bme280.Driver.probe(part)
    return {record.name: record.mantissa for record in driver.read()}


def assert_true(found: dict[str, int]) -> None:
    for name, value in found.items():
        low, high = BOUNDS[name]
        assert low <= value <= high, found


def test_a_sound_sensor_is_read() -> None:
    assert values(Part(LOW, HIGH, GOOD)) == {"t": 2508, "p": 100_653, "h": 4332}
    assert values(Part(LOW, HIGH, GOOD[:6], 0x58)) == {"t": 2508, "p": 100_653}


@pytest.mark.parametrize("byte", [b"\x00", b"\xff"])
@pytest.mark.parametrize("place", [slice(0, 8), slice(0, 3), slice(3, 6), slice(6, 8)])
def test_words_at_a_rail_are_no_readings(place: slice, byte: bytes) -> None:
    data = bytearray(GOOD)
    data[place] = byte * len(data[place])
    with pytest.raises(SensorError, match="all zeros or ones"):
        values(Part(LOW, HIGH, bytes(data)))


@pytest.mark.parametrize("byte", [0x00, 0xFF])
@pytest.mark.parametrize(
    "blank", ["T1", "T2", "T3", "P1", "P2", "P3", "P4", "P6", "P7", "P8", "P9"]
)
def test_one_blank_trimming_word_is_enough(blank: str, byte: int) -> None:
    low = bytearray(LOW)
    at = bme280_compensation.Calibration._fields.index(blank) * 2
    low[at : at + 2] = bytes([byte, byte])
    with pytest.raises(SensorError, match="trimming words cannot be true"):
        values(Part(bytes(low), HIGH, GOOD))


@pytest.mark.parametrize("byte", [0x00, 0xFF])
@pytest.mark.parametrize(
    ("words", "place"), [("low", slice(25, 26)), ("high", slice(0, 2)), ("high", slice(3, 5)),
                         ("high", slice(6, 7)), ("high", slice(0, 7))],
)  # fmt: skip
def test_blank_humidity_words_too(words: str, place: slice, byte: int) -> None:
    low, high = bytearray(LOW), bytearray(HIGH)
    target = low if words == "low" else high
    target[place] = bytes([byte]) * len(target[place])
    with pytest.raises(SensorError, match="trimming words cannot be true"):
        values(Part(bytes(low), bytes(high), GOOD))


# Words of other real parts: some have single ones near zero.
@pytest.mark.parametrize(
    ("low", "high"),
    [
        ((28485, 26735, 50, 36738, -10635, 3024, 6980, -4, -7, 9900, -10230, 4285), "6101 00 15 04 00 1e"),
        ((27972, 26357, 50, 37297, -10651, 3024, 7000, 0, -7, 12300, -10230, 4285), "7c01 00 12 2c 03 1e"),
    ],
)  # fmt: skip
def test_words_that_are_near_zero_in_sound_parts_are_taken(low: Any, high: str) -> None:
    part = Part(struct.pack("<HhhHhhhhhhhh", *low) + b"\x00\x4b", bytes.fromhex(high), GOOD)
    assert_true(values(part))


some_bytes = st.one_of(
    st.just(GOOD), st.binary(min_size=8, max_size=8),
    st.tuples(st.sampled_from([b"\x00", b"\xff", b"\x80"]), st.integers(0, 7)).map(
        lambda cut: GOOD[: cut[1]] + cut[0] * (8 - cut[1])
    ),
)  # fmt: skip


@given(
    st.one_of(st.just(LOW), st.binary(min_size=26, max_size=26)),
    st.one_of(st.just(HIGH), st.binary(min_size=7, max_size=7)),
    some_bytes,
    st.sampled_from([0x60, 0x58]),
)
@example(LOW, HIGH, bytes(8), 0x60)
@example(LOW, HIGH, b"\xff" * 8, 0x60)
def test_whatever_the_registers_hold(low: bytes, high: bytes, data: bytes, chip: int) -> None:
    try:
        found = values(Part(low, high, data, chip))
    except SensorError:
        return
    assert_true(found)


@given(st.binary(min_size=256, max_size=256), st.binary(min_size=1, max_size=200))
def test_whatever_the_bus_gives(registers: bytes, noise: bytes) -> None:
    """A bus on which each read is of other bytes, with a BME280's id."""

    class Bus:
        def __init__(self) -> None:
            self.reads = 0

        def readfrom_mem(self, address: int, register: int, size: int) -> bytes:
            self.reads += 1
            shift = noise[self.reads % len(noise)]
            found = bytes(registers[(register + shift + index) % 256] for index in range(size))
            return b"\x60" if register == 0xD0 else found

        def writeto_mem(self, address: int, register: int, data: bytes) -> None: ...

    try:
        found = values(Bus())
    except SensorError:
        return
    assert_true(found)


class Disturbed(Part):
    """One read of it comes with some bytes of another value, as by a wire that is held for a moment."""

    def __init__(self, read: int, first: int, last: int, value: int) -> None:
        super().__init__(LOW, HIGH, GOOD)
        self.left, self.place, self.value = read, slice(first, last), value

    def readfrom_mem(self, address: int, register: int, size: int) -> bytes:
        found = bytearray(super().readfrom_mem(address, register, size))
        if self.left == 0:
            found[self.place] = bytes([self.value]) * len(found[self.place])
        self.left -= 1
        return bytes(found)


@given(st.integers(0, 12), st.integers(0, 25), st.integers(1, 26), st.sampled_from([0, 255]))
@example(2, 1, 5, 0)  # one humidity word, of which the whole is far too wet
@example(4, 13, 17, 0)  # half of two pressure words: 80 hPa
def test_a_moments_disturbance_is_no_reading(read: int, first: int, last: int, value: int) -> None:
    with contextlib.suppress(SensorError):
        assert values(Disturbed(read, first, last, value)) == {"t": 2508, "p": 100_653, "h": 4332}


def test_a_reset_in_between_has_the_trimming_words_read_again() -> None:
    part = Part(LOW, HIGH, GOOD)
    driver = bme280.Driver.probe(part)  # type: ignore[arg-type]  # as far as the driver asks
    other = struct.pack("<H", 27000)
    part.registers[0x88:0x8A] = other
    assert driver.read()[0].mantissa == 2508, "nothing says that it was reset"
    part.registers[0xF2:0xF6] = bytes(4)
    assert driver.read()[0].mantissa != 2508


def test_a_reset_while_it_measures_is_no_reading() -> None:
    part = Part(LOW, HIGH, GOOD)
    driver = bme280.Driver.probe(part)  # type: ignore[arg-type]  # as far as the driver asks
    reads: list[int] = []
    part.upset = lambda: reads.append(1) or len(reads) == 3  # type: ignore[func-returns-value]
    with pytest.raises(SensorError, match="was reset while it measured"):
        driver.read()


# On a simulated board.

HOME = Network("home", "correct horse")
Make = Callable[..., Board]


@pytest.fixture
def make_board(tmp_path: Path, board_config: dict[str, Any]) -> Make:
    def make(*sensors: Sensor, weather: Weather | None = None) -> Board:
        board = Board.create(
            tmp_path / "board", wifi=[HOME], sensors=sensors or (Sensor(),), weather=weather
        )
        sample = {"period_s": 1, "count": 0, "sensors": ["bme280"]}
        board.install(config=board_config | {"sample": sample})
        return board

    return make


def said(board: Board, pattern: str) -> list[str]:
    return re.findall(pattern, "\n".join(board.serial.history), re.MULTILINE)


FAULTS = {
    "i2c-low:first=0xf7": "p is all zeros or ones",
    "i2c-floating:first=0xf7": "p is all zeros or ones",
    "i2c-low:first=0xfa,last=0xfc": "t is all zeros or ones",
    "i2c-low:first=0x8e,last=0x8f": "trimming words cannot be true",
    "i2c-floating:first=0xe1,last=0xe2": "trimming words cannot be true",
    "i2c-low:first=0": "only 0x00 is read at 0x76",
    "i2c-floating:first=0": "only 0xff is read at 0x76",
    "i2c-stuck:": "the I2C bus is held",
}
TRUE = {"t=21.50Cel h=44.99%RH p=99001Pa", "t=21.50Cel h=45.00%RH p=99001Pa"}
STEADY = Weather.constant(21.5, 45.0, 99_000)


def test_on_a_board_nothing_untrue_is_sealed(
    make_board: Make, stub_gateway: Any, live: Any
) -> None:
    board = make_board(weather=STEADY)
    faults = [
        Fault.parse(f"{fault},at={20 + 6 * place},for=3".replace(":,", ":"))
        for place, fault in enumerate(FAULTS)
    ]
    live(board, 20 + 6 * len(faults) + 30, *faults)
    assert set(said(board, r"sealed \d+/- (.*) kept=")) <= TRUE
    begun: dict[int, list[str]] = {}
    for second, cause in re.findall(
        r"W +(\d+)\.\d+ sensors: bme280: (.*)", "\n".join(board.serial.history)
    ):
        begun.setdefault((int(second) - 20) // 6, []).append(cause)
    assert sorted(begun) == list(range(len(FAULTS)))
    for place, expected in enumerate(FAULTS.values()):
        assert 2 <= len(begun[place]) <= 4
        assert all(expected in cause for cause in begun[place]), begun[place]


def test_a_sensor_whose_power_fails_again_and_again_gives_nothing(
    make_board: Make, live: Any
) -> None:
    board = make_board(weather=STEADY)
    live(board, 30, Fault("sensor-reset", every=0.005))
    assert not said(board, "app: sealed")
    assert len(said(board, "bme280: .*(?:stays busy|was reset|lost power)")) > 10


@pytest.mark.parametrize(
    ("celsius", "percent", "pascal"), [(85.0, 100.0, 110_000), (-40.0, 0.0, 30_000)]
)
def test_the_edges_of_its_range_are_readings(
    make_board: Make, celsius: float, percent: float, pascal: float
) -> None:
    board = make_board(weather=Weather.constant(celsius, percent, pascal))
    printed = board.exec(
        "import machine\nfrom mote.sensors.bme280 import Driver\n"
        "bus = machine.I2C(0, sda=machine.Pin(21), scl=machine.Pin(22))\n"
        "print([r.mantissa for r in Driver.probe(bus).read()])",
        conditions=Conditions(virtual=True),
    )
    found = dict(zip("thp", json.loads(printed), strict=True))
    assert_true(found)
    assert abs(found["t"] / 100 - celsius) <= 0.01
    assert abs(found["p"] - pascal) <= 4


@pytest.mark.parametrize(
    ("kind", "name"), [("bme680", "BME680"), ("bmp180", "BMP180"), ("bmp388", "BMP388")]
)
def test_another_chip_at_its_address_is_named(
    make_board: Make, live: Any, kind: Any, name: str
) -> None:
    board = make_board(Sensor(kind, 0x77))
    live(board, 15)
    assert said(board, f"sensors: bme280: a {name} is at 0x77, and no BME280 or BMP280")
    assert not said(board, "sealed")


def test_nobody_there_is_a_matter_of_wires(make_board: Make, live: Any) -> None:
    board = make_board(Sensor(sda=4, scl=5))
    live(board, 15)
    assert said(board, "no BME280 or BMP280 at 0x76 or 0x77: check wiring, power and the i2c pins")


@pytest.mark.parametrize(
    ("chip", "reading", "value"),
    [
        ("esp32", "raw_temperature = lambda: 128", "no temperature sensor that works"),
        ("esp32", "raw_temperature = lambda: 300", "outside"),
        ("esp32c3", "mcu_temperature = lambda: 200", "outside"),
        ("esp32c3", "mcu_temperature = lambda: 85", "chip=85Cel"),
    ],
)
def test_the_chip_s_own_sensor_gives_no_impossible_values(
    tmp_path: Path, chip: Any, reading: str, value: str
) -> None:
    board = Board.create(tmp_path / "board", chip=chip)
    board.install()
    printed = board.exec(
        f"import esp32\nesp32.{reading}\nfrom mote.sensors.chip import Driver\n"
        "from mote.errors import SensorError\n"
        "try:\n    print(Driver.probe(None).read())\nexcept SensorError as error:\n    print(error)\n"
    )
    assert value in printed
