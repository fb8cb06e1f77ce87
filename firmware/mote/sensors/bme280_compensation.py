"""Raw BME280 and BMP280 words to physical values, in the datasheets' integer arithmetic.

BST-BME280-DS002 section 4.2.3 and BST-BMP280-DS001 section 3.11.3: temperature and humidity in
32-bit, pressure in 64-bit integers. The datasheets' C relies on arithmetic right shifts, which
Python's are; on division toward zero, which Python's is not; and on products that wrap around at 32
bits, which `_product` does. No 64-bit product of words in their ranges reaches 2**63.
"""

import struct
from collections import namedtuple

# Trimming words by the datasheets' names, without "dig_".
Calibration = namedtuple(
    "Calibration",
    "T1 T2 T3 P1 P2 P3 P4 P5 P6 P7 P8 P9 H1 H2 H3 H4 H5 H6",
)

_SIGN = 1 << 31
_MASK = (1 << 32) - 1

_NO_HUMIDITY = (0, 0, 0, 0, 0, 0)
_BLANK = (0, -1, 0xFFFF)
_ROOM = 25 * 5120  # t_fine
_ALL_WET = 100 << 10
_HIGHEST_20, _HIGHEST_16 = (1 << 20) - 1, (1 << 16) - 1


def calibration(low: bytes, high: bytes | None) -> Calibration:
    """Read the trimming words (table 16 of the BME280's, table 17 of the BMP280's datasheet).

    ``low``: registers 0x88..0xA1 (26 bytes) · ``high``: 0xE1..0xE7 (7 bytes), None for a BMP280.
    """
    words = list(struct.unpack_from("<HhhHhhhhhhhh", low, 0))
    if high is None:
        words.extend(_NO_HUMIDITY)
    else:
        h2, h3 = struct.unpack_from("<hB", high, 0)
        # H4 and H5 are 12-bit signed and share the byte at 0xE5.
        h4 = _signed(high[3] << 4 | high[4] & 0x0F, 12)
        h5 = _signed(high[5] << 4 | high[4] >> 4, 12)
        words.extend((low[25], h2, h3, h4, h5, _signed(high[6], 8)))
    return Calibration(*words)


def sound(c: Calibration, humid: bool) -> bool:
    """Say whether a sensor with these words could measure what every one of its kind can.

    None of them is blank but those that may be near zero (P5, H3, H5), and the converter's range holds
    the sensor's: -40..85 degrees, 300..1100 hPa and 0..100 %RH at 25 degrees.
    """
    words = [c.T1, c.T2, c.T3, c.P1, c.P2, c.P3, c.P4, c.P6, c.P7, c.P8, c.P9]
    if humid:
        words.extend((c.H1, c.H2, c.H4, c.H6))
    if any(word in _BLANK for word in words) or (humid and c.H1 == 0xFF):
        return False
    coldest, warmest = fine_temperature(0, c), fine_temperature(_HIGHEST_20, c)
    least, most = _int32(pressure(_HIGHEST_20, _ROOM, c)), _int32(pressure(0, _ROOM, c))
    fine = temperature(coldest) < -4000 and temperature(warmest) > 8500
    fine = fine and least < 30_000 << 8 and most > 110_000 << 8
    if not humid or not fine:
        return fine
    return (
        unbounded_humidity(0, _ROOM, c) < 0 < _ALL_WET < unbounded_humidity(_HIGHEST_16, _ROOM, c)
    )


def fine_temperature(raw: int, c: Calibration) -> int:
    """Return t_fine, which the other two need, from the 20-bit word."""
    var1 = _product((raw >> 3) - (c.T1 << 1), c.T2) >> 11
    delta = (raw >> 4) - c.T1
    var2 = _product(_product(delta, delta) >> 12, c.T3) >> 14
    return _int32(var1 + var2)


def temperature(t_fine: int) -> int:
    """Return hundredths of a degree Celsius."""
    return (t_fine * 5 + 128) >> 8


def pressure(raw: int, t_fine: int, c: Calibration) -> int:
    """Return Pa in Q24.8, from the 20-bit word; 0 where the trimming words give no divisor."""
    var1 = t_fine - 128000
    var2 = var1 * var1 * c.P6
    var2 += (var1 * c.P5) << 17
    var2 += c.P4 << 35
    var1 = ((var1 * var1 * c.P3) >> 8) + ((var1 * c.P2) << 12)
    var1 = (((1 << 47) + var1) * c.P1) >> 33
    if var1 == 0:
        return 0
    p = 1048576 - raw
    p = _divide(((p << 31) - var2) * 3125, var1)
    var1 = (c.P9 * (p >> 13) * (p >> 13)) >> 25
    var2 = (c.P8 * p) >> 19
    return int(((p + var1 + var2) >> 8) + (c.P7 << 4)) & 0xFFFFFFFF


def humidity(raw: int, t_fine: int, c: Calibration) -> int:
    """Return %RH in Q22.10, from the 16-bit word, cut to 0..100 % as the datasheet has it."""
    return min(max(unbounded_humidity(raw, t_fine, c), 0), _ALL_WET)


def unbounded_humidity(raw: int, t_fine: int, c: Calibration) -> int:
    """Return it before it is cut."""
    v = t_fine - 76800
    scaled = _int32((raw << 14) - (c.H4 << 20) - _product(c.H5, v) + 16384) >> 15
    slope = _product(_product(v, c.H6) >> 10, (_product(v, c.H3) >> 11) + 32768) >> 10
    slope = _int32(_product(slope + 2097152, c.H2) + 8192) >> 14
    v = _product(scaled, slope)
    v = _int32(v - (_product(_product(v >> 15, v >> 15) >> 7, c.H1) >> 4))
    return v >> 12


def _divide(dividend: int, divisor: int) -> int:
    """Divide as C does: toward zero."""
    quotient = abs(dividend) // abs(divisor)
    return quotient if (dividend < 0) == (divisor < 0) else -quotient


def _product(a: int, b: int) -> int:
    return (a * b + _SIGN & _MASK) - _SIGN


def _int32(value: int) -> int:
    """Wrap around as a 32-bit two's complement register does."""
    return (value + _SIGN & _MASK) - _SIGN


def _signed(value: int, bits: int) -> int:
    return value - (1 << bits) if value >> (bits - 1) else value
