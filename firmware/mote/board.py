"""Pins of common boards. `i2c` in the configuration overrides a profile's bus.

Sources: the makers' pinout sheets. "generic" is for any board with the first ESP32, wired as most
guides have it.
"""

from collections import namedtuple

# GPIO numbers; None where the board has no such part. `led_on`: the level that lights it.
Profile = namedtuple("Profile", ("sda", "scl", "led", "led_on", "button"))

PROFILES = {
    "generic": Profile(21, 22, None, 1, 0),
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
