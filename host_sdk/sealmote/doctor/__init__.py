"""Diagnosis of this machine, its serial ports and a board, each fault with its fix.

What asks ports and boards is imported when it is used: who lacks pyserial, of the extra `gateway`, is told
so, and about everything else.
"""

from sealmote import extras
from sealmote.doctor.finding import Finding
from sealmote.doctor.machine import programs

__all__ = ["Finding", "examine", "examine_board"]


def examine() -> list[Finding]:
    """Look at everything on this machine; no port is opened."""
    return [*programs(), *_serial_ports()]


def examine_board(device: str, seconds: float) -> list[Finding]:
    """Do what `boot_output.examine_board` says."""
    from sealmote.doctor import boot_output  # noqa: PLC0415 - the extra `gateway`

    return boot_output.examine_board(device, seconds)


def _serial_ports() -> list[Finding]:
    try:
        from sealmote.doctor.usb import serial_ports  # noqa: PLC0415 - the extra `gateway`
    except ModuleNotFoundError as error:
        why = str(extras.explain(error))
        return [Finding("serial ports", present=False, needed=False, words=why)]
    return serial_ports()
