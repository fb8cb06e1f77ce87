"""A serial port over TCP with all its lines: a server of RFC 2217, the Telnet Com Port Control Option.

Telnet and the option are pyserial's `PortManager`; what it takes for a serial port is `_Wires`.
"""

import contextlib
import socket
import time
from threading import Event, Lock, Thread
from typing import Any, Final

from serial.rfc2217 import PortManager

from sealmote.sim.errors import BoardFilesError
from sealmote.sim.line.polling import readable
from sealmote.sim.virtual.control_lines import Circuit, Step, Wiring, circuit
from sealmote.sim.virtual.port import Plug

_HOST: Final = "127.0.0.1"
_READ_BYTES: Final = 65536
_LOOKS_EVERY_S: Final = 0.1
_RISES_WITHIN_S: Final = 0.4
"""How long the reset pin takes to rise: DTR follows RTS that much later over a network at the most."""
_TAKES_WITHIN_S: Final = 2.0


class Rfc2217Port:
    """A port that programs open as `rfc2217://HOST:PORT`, one at a time; 0 chooses a free one."""

    has_lines = True

    def __init__(self, port: int = 0, wiring: Wiring = "uart") -> None:
        try:
            self._server = socket.create_server((_HOST, port))
        except OSError as error:
            raise BoardFilesError(
                f"cannot listen on TCP port {port} ({error.strerror}): choose another one"
            ) from error
        self._circuit: Circuit = circuit(wiring)
        self._client: socket.socket | None = None
        self._manager: Any = None
        self._writing = Lock()
        self._closed = Event()
        self._starts_at: float | None = None
        self._plug: Plug | None = None
        self._thread = Thread(target=self._listen, name=self.name, daemon=True)

    @property
    def name(self) -> str:
        """URL of the port."""
        return f"rfc2217://{_HOST}:{self._server.getsockname()[1]}"

    def start(self, plug: Plug) -> None:
        """Begin to listen."""
        self._plug = plug
        self._thread.start()

    def write(self, data: bytes) -> None:
        """Send bytes of the board; lost where nobody is connected, or reads."""
        manager = self._manager
        if manager is not None:
            self.send(b"".join(manager.escape(data)))

    def send(self, data: bytes) -> None:
        """Send bytes of Telnet, whole."""
        with self._writing:
            if self._client is not None:
                with contextlib.suppress(OSError):  # it has gone: its end is seen where it is read
                    self._client.sendall(data)

    def close(self) -> None:
        """Take the port away."""
        self._closed.set()
        if self._plug is not None:
            self._thread.join()
        self._server.close()

    def _listen(self) -> None:
        while not self._closed.is_set():
            if self._ready(self._server):
                try:
                    client, _ = self._server.accept()
                except OSError:  # it has gone already, or there is no descriptor for it now
                    continue
                with client:
                    self._serve(client)

    def _serve(self, client: socket.socket) -> None:
        assert self._plug is not None
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.settimeout(_TAKES_WITHIN_S)
        self._client = client
        self._manager = manager = PortManager(_Wires(self._moved), _Connection(self))
        try:
            while not self._closed.is_set():
                if self._ready(client):
                    data = client.recv(_READ_BYTES)
                    if not data:
                        break
                    self._pass_on(b"".join(manager.filter(data)))
        except OSError:
            pass  # the program is gone, however it went
        finally:
            with self._writing:
                self._client = self._manager = None
            self._moved(dtr=False, rts=False)  # as a driver leaves them when a port is closed
            self._plug.left()

    def _pass_on(self, data: bytes) -> None:
        assert self._plug is not None
        if data:
            self._plug.came(data)

    def _ready(self, source: socket.socket) -> bool:
        """Wait a moment for something to read; start the board meanwhile, if that is due."""
        wait = _LOOKS_EVERY_S
        if self._starts_at is not None:
            wait = max(0.0, min(wait, self._starts_at - time.monotonic()))
        ready = readable(source, wait)
        if self._starts_at is not None and time.monotonic() >= self._starts_at:
            self._begin(download=False)
        return ready

    def _moved(self, *, dtr: bool, rts: bool) -> None:
        assert self._plug is not None
        for step in self._circuit.moved(dtr=dtr, rts=rts):
            if step is Step.HOLD:
                self._starts_at = None
                self._plug.held()
            elif step is Step.RELEASE:
                self._starts_at = time.monotonic() + _RISES_WITHIN_S
            elif self._starts_at is not None:
                self._begin(download=True)

    def _begin(self, *, download: bool) -> None:
        assert self._plug is not None
        self._starts_at = None
        self._plug.started(download=download)


class _Connection:
    """Where PortManager writes what it answers."""

    def __init__(self, port: Rfc2217Port) -> None:
        self._port = port

    def write(self, data: bytes) -> None:
        self._port.send(data)


class _Wires:
    """What PortManager takes for a serial port: two lines that matter, and settings that do not."""

    cts = dsr = cd = True
    ri = False

    def __init__(self, moved: Any) -> None:
        self._moved = moved
        self._dtr = self._rts = False
        self.baudrate, self.bytesize, self.parity, self.stopbits = 115200, 8, "N", 1
        self.xonxoff = self.rtscts = self.break_condition = False

    @property
    def dtr(self) -> bool:
        return self._dtr

    @dtr.setter
    def dtr(self, asserted: bool) -> None:
        self._dtr = asserted
        self._moved(dtr=self._dtr, rts=self._rts)

    @property
    def rts(self) -> bool:
        return self._rts

    @rts.setter
    def rts(self, asserted: bool) -> None:
        self._rts = asserted
        self._moved(dtr=self._dtr, rts=self._rts)

    def reset_input_buffer(self) -> None:
        """Nothing waits here."""

    def reset_output_buffer(self) -> None:
        """Nothing waits here."""
