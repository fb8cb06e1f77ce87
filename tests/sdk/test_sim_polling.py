"""Descriptors are waited for whatever their number."""

import os
import resource
import socket
from collections.abc import Iterator

import pytest

from sealmote.sim.line.polling import readable, writable


@pytest.fixture
def high() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A pair of sockets; the descriptor of the first is above what select() knows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(4096, hard), hard))
    one, other = socket.socketpair()
    number = 2000
    os.dup2(one.fileno(), number)
    moved = socket.socket(fileno=number)
    one.close()
    yield moved, other
    moved.close()
    other.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def test_a_descriptor_above_1023_is_waited_for(high: tuple[socket.socket, socket.socket]) -> None:
    here, there = high
    assert writable(here, 0)
    assert not readable(here, 0)
    there.send(b"x")
    assert readable(here, 60)
    assert here.recv(1) == b"x"
    there.close()
    assert readable(here, 60), "an end is something to read"
