"""The real-time clock in Unix time, and how far it drifts."""

import time

from sealwire._compat import const

CRYSTAL_PPM = const(100)  # modules' crystals: 10 ppm, and as much again for age, heat and load
# Asleep the chip counts by an RC oscillator, which temperature moves by percents (ESP-IDF, System Time).
ASLEEP_PPM = const(50_000)
UNSET, SNTP, RTC = const(0), const(1), const(2)  # in `statement.CLOCK_SOURCES`
_EPOCH_YEAR = time.gmtime(0)[0]  # 2000 on the ESP32, 1970 on the Unix port
EPOCH = const(946684800) if _EPOCH_YEAR == 2000 else 0  # Unix time of the port's zero


def unix_ms() -> int:
    """Return what the RTC says, whether it was set or not."""
    return time.time_ns() // 1_000_000 + EPOCH * 1000
