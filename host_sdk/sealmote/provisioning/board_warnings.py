"""Collect a board's warnings and errors from its log and status lines."""

from typing import Final

from sealmote.board.port import lines
from sealmote.board.port.lines import Line

_SENSORS: Final = "sensors"  # the name in which `mote.sensors.sampler` logs


class BoardWarnings:
    """Warnings and errors, each once, in the order in which they came."""

    def __init__(self) -> None:
        self._found: dict[tuple[str, str], None] = {}

    def hear(self, line: Line) -> None:
        """Take a line of the board's: an event, or a status, which has the newest warning."""
        last = line.status.get("last") if line.status else None
        event = lines.parse(last) if isinstance(last, str) else line
        if event.level in ("W", "E") and event.module and event.text:
            self._found[event.module, event.text] = None

    @property
    def all(self) -> list[str]:
        """Every warning, as "module: text"."""
        return [f"{module}: {text}" for module, text in list(self._found)]

    @property
    def of_sensors(self) -> list[str]:
        """Warnings about sensors, each beginning with the sensor's name."""
        return [text for module, text in list(self._found) if module == _SENSORS]
