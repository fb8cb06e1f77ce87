"""Wait for a descriptor, whatever its number: select() knows none above 1023."""

import select
import socket


def readable(source: int | socket.socket, seconds: float) -> bool:
    """Say whether there is something to read, or an end, within so many seconds."""
    return _happens(source, select.POLLIN, seconds)


def writable(target: int | socket.socket, seconds: float) -> bool:
    """Say whether bytes would be taken, or refused at once, within so many seconds."""
    return _happens(target, select.POLLOUT, seconds)


def _happens(descriptor: int | socket.socket, event: int, seconds: float) -> bool:
    poll = select.poll()
    poll.register(descriptor, event)
    return bool(poll.poll(round(seconds * 1000)))
