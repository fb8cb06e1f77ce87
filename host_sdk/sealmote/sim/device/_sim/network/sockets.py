"""Sockets behind this board's radio: real ones, subject to its faults.

A socket here is a stream of MicroPython's own making (io.IOBase), so that `ssl` can wrap it.
"""

import errno
import io

import uselect
import usocket
from micropython import const

from _sim import clock, faults, seeded_random
from _sim.network import radio

_POLL = const(3)  # stream ioctl requests, py/stream.h
_CLOSE = const(4)

_SYN_US = const(18000000)  # lwIP gives up a connection that nobody answers (TCP_SYNMAXRTX)

_connections = 0  # made in this life of the board


class Socket(io.IOBase):
    """A socket; what is not here is the real one's.

    `quiet`: nothing has come for so long that nobody waits for it any more.
    """

    def __init__(
        self,
        af: int = usocket.AF_INET,
        type: int = usocket.SOCK_STREAM,  # noqa: A002 - the port's name
        proto: int = 0,
        real: usocket.socket | None = None,
    ) -> None:
        self.real = usocket.socket(af, type, proto) if real is None else real
        self.quiet = False
        self._blocking = True
        self._unanswered = False  # nobody has heard of this connection
        self._stream = type == usocket.SOCK_STREAM
        self._doomed = False  # the answer is lost on its way
        self._ready_us: int | None = None  # when what has come may be read

    def connect(self, address: tuple[str, int]) -> None:
        """Connect, where the network and the other side are there."""
        global _connections  # noqa: PLW0603 - one count a board
        if radio.out_of_reach():
            raise OSError(errno.EHOSTUNREACH)
        if self._stream:
            if radio.mute():
                self._call_in_vain()
            if faults.active("gateway-down"):
                raise OSError(errno.ECONNREFUSED)
            _connections += 1
            lossy = faults.active("ack-lost")
            self._doomed = lossy is not None and seeded_random.happens(
                lossy["share"], "ack-lost", seeded_random.life(), _connections
            )
        self.real.connect(address)

    def _call_in_vain(self) -> None:
        """Connect while nothing passes."""
        if self._blocking:
            clock.sleep_us(_SYN_US)
            raise OSError(errno.ETIMEDOUT)
        self._unanswered = self.quiet = True
        raise OSError(errno.EINPROGRESS)

    def setblocking(self, flag: bool) -> None:
        """Wait in calls, or not."""
        self._blocking = flag
        self.real.setblocking(flag)

    def writable(self) -> bool:
        """Whether there is a connection to write to."""
        return not self._unanswered

    def readable(self) -> bool:
        """Whether what the real socket has to say has reached the board by now."""
        if self._unanswered or radio.silent():
            return False
        slow = faults.active("gateway-slow") if self._stream else None
        if slow is not None and self._ready_us is None:
            self._ready_us = clock.now_us() + faults.number(slow, "ms") * 1000
        return self._ready_us is None or clock.now_us() >= self._ready_us

    def held_until(self) -> int | None:
        """When what has come may be read, None if nobody can say."""
        return self._ready_us

    def _arrive(self) -> None:
        self.quiet = False  # where something came, more may follow
        if self._doomed:
            raise OSError(errno.ECONNRESET)

    # What MicroPython's streams and asyncio call.

    def read(self, size: int = -1) -> bytes | None:
        """Read up to size bytes, None where there are none yet."""
        self._arrive()
        return self.real.read(size) if size >= 0 else self.real.read()

    def readinto(self, buffer: bytearray | memoryview) -> int | None:
        """Read into a buffer."""
        self._arrive()
        return self.real.readinto(buffer)

    def readline(self) -> bytes | None:
        """Read a line."""
        self._arrive()
        return self.real.readline()

    def recv(self, size: int) -> bytes:
        """Receive up to size bytes."""
        self._arrive()
        return self.real.recv(size)

    def write(self, data: bytes | bytearray | memoryview) -> int | None:
        """Send what the socket takes of data; with nothing passing it goes nowhere."""
        self.quiet, self._ready_us = radio.silent(), None
        if self.quiet:
            return len(data)
        return self.real.write(data)

    def send(self, data: bytes | bytearray | memoryview) -> int:
        """Send what the socket takes of data."""
        self.quiet, self._ready_us = radio.silent(), None
        if self.quiet:
            return len(data)
        return self.real.send(data)

    def sendto(self, data: bytes, address: tuple[str, int]) -> int:
        """Send a datagram."""
        self.quiet = False
        return self.real.sendto(data, address)

    def listen(self, backlog: int = 2) -> None:
        """Wait for callers; nobody knows whether any will come."""
        self.quiet = True
        self.real.listen(backlog)

    def accept(self) -> "tuple[Socket, object]":
        """Take a caller."""
        real, address = self.real.accept()
        return Socket(real=real), address

    def ioctl(self, request: int, argument: int) -> int:
        """Answer what a stream on top of this one asks."""
        if request == _CLOSE:
            self.close()
            return 0
        if request != _POLL:
            return -1
        poll = uselect.poll()
        poll.register(self.real, argument)
        for _, events in poll.poll(0):
            return int(events if self.readable() else events & ~uselect.POLLIN)
        return 0

    def close(self) -> None:
        """Close the real socket."""
        self.real.close()

    def __getattr__(self, name: str) -> object:
        return getattr(self.real, name)
