"""`select`: waits for sockets on the board's clock.

On a virtual clock time stands still while the other side of a socket may still answer; it passes,
to the next thing that is due, once nothing can come any more.
"""

import uselect
from _sim import clock, hardware
from _sim.network.sockets import Socket
from micropython import const
from uselect import POLLERR, POLLHUP, POLLIN, POLLOUT

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ("POLLERR", "POLLHUP", "POLLIN", "POLLOUT", "poll")

_PATIENCE_MS = hardware.integer("patience_ms")  # of real time
_GRAIN_US = const(20000)  # how often to look whether what has come may be read


class poll:  # noqa: N801 - the port's name
    """A set of streams and what is awaited of each."""

    def __init__(self) -> None:
        self._poll = uselect.poll()
        self._given: dict[int, object] = {}  # what was registered, by the id of what is asked

    def register(self, obj: object, eventmask: int = POLLIN | POLLOUT) -> None:
        """Watch a stream, or watch it for something else."""
        real = _real(obj)
        self._given[id(real)] = obj
        self._poll.register(real, eventmask)

    def unregister(self, obj: object) -> None:
        """Watch a stream no longer."""
        real = _real(obj)
        self._poll.unregister(real)
        self._given.pop(id(real), None)

    def modify(self, obj: object, eventmask: int) -> None:
        """Watch a stream for something else."""
        self._poll.modify(_real(obj), eventmask)

    def ipoll(self, timeout: int = -1, flags: int = 0) -> "Iterator[tuple[object, int]]":  # noqa: ARG002 - the port's
        """Iterate over what `poll` returns."""
        return iter(self.poll(timeout))

    def poll(self, timeout: int = -1) -> list[tuple[object, int]]:
        """(stream, events) of each that is ready, after timeout milliseconds at the most."""
        deadline = clock.now_us() + timeout * 1000 if timeout >= 0 else None
        while True:
            ready, held = self._look()
            if ready or (deadline is not None and clock.now_us() >= deadline):
                return ready
            due = _earliest(deadline, clock.next_alarm(), held)
            if clock.VIRTUAL:
                self._wait_virtual(due)
            else:
                self._wait(due, held is not None)

    def _look(self) -> tuple[list[tuple[object, int]], int | None]:
        """Return what is ready, and when the first of those that are held back will be."""
        ready: list[tuple[object, int]] = []
        held: int | None = None
        for real, events in self._poll.poll(0):
            given = self._given[id(real)]
            if isinstance(given, Socket) and not given.readable():
                until = given.held_until()
                held = _earliest(held, clock.now_us() + _GRAIN_US if until is None else until)
                given.quiet = True
                if events & POLLOUT and given.writable():
                    ready.append((given, POLLOUT))
            else:
                ready.append((given, events))
        return ready, held

    def _wait_virtual(self, due: int | None) -> None:
        waiting = [
            given
            for given in self._given.values()
            if not (isinstance(given, Socket) and given.quiet)
        ]
        if waiting or due is None:
            if self._poll.poll(_PATIENCE_MS if due is not None else -1):
                return
            for given in waiting:
                if isinstance(given, Socket):
                    given.quiet = True
        if due is not None:
            clock.wait_until(due)

    def _wait(self, due: int | None, held: bool) -> None:
        now = clock.now_us()
        if held:
            clock.wait_until(now + _GRAIN_US if due is None else min(due, now + _GRAIN_US))
            return
        self._poll.poll(-1 if due is None else max(0, (due - now + 999) // 1000))
        clock.wait_until(clock.now_us())  # lets happen what is due


def _real(obj: object) -> object:
    return obj.real if isinstance(obj, Socket) else obj


def _earliest(*moments: int | None) -> int | None:
    known = [moment for moment in moments if moment is not None]
    return min(known) if known else None
