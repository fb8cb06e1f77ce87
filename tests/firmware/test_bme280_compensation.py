"""The datasheets' integer arithmetic, against their worked example and their floating-point form."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from mote.sensors import bme280_compensation
from mote.sensors.bme280_compensation import Calibration

# BST-BMP280-DS001 section 3.12: trimming words, raw words and results of the worked example.
EXAMPLE = (27504, 26435, -1000, 36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
RAW_T, RAW_P = 519888, 415148

# Words of a real BME280's magnitude; H1..H6 as its registers hold them.
LOW = bytes.fromhex(
    "706b43671800 7d8e43d6d00b 27 0b 8c00f9ff 8c3c f8c6 7017 00 4b".replace(" ", "")
)
HIGH = bytes.fromhex("6a0100 13 29 03 1e".replace(" ", ""))
WORDS = bme280_compensation.calibration(LOW, HIGH)


def test_the_datasheets_worked_example() -> None:
    words = Calibration(*EXAMPLE, 0, 0, 0, 0, 0, 0)
    t_fine = bme280_compensation.fine_temperature(RAW_T, words)
    assert t_fine == 128422
    assert bme280_compensation.temperature(t_fine) == 2508
    pascals = bme280_compensation.pressure(RAW_P, t_fine, words)
    assert round(pascals / 256) == 100653


def test_the_worked_example_on_the_board(micropython: Any) -> None:
    script = """
from mote.sensors import bme280_compensation as c
words = c.Calibration(*(example + [0] * 6))
fine = c.fine_temperature(raw_t, words)
print(json.dumps([c.temperature(fine), c.pressure(raw_p, fine, words) + 128 >> 8]))
"""
    assert micropython(script, example=EXAMPLE, raw_t=RAW_T, raw_p=RAW_P) == [[2508, 100653]]


def test_trimming_words_are_taken_from_their_registers() -> None:
    assert WORDS[:3] == (27504, 26435, 24)
    assert (WORDS.P1, WORDS.P2, WORDS.P9) == (36477, -10685, 6000)
    assert (WORDS.H1, WORDS.H2, WORDS.H3) == (75, 362, 0)
    assert (WORDS.H4, WORDS.H5, WORDS.H6) == (0x139, 0x032, 30)
    negative = bme280_compensation.calibration(LOW, bytes.fromhex("6a010080f5ffff"))
    assert (negative.H4, negative.H5, negative.H6) == (-2043, -1, -1)
    assert bme280_compensation.calibration(LOW, None).H1 == 0


def float_temperature(raw: int, c: Any) -> float:
    """BST-BME280-DS002 section 8.1, as are the next two: the same in double precision."""
    var1 = (raw / 16384.0 - c.T1 / 1024.0) * c.T2
    var2 = (raw / 131072.0 - c.T1 / 8192.0) ** 2 * c.T3
    return float(var1 + var2)


def float_pressure(raw: int, t_fine: float, c: Any) -> float:
    var1 = t_fine / 2.0 - 64000.0
    var2 = var1 * var1 * c.P6 / 32768.0 + var1 * c.P5 * 2.0
    var2 = var2 / 4.0 + c.P4 * 65536.0
    var1 = (c.P3 * var1 * var1 / 524288.0 + c.P2 * var1) / 524288.0
    var1 = (1.0 + var1 / 32768.0) * c.P1
    p = (1048576.0 - raw - var2 / 4096.0) * 6250.0 / var1
    var1 = c.P9 * p * p / 2147483648.0
    return float(p + (var1 + p * c.P8 / 32768.0 + c.P7) / 16.0)


def float_humidity(raw: int, t_fine: float, c: Any) -> float:
    h = t_fine - 76800.0
    h = (raw - (c.H4 * 64.0 + c.H5 / 16384.0 * h)) * (
        c.H2 / 65536.0 * (1.0 + c.H6 / 67108864.0 * h * (1.0 + c.H3 / 67108864.0 * h))
    )
    h *= 1.0 - c.H1 * h / 524288.0
    return float(min(max(h, 0.0), 100.0))


# Raw words over the sensor's whole range: -40..85 degrees, 300..1100 hPa.
RAW_TEMPERATURES = st.integers(310_000, 720_000)


@given(RAW_TEMPERATURES, st.integers(150_000, 800_000), st.integers(0, 65535))
def test_integers_agree_with_the_floating_point_form(raw_t: int, raw_p: int, raw_h: int) -> None:
    fine = bme280_compensation.fine_temperature(raw_t, WORDS)
    expected = float_temperature(raw_t, WORDS)
    assert abs(fine - expected) < 20
    assert abs(bme280_compensation.temperature(fine) - expected / 51.2) < 1
    pascals = bme280_compensation.pressure(raw_p, fine, WORDS) / 256
    assert abs(pascals - float_pressure(raw_p, fine, WORDS)) < 2
    humidity = bme280_compensation.humidity(raw_h, fine, WORDS) / 1024
    assert abs(humidity - float_humidity(raw_h, fine, WORDS)) < 0.1


@given(st.binary(min_size=26, max_size=26), st.binary(min_size=7, max_size=7), st.data())
def test_any_words_give_numbers_within_their_registers(low: bytes, high: bytes, data: Any) -> None:
    words = bme280_compensation.calibration(low, high)
    fine = bme280_compensation.fine_temperature(data.draw(st.integers(0, 0xFFFFF)), words)
    assert -(1 << 31) <= fine < 1 << 31
    assert (
        0 <= bme280_compensation.pressure(data.draw(st.integers(0, 0xFFFFF)), fine, words) < 1 << 32
    )
    assert (
        0 <= bme280_compensation.humidity(data.draw(st.integers(0, 0xFFFF)), fine, words) <= 102400
    )


def test_no_divisor_gives_no_pressure() -> None:
    assert bme280_compensation.pressure(RAW_P, 128422, Calibration(*[0] * 18)) == 0
