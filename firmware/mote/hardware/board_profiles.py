"""Pins of common boards. `i2c` in the configuration overrides a profile's bus.

Sources: the makers' pinout sheets. "generic" is any other board, wired as most guides have it for its
chip: `SDA` and `SCL` in the Arduino core's `variants/CHIP/pins_arduino.h`, which for the ESP32-S3 and C3
are MicroPython's too; BOOT is the pin that selects the chip's loader (ESP-IDF, "Boot Mode Selection").
"""

from collections import namedtuple

from mote.hardware import pins

# GPIO numbers; None where the board has no such part. `led_on`: the level that lights it.
Profile = namedtuple("Profile", ("sda", "scl", "led", "led_on", "button"))

GENERIC = "generic"
_GENERIC = {
    "esp32": Profile(21, 22, None, 1, 0),
    "esp32s2": Profile(8, 9, None, 1, 0),
    "esp32s3": Profile(8, 9, None, 1, 0),
    "esp32c3": Profile(8, 9, None, 1, 9),
    "esp32c6": Profile(23, 22, None, 1, 9),
}

PROFILES = {
    "esp32-devkitc": Profile(21, 22, None, 1, 0),  # Espressif ESP32-DevKitC V4
    "esp32-s3-devkitc": Profile(8, 9, None, 1, 0),  # ESP32-S3-DevKitC-1; its LED is addressable
    "esp32-c3-supermini": Profile(8, 9, None, 0, 9),  # GPIO 8 is its LED too: the bus needs it
    "esp32-c6-devkitc": Profile(23, 22, None, 1, 9),  # ESP32-C6-DevKitC-1
    "m5stack-atom-lite": Profile(26, 32, None, 1, 39),  # the Grove port; GPIO 39 is the face button
    "m5stack-atoms3-lite": Profile(2, 1, None, 1, 41),  # the Grove port
    "xiao-esp32c3": Profile(6, 7, None, 1, 9),  # D4, D5
    "xiao-esp32s3": Profile(5, 6, 21, 0, 0),  # D4, D5
    "xiao-esp32c6": Profile(22, 23, 15, 0, 9),  # D4, D5
}


def profile(name: str, chip: str | None = None) -> Profile:
    """Return the board of this name; "generic" is its chip's, by default this chip's."""
    if name != GENERIC:
        return PROFILES[name]
    return _GENERIC.get(pins.chip() if chip is None else chip, _GENERIC["esp32"])


def names() -> list[str]:
    """Return what `board` may be in the configuration."""
    return sorted(set(PROFILES) | {GENERIC})
