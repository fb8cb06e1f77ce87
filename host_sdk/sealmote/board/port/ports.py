"""Find and open serial ports; recognise the same board under another port name.

Boards with native USB (S2, S3, C3, ...) disappear on a reset and may come back as another port: they
are known by the serial number that their chip gives itself, which is the MAC, others by their socket.
"""

import errno
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import serial
from serial.tools.list_ports import comports

from sealmote.board.errors import PortError

_LOOK_S: Final = 0.1
_BAUD: Final = 115_200
_WRITE_S: Final = 2
PORTS_VARIABLE: Final = "SEALMOTE_PORTS"

# What pyserial raises where a port is gone; its SerialException is an OSError.
GONE: tuple[type[Exception], ...] = (OSError,)
if sys.platform != "win32":
    import termios

    GONE = (OSError, termios.error)

# USB vendors of ESP32 boards: Espressif's own USB, and the bridges Silicon Labs, WCH, FTDI. Nothing else
# is asked: a reset through DTR and RTS may disturb what is not a board.
_ESPRESSIF: Final = 0x303A
_VENDORS: Final = (_ESPRESSIF, 0x10C4, 0x1A86, 0x0403)


@dataclass(frozen=True)
class Port:
    """A port: its name for the system, and by what it is found again (None: by its name only)."""

    device: str
    vendor: int | None = None
    serial_number: str | None = None
    location: str | None = None

    def is_same_board(self, other: "Port") -> bool:
        """Say whether both are the same board, whatever name the system gave it."""
        if self.vendor == _ESPRESSIF and self.serial_number:
            return (other.vendor, other.serial_number) == (self.vendor, self.serial_number)
        if self.location:
            return other.location == self.location
        return other.device == self.device


def plugged_in() -> list[Port]:
    """Ports of this machine that may be boards, and those named in $SEALMOTE_PORTS (a,b,...)."""
    named = os.environ.get(PORTS_VARIABLE, "")
    virtual = [Port(name.strip()) for name in named.split(",") if name.strip()]
    return sorted(_listed(), key=lambda port: port.device) + virtual


def choose(devices: Iterable[str]) -> list[Port]:
    """Ports by the names that a user gave, with what the system knows of them."""
    known = {port.device: port for port in _listed(any_vendor=True)}
    return [known.get(device, Port(device)) for device in devices]


def current(port: Port) -> Port:
    """Return the port that the same board has now; the old one if the system does not list it."""
    return next((now for now in _listed(any_vendor=True) if port.is_same_board(now)), port)


def check_usable(device: str) -> None:
    """Raise PortError if the port is not there, or this user may not use it.

    Windows tells only on opening; there and for URLs nothing is known before.
    """
    if os.name == "nt" or "://" in device:
        return
    path = Path(device)
    if not path.exists():
        raise PortError(
            f"{device} is not there: plug the board in; `sealmote boards` lists the ports"
        )
    if not os.access(path, os.R_OK | os.W_OK):
        raise PortError(no_permission(device))


def opened(device: str, read_s: float) -> serial.Serial:
    """Open a port for this process alone, without resetting the board; a read waits ``read_s``.

    Raises PortError.
    """
    check_usable(device)
    try:
        port = serial.serial_for_url(
            device, _BAUD, timeout=read_s, exclusive=True, do_not_open=True
        )
        if "://" not in device:  # pyserial's ports over a network know no such limit
            port.write_timeout = _WRITE_S
        if os.name == "nt":  # there the lines are driven on opening, and would reset the board
            port.dtr = port.rts = False
        port.open()
    except GONE as error:
        raise explained(device, error) from error
    except ValueError as error:
        raise PortError(f"{device} is no port ({error}): `sealmote boards` lists them") from error
    return port


def awaited(port: Port, patience_s: float, find: Callable[[Port], Port] | None = None) -> str:
    """Return the device of a board, which may be about to come back from a reset. Raises PortError."""
    end = time.monotonic() + patience_s
    while True:
        device = (find or current)(port).device
        try:
            check_usable(device)
        except PortError:
            if time.monotonic() > end:
                raise
            time.sleep(_LOOK_S)
        else:
            return device


def explained(device: str, error: Exception) -> PortError:
    """Say in our words why a port could not be opened."""
    number = getattr(error, "errno", None)
    if number in (errno.EACCES, errno.EPERM):
        return PortError(no_permission(device))
    if number in (errno.ENOENT, errno.ENODEV, errno.ENXIO):
        return PortError(f"{device} is gone: plug the board in again")
    why = "another program has it" if number == errno.EAGAIN else error  # which says it twice
    return PortError(
        f"cannot use {device} ({why}): close what else has it open (a monitor, an editor, mpremote) "
        "and try again"
    )


def no_permission(device: str) -> str:
    """Return the message for a port that this user may not open."""
    if os.name == "nt":
        return f"{device} is in use by another program: close it and try again"
    return (
        f"no permission for {device}: join its group (`sudo usermod -aG dialout $USER` on most Linux "
        "systems, `uucp` on Arch) and log in again"
    )


def _listed(*, any_vendor: bool = False) -> list[Port]:
    return [
        Port(found.device, found.vid, found.serial_number, found.location)
        for found in comports()
        if any_vendor or found.vid in _VENDORS
    ]
