"""GPIOs of each chip, and what each of them cannot be used for.

A wrong one is no mere ValueError. MicroPython's I2C aborts the chip on a pin that cannot be an output
(ESP_ERROR_CHECK in `ports/esp32/machine_i2c.c`, with ESP-IDF from 5.5.2 on), and one that carries the
flash takes the running program away.

Sources: ESP-IDF `components/soc/CHIP/include/soc/soc_caps.h` (SOC_GPIO_VALID_GPIO_MASK and
SOC_GPIO_VALID_OUTPUT_GPIO_MASK) and its Programming Guide, "GPIO & RTC GPIO" of each chip; the supply
of the flash, GPIO 11 of the ESP32-C3, from its datasheet, section 2.2.
"""

import os

# By chip: the highest; those that are not there; inputs only; the flash's; the serial line's or USB's.
CHIPS = {
    "esp32": (39, (24, 28, 29, 30, 31), range(34, 40), range(6, 12), (1, 3)),
    "esp32s2": (46, range(22, 26), (46,), range(26, 33), (19, 20)),
    "esp32s3": (48, range(22, 26), (), range(26, 33), (19, 20)),
    "esp32c3": (21, (), (), range(11, 18), (18, 19)),
    "esp32c6": (30, (), (), range(24, 31), (12, 13)),
}


def chip() -> str:
    """Return the name of the chip that this runs on, as in "esp32c3"; "" where it is none."""
    uname = getattr(os, "uname", None)  # MicroPython's Unix port has none
    machine: str = uname()[4] if uname else ""
    return machine.rpartition(" with ")[2].lower().replace("-", "")


def fault(chip: str, gpio: int, drives: bool) -> str:
    """Say why a GPIO is of no use, "" if it is of some; ``drives``: as an output, as I2C's are."""
    if chip not in CHIPS:
        return "which pins a chip called %r has is not known here" % chip
    highest, absent, inputs, flash, line = CHIPS[chip]
    why = ""
    if not 0 <= gpio <= highest or gpio in absent:
        why = "does not exist"
    elif gpio in flash:
        why = "carries the flash"
    elif gpio in line:
        why = "carries the serial line or USB"
    elif drives and gpio in inputs:
        why = "is an input only"
    return why and "GPIO %d of an %s %s" % (gpio, chip.upper(), why)


def bus_fault(chip: str, sda: int, scl: int) -> str:
    """Say why there can be no I2C on these pins, "" if there can."""
    if sda == scl:
        return "sda and scl are one pin"
    return fault(chip, sda, True) or fault(chip, scl, True)
