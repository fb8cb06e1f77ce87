"""Diagnosis of this machine, its serial ports and a board, each fault with its fix."""

from sealmote.doctor.boot_output import examine_board, judge
from sealmote.doctor.finding import Finding
from sealmote.doctor.machine import programs
from sealmote.doctor.usb import serial_ports

__all__ = ["Finding", "examine", "examine_board", "judge"]


def examine() -> list[Finding]:
    """Look at everything on this machine; no port is opened."""
    return [*programs(), *serial_ports()]
