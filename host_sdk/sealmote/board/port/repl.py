"""MicroPython's raw REPL over a serial port, with a limit on every wait.

Protocol: MicroPython documentation, "The MicroPython Interactive Interpreter Mode (REPL)", "Raw mode".
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import serial

from sealmote.board.errors import PortError
from sealmote.board.port import lines, ports

_BANNER: Final = b"raw REPL; CTRL-B to exit\r\n>"
_INTERRUPT, _RAW, _FRIENDLY, _RUN = b"\x03", b"\x01", b"\x02", b"\x04"
# The UART of a board without flow control takes this much at a time (as mpremote writes it).
_CHUNK: Final = 256
_PAUSE_S: Final = 0.01
_POLL_S: Final = 0.05


class SilentError(PortError):
    """Nothing that speaks the raw REPL's protocol answers."""


class Repl:
    """An open port; `exec` runs a snippet in raw mode."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port

    def is_at_prompt(self, wait_s: float) -> bool:
        """Say whether an empty line is answered by the friendly prompt: then nothing is running."""
        self._port.write(b"\r\n")
        return self._until(b">>> ", wait_s) is not None

    def status(self, wait_s: float) -> dict[str, Any] | None:
        """Ask the application on the line `status`, which interrupts nothing; None if none answers.

        See `mote.status`, and `mote.setup.console` for a board without configuration.
        """
        self._port.write(b"\r\nstatus\r\n")
        end, said = time.monotonic() + wait_s, b""
        while time.monotonic() < end:
            *whole, said = (said + self._port.read(max(1, self._port.in_waiting))).split(b"\n")
            for line in whole:
                found = lines.parse(line.strip().decode("utf-8", "replace"))
                if found.status is not None:
                    return found.status
        return None

    def enter(self, wait_s: float) -> None:
        """Interrupt what runs, and enter raw mode. Raises SilentError."""
        self._port.write(b"\r" + _INTERRUPT)
        time.sleep(_POLL_S)
        self._port.reset_input_buffer()
        self._port.write(b"\r" + _RAW)
        if self._until(_BANNER, wait_s) is None:
            raise SilentError(f"no MicroPython answers at {self._port.port}")

    def exec(self, code: str, wait_s: float) -> bytes:
        """Run code to its end; return what it printed, its traceback included. Raises SilentError."""
        self.start(code)
        printed = self._until(_RUN, wait_s)
        failed = self._until(_RUN, wait_s) if printed is not None else None
        if printed is None or failed is None:
            raise SilentError(f"the board at {self._port.port} did not finish what it was asked")
        return printed[:-1] + failed[:-1]

    def start(self, code: str) -> None:
        """Send code and have it run, without waiting for its end. Raises SilentError."""
        data = code.encode()
        for at in range(0, len(data), _CHUNK):
            self._port.write(data[at : at + _CHUNK])
            time.sleep(_PAUSE_S)
        self._port.write(_RUN)
        accepted = self._until(b"OK", 2)
        if accepted is None:
            raise SilentError(f"the board at {self._port.port} does not take what it is asked")

    def restart(self, wait_s: float) -> None:
        """Start the interpreter anew, in raw mode, without main.py (a soft reset). Raises SilentError."""
        self._port.write(_RUN)
        if self._until(_BANNER, wait_s) is None:
            raise SilentError(
                f"the board at {self._port.port} does not come back from a soft reset"
            )

    def leave(self) -> None:
        """Go back to the friendly prompt."""
        self._port.write(b"\r" + _FRIENDLY)

    def _until(self, ending: bytes, wait_s: float) -> bytes | None:
        """Read up to and with ``ending``; None if it does not come in time."""
        data = bytearray()
        end = time.monotonic() + wait_s
        while not data.endswith(ending):
            data += self._port.read(1)  # waits for _POLL_S
            if time.monotonic() > end:
                return None
        return bytes(data)


@contextmanager
def opened(device: str) -> Iterator[Repl]:
    """Open a port for this process alone, without resetting the board. Raises PortError."""
    try:
        with ports.opened(device, _POLL_S) as port:
            yield Repl(port)
    except OSError as error:  # SerialException is one
        raise ports.explained(device, error) from error
