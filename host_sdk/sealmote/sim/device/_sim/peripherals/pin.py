"""`machine.Pin`: outputs keep their level; inputs read what the hardware file puts on them.

Which pins there are is as in the generic images (MicroPython `ports/esp32/machine_pin.h`), and so is
what a wrong one does: an input as an output is a ValueError (`machine_pin.c`), and a pin of the flash
that is used takes the program away from under the chip, until its watchdog bites.
"""

from _sim import chip, hardware

_levels = hardware.record("pins")


def _of(*ranges: tuple[int, int]) -> list[int]:
    return [gpio for first, last in ranges for gpio in range(first, last + 1)]


_THERE = {
    "esp32": _of((0, 23), (25, 27), (32, 39)),
    "esp32s3": _of((0, 21), (33, 48)),
    "esp32c3": _of((0, 13), (20, 21)),
}[chip.NAME]
# Those that flash in DIO mode needs (CLK, D0, D1, CMD); the other chips' are not in the images' tables.
_FLASH = {"esp32": [6, 7, 8, 11]}.get(chip.NAME, [])
_FIRST_INPUT_ONLY = {"esp32": 34}.get(chip.NAME, 64)
_OUTPUT = 2  # GPIO_MODE_DEF_OUTPUT, a bit of the mode


class Pin:
    """One GPIO. A floating input reads its pull resistor, or 0 without one."""

    IN = 1
    OUT = 3
    OPEN_DRAIN = 7
    PULL_DOWN = 1
    PULL_UP = 2
    IRQ_RISING = 1
    IRQ_FALLING = 2

    def __init__(
        self,
        id: int,  # noqa: A002 - the port's name
        mode: int | None = None,
        pull: int | None = None,
        *,
        value: int | None = None,
    ) -> None:
        if id not in _THERE:
            raise ValueError("invalid pin")
        self.number = id
        self._mode = Pin.IN
        self._pull: int | None = None
        self._level = 0
        if (mode, pull, value) != (None, None, None):
            self.init(mode, pull, value=value)

    def init(
        self, mode: int | None = None, pull: int | None = None, *, value: int | None = None
    ) -> None:
        """Set direction, pull resistor and level, each where given."""
        use(self.number)
        if mode is not None and mode & _OUTPUT and not drives(self.number):
            raise ValueError("pin can only be input")
        self._mode = self._mode if mode is None else mode
        self._pull = pull
        if value is not None:
            self._level = int(bool(value))

    def value(self, level: int | None = None) -> int | None:
        """Set the output's level, or without an argument read the pin."""
        if level is not None:
            self._level = int(bool(level))
            return None
        if self._mode != Pin.IN:
            return self._level
        driven = _levels.get(str(self.number))
        if isinstance(driven, int):
            return driven
        return int(self._pull == Pin.PULL_UP)

    def __call__(self, level: int | None = None) -> int | None:
        return self.value(level)

    def on(self) -> None:
        """Drive the pin high."""
        self.value(1)

    def off(self) -> None:
        """Drive the pin low."""
        self.value(0)


def number(pin: "Pin | int") -> int:
    """GPIO number of a pin or of a plain number."""
    return pin.number if isinstance(pin, Pin) else Pin(pin).number


def use(gpio: int) -> None:
    """Take a pin from whatever had it."""
    if gpio in _FLASH:
        chip.restart(chip.WDT_RESET)


def drives(gpio: int) -> bool:
    """Say whether a pin can be an output."""
    return gpio < _FIRST_INPUT_ONLY
