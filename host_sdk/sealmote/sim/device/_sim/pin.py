"""`machine.Pin`: outputs keep their level; inputs read what the hardware file puts on them."""

from _sim import hardware

_levels = hardware.record("pins")
_HIGHEST = {"esp32": 39, "esp32s3": 48, "esp32c3": 21}[hardware.text("chip")]


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
        if not 0 <= id <= _HIGHEST:
            raise ValueError("invalid pin")
        self.number = id
        self._mode = Pin.IN
        self._pull: int | None = None
        self._level = 0
        self.init(mode, pull, value=value)

    def init(
        self, mode: int | None = None, pull: int | None = None, *, value: int | None = None
    ) -> None:
        """Set direction, pull resistor and level, each where given."""
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
