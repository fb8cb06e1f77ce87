"""`machine` as the ESP32 port has it, as far as the firmware can reach."""

from _sim import chip, clock, hardware
from _sim.chip import DEEPSLEEP_RESET, HARD_RESET, PWRON_RESET, SOFT_RESET, WDT_RESET
from _sim.peripherals.i2c import I2C, SoftI2C
from _sim.peripherals.pin import Pin
from _sim.peripherals.rtc import RTC
from umachine import Signal, idle

__all__ = (
    "DEEPSLEEP_RESET",
    "HARD_RESET",
    "I2C",
    "PWRON_RESET",
    "RTC",
    "SOFT_RESET",
    "WDT",
    "WDT_RESET",
    "Pin",
    "Signal",
    "SoftI2C",
    "deepsleep",
    "freq",
    "idle",
    "lightsleep",
    "reset",
    "reset_cause",
    "soft_reset",
    "unique_id",
)

_FREQUENCIES = (20000000, 40000000, 80000000, 160000000, 240000000)
_frequency = 160000000


def unique_id() -> bytes:
    """Tell the base MAC address, six bytes."""
    return hardware.binary("mac")


def reset_cause() -> int:
    """Why the chip last started: one of the *_RESET constants."""
    return chip.reset_cause


def reset() -> None:
    """Reset the chip at once; nothing is unwound."""
    chip.restart(HARD_RESET)


def soft_reset() -> None:
    """Restart the interpreter, through SystemExit."""
    raise SystemExit


def deepsleep(time_ms: int) -> None:
    """Switch off for so many milliseconds, then boot."""
    chip.restart(DEEPSLEEP_RESET, time_ms)


def lightsleep(time_ms: int) -> None:
    """Stand still for so many milliseconds, then go on."""
    clock.sleep_us(time_ms * 1000)


def freq(hz: int | None = None) -> int | None:
    """Get or set the CPU's frequency in Hz."""
    global _frequency  # noqa: PLW0603 - one CPU
    if hz is None:
        return _frequency
    if hz not in _FREQUENCIES:
        raise ValueError("frequency must be 20MHz, 40MHz, 80Mhz, 160MHz or 240MHz")
    _frequency = hz
    return None


class WDT:
    """The watchdog: once made it resets the board unless it is fed within timeout ms."""

    def __init__(self, id: int = 0, timeout: int = 5000) -> None:  # noqa: A002 - the port's name
        if id != 0:
            raise ValueError("WDT(%d) doesn't exist" % id)
        if timeout <= 0:
            raise ValueError("WDT timeout too short")
        self._timeout = timeout
        self.feed()

    def feed(self) -> None:
        """Start the time-out anew."""
        chip.watch(self._timeout)
