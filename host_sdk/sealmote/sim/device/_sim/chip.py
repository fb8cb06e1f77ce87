"""Chip: its names, reset causes, watchdog and die temperature."""

import sys

from micropython import const

from _sim import clock, hardware, host_events, weather

PWRON_RESET = const(1)
HARD_RESET = const(2)
WDT_RESET = const(3)
DEEPSLEEP_RESET = const(4)
SOFT_RESET = const(5)

NAME = hardware.text("chip")
MACHINE = {
    "esp32": "Generic ESP32 module with ESP32",
    "esp32s3": "Generic ESP32S3 module with ESP32S3",
    "esp32c3": "ESP32C3 module with ESP32C3",
}[NAME]
RELEASE = ".".join(str(part) for part in sys.implementation.version[:3])
VERSION = sys.version.split("; ")[-1]

reset_cause = hardware.integer("reset_cause")

# Self-heating of a board with its radio on, and how long it takes to settle.
_HEATING_C = 14.0
_SETTLING_US = 120000000


def restart(cause: int, sleep_ms: int = 0) -> None:
    """Let the host reset the chip, after sleep_ms; never returns, unwinds nothing."""
    clock.wait_until(
        clock.now_us()
    )  # what was due in a life that never waited comes before its end
    host_events.send({"reset": cause, "sleep_ms": sleep_ms})
    clock.halt()  # until the host's SIGKILL, as a reset takes effect between two instructions


def watch(timeout_ms: int) -> None:
    """Have the watchdog bite after so many milliseconds, unless this is called again before."""
    if clock.VIRTUAL:
        clock.drop_alarm(_bite)
        clock.set_alarm(clock.now_us() + timeout_ms * 1000, _bite)
    else:
        host_events.send(
            {"watchdog_ms": timeout_ms}
        )  # the host's: a board that hangs watches nothing


def _bite() -> None:
    restart(WDT_RESET)


def die_temperature() -> float:
    """Chip's own temperature in °C: the surroundings and what the board adds to them."""
    warmth = min(1.0, clock.uptime_us() / _SETTLING_US)
    return weather.now()[0] + _HEATING_C * warmth * (2.0 - warmth)
