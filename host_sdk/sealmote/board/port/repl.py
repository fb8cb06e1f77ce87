"""MicroPython's raw REPL over a serial port, by mpremote, with a limit on every wait.

Protocol: MicroPython documentation, "The MicroPython Interactive Interpreter Mode (REPL)", "Raw mode" and
"Raw-paste mode". What is mpremote's and what is ours, and why: docs/decisions/mpremote-under-the-repl.md.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import serial
from mpremote.transport import TransportError
from mpremote.transport_serial import SerialTransport

from sealmote.board.errors import PortError
from sealmote.board.port import lines, ports

_BANNER: Final = b"raw REPL; CTRL-B to exit\r\n"  # the prompt behind it is read before code is sent
_INTERRUPT, _RAW, _FRIENDLY, _SOFT_RESET = b"\x03", b"\x01", b"\x02", b"\x04"
_POLL_S: Final = 0.05
_TAKES_S: Final = 2.0
_BYTES_PER_S: Final = 5000  # half of what 115,200 baud carry


class SilentError(PortError):
    """Nothing that speaks the raw REPL's protocol answers."""


class _LateError(Exception):
    """A wait is over; never leaves this module."""


class _LimitedPort:
    """A serial port as mpremote uses one, on which no read goes on after ``end`` (monotonic seconds).

    mpremote's own limits begin anew with each byte, and not all of its reads have one.
    """

    def __init__(self, port: serial.Serial) -> None:
        self._port = port
        self.end = 0.0

    def read(self, size: int) -> bytes:
        """Read exactly so many bytes. Raises _LateError."""
        data = bytearray()
        while len(data) < size:
            data += self._port.read(size - len(data))  # waits for _POLL_S
            if time.monotonic() > self.end:
                raise _LateError
        return bytes(data)

    def write(self, data: bytes) -> None:
        """Write all of it."""
        self._port.write(data)

    def inWaiting(self) -> int:  # noqa: N802 - pyserial's former name, which mpremote uses
        """Count the bytes that can be read at once."""
        return int(self._port.in_waiting)


class _Transport(SerialTransport):  # type: ignore[misc]  # mpremote ships no types
    """mpremote's, on a port that is open: its own way to open one drives DTR and RTS, and prints."""

    def __init__(self, port: _LimitedPort) -> None:
        self.serial = port
        self.use_raw_paste = True  # until a board says that it has none
        self.is_pty = True  # a read waits for its byte, instead of asking for one every 10 ms


class Repl:
    """An open port; `exec` runs a snippet in raw mode."""

    def __init__(self, port: serial.Serial) -> None:
        self._port = port
        self._limited = _LimitedPort(port)
        self._transport = _Transport(self._limited)

    def is_at_prompt(self, wait_s: float) -> bool:
        """Say whether an empty line is answered by the friendly prompt: then nothing is running."""
        self._port.write(b"\r\n")
        try:
            self._until(b">>> ", wait_s)
        except _LateError:
            return False
        return True

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
        # What runs may still read from the line, so raw mode is asked for a moment later.
        time.sleep(_POLL_S)
        self._port.reset_input_buffer()
        self._port.write(b"\r" + _RAW)
        with self._silence(f"no MicroPython answers at {self._port.port}"):
            self._until(_BANNER, wait_s)

    def exec(self, code: str, wait_s: float) -> bytes:
        """Run code to its end; return what it printed, its traceback included. Raises SilentError."""
        self.start(code)
        with self._silence(f"the board at {self._port.port} did not finish what it was asked"):
            self._limited.end = time.monotonic() + wait_s
            printed, failed = self._transport.follow(None)
        return bytes(printed + failed)

    def start(self, code: str) -> None:
        """Send code and have it run, without waiting for its end. Raises SilentError."""
        data = code.encode()
        with self._silence(f"the board at {self._port.port} does not take what it is asked"):
            self._limited.end = time.monotonic() + _TAKES_S + len(data) / _BYTES_PER_S
            self._transport.exec_raw_no_follow(data)

    def restart(self, wait_s: float) -> None:
        """Start the interpreter anew, in raw mode, without main.py (a soft reset). Raises SilentError."""
        self._port.write(_SOFT_RESET)
        with self._silence(f"the board at {self._port.port} does not come back from a soft reset"):
            self._until(_BANNER, wait_s)

    def leave(self) -> None:
        """Go back to the friendly prompt."""
        self._port.write(b"\r" + _FRIENDLY)

    def _until(self, ending: bytes, wait_s: float) -> None:
        """Read up to and with ``ending``. Raises _LateError if it does not come in time."""
        self._limited.end = time.monotonic() + wait_s
        self._transport.read_until(1, ending, timeout=None)

    @staticmethod
    @contextmanager
    def _silence(message: str) -> Iterator[None]:
        try:
            yield
        except (TransportError, _LateError) as error:
            raise SilentError(message) from error


@contextmanager
def opened(device: str) -> Iterator[Repl]:
    """Open a port for this process alone, without resetting the board. Raises PortError."""
    try:
        with ports.opened(device, _POLL_S) as port:
            yield Repl(port)
    except OSError as error:  # SerialException is one
        raise ports.explained(device, error) from error
