"""A pty as a serial port: the quickest, but without DTR and RTS."""

import errno
import os
import select
import termios
import time
from threading import Event, Thread
from typing import Final

from sealmote.sim.line.polling import writable
from sealmote.sim.virtual.port import Plug

_READ_BYTES: Final = 65536
_LOOKS_EVERY_S: Final = 0.02  # whether somebody has opened a port that nobody had open
_TAKES_WITHIN_S: Final = 2.0  # what a program leaves unread for longer is lost


class PtyPort:
    """A pseudo-terminal; its name is the path of the end that programs open."""

    has_lines = False

    def __init__(self) -> None:
        self._master, end = os.openpty()
        self._name = os.ttyname(end)
        _make_raw(end)
        os.close(end)
        os.set_blocking(self._master, False)
        self._open = False
        self._closed = Event()
        self._thread: Thread | None = None

    @property
    def name(self) -> str:
        """Path of the device."""
        return self._name

    def start(self, plug: Plug) -> None:
        """Begin to listen."""
        self._thread = Thread(target=self._listen, args=(plug,), name=self._name, daemon=True)
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Send bytes; lost where nobody has the port open, or reads."""
        end = time.monotonic() + _TAKES_WITHIN_S
        while data and self._open and not self._closed.is_set() and time.monotonic() < end:
            try:
                if writable(self._master, _LOOKS_EVERY_S):
                    data = data[os.write(self._master, data) :]
            except BlockingIOError:
                continue
            except OSError:  # closed between two steps, here or there
                return

    def close(self) -> None:
        """Take the port away."""
        self._closed.set()
        if self._thread is not None:
            self._thread.join()
        os.close(self._master)

    def _listen(self, plug: Plug) -> None:
        poll = select.poll()
        poll.register(self._master, select.POLLIN)
        while not self._closed.is_set():
            events = poll.poll(_LOOKS_EVERY_S * 1000)
            data = self._read() if events else None
            if data:
                self._open = True
                plug.came(data)
            elif data == b"" or (events and events[0][1] & select.POLLHUP):
                if self._open:
                    self._open = False
                    plug.left()
                self._closed.wait(_LOOKS_EVERY_S)
            else:
                self._open = True

    def _read(self) -> bytes | None:
        """Return what has come; b"" where nobody is there, None where nothing has come yet."""
        try:
            return os.read(self._master, _READ_BYTES)
        except BlockingIOError:
            return None
        except OSError as error:
            if error.errno != errno.EIO:  # what Linux says while nobody has the other end open
                raise
            return b""


def _make_raw(descriptor: int) -> None:
    settings = termios.tcgetattr(descriptor)
    settings[0] = settings[1] = settings[3] = 0
    settings[2] |= termios.CS8
    settings[6][termios.VMIN], settings[6][termios.VTIME] = 1, 0
    termios.tcsetattr(descriptor, termios.TCSANOW, settings)
