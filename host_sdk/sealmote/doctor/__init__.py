"""What keeps Sealmote from working, and the command that mends it: this machine, its ports, a board."""

from sealmote.doctor.finding import Finding
from sealmote.doctor.listening import examine_board, judge
from sealmote.doctor.machine import programs
from sealmote.doctor.usb import serial_ports

__all__ = ["Finding", "examine", "examine_board", "judge"]


def examine() -> list[Finding]:
    """Look at everything on this machine; no port is opened."""
    return [*programs(), *serial_ports()]
