"""Calibration of one BMP280/BME280: its trimming words, and the raw words that give wanted values.

Compensation: Bosch BMP280 datasheet (BST-BMP280-DS001) 3.11.3 and BME280 datasheet
(BST-BME280-DS002) 4.2.3, integer versions, Python's shifts being arithmetic as they assume.
T and P words are those of the BMP280 datasheet's worked example (3.12); humidity words are of the
size that production parts carry.
"""

import struct

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

_T = (27504, 26435, -1000)
_P = (36477, -10685, 3024, 2855, 140, -7, 15500, -14600, 6000)
_H1 = 75
_H2 = 362
_H3 = 0
_H4 = 313
_H5 = 50
_H6 = 30

_BITS_20 = 20
_BITS_16 = 16


def words_88() -> bytes:
    """Pack registers 0x88 to 0xA1: dig_T1 to dig_P9, a reserved byte, dig_H1."""
    return struct.pack("<HhhHhhhhhhhh", *(_T + _P)) + bytes((0, _H1))


def words_e1() -> bytes:
    """Pack registers 0xE1 to 0xE7: dig_H2 to dig_H6, H4 and H5 sharing the nibbles of 0xE5."""
    shared = (_H5 & 0x0F) << 4 | _H4 & 0x0F
    return struct.pack("<hBbBbb", _H2, _H3, _H4 >> 4, shared, _H5 >> 4, _H6)


def fine_temperature(raw: int) -> int:
    """t_fine, in 1/5120 °C, of a raw temperature."""
    one = ((raw >> 3) - (_T[0] << 1)) * _T[1] >> 11
    distance = (raw >> 4) - _T[0]
    return one + ((distance * distance >> 12) * _T[2] >> 14)


def pressure(raw: int, fine: int) -> int:
    """Pressure in 1/256 Pa."""
    var1 = fine - 128000
    var2 = var1 * var1 * _P[5] + (var1 * _P[4] << 17) + (_P[3] << 35)
    var1 = (var1 * var1 * _P[2] >> 8) + (var1 * _P[1] << 12)
    var1 = ((1 << 47) + var1) * _P[0] >> 33
    result = (((1048576 - raw) << 31) - var2) * 3125 // var1
    squared = _P[8] * (result >> 13) * (result >> 13) >> 25
    return (result + squared + (_P[7] * result >> 19) >> 8) + (_P[6] << 4)


def humidity(raw: int, fine: int) -> int:
    """Relative humidity in 1/1024 %; a part's driver cuts it to 0 to 102400."""
    var = fine - 76800
    offset = ((raw << 14) - (_H4 << 20) - _H5 * var + 16384) >> 15
    slope = ((var * _H6 >> 10) * ((var * _H3 >> 11) + 32768) >> 10) + 2097152
    result = offset * (slope * _H2 + 8192 >> 14)
    squared = (result >> 15) * (result >> 15)
    result -= (squared >> 7) * _H1 >> 4
    return result >> 12


def _first(bits: int, reaches: "Callable[[int], bool]") -> int:
    """Least word of so many bits for which reaches(word); all ones if none does."""
    low, high = 0, (1 << bits) - 1
    while low < high:
        middle = (low + high) // 2
        if reaches(middle):
            high = middle
        else:
            low = middle + 1
    return low


def raw_temperature(celsius: float) -> int:
    """20-bit word that stands for a temperature, clipped to what the word can hold."""
    fine = int(celsius * 5120)
    return _first(_BITS_20, lambda raw: fine_temperature(raw) >= fine)


def raw_pressure(pascal: float, fine: int) -> int:
    """20-bit word that stands for a pressure at t_fine; a higher word is a lower pressure."""
    wanted = int(pascal * 256)
    return _first(_BITS_20, lambda raw: pressure(raw, fine) <= wanted)


def raw_humidity(percent: float, fine: int) -> int:
    """16-bit word that stands for a relative humidity at t_fine."""
    wanted = int(percent * 1024)
    return _first(_BITS_16, lambda raw: humidity(raw, fine) >= wanted)
