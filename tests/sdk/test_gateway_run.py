"""A gateway's own process: it serves, and a signal ends it cleanly."""

import asyncio
import multiprocessing
import os
import signal
import sys
import urllib.request
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from patience import PATIENCE_S
from sealmote.gateway import Gateway
from sealmote.gateway.ingress.listener import Listener
from sealmote.gateway.intake import Intake
from sealmote.gateway.run import run


def serve(directory: Path, started: Connection) -> None:
    run(Gateway.open(directory), port=0, on_started=started.send)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_serves_until_a_signal_and_exits_cleanly(directory: Path, number: int) -> None:
    started, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(target=serve, args=(directory, theirs))
    process.start()
    try:
        assert started.poll(PATIENCE_S)
        url = started.recv()
        with urllib.request.urlopen(f"{url}/v1/status", timeout=PATIENCE_S) as answer:
            assert answer.status == 200
        assert process.pid is not None
        os.kill(process.pid, number)
        process.join(PATIENCE_S)
        assert process.exitcode == 0
    finally:
        process.kill()
        process.join()


class Slow(Listener):
    """One whose broker does not answer."""

    def __init__(self, begun: Connection, _: Intake) -> None:
        self._begun = begun

    async def start(self) -> None:
        self._begun.send(None)
        await asyncio.Event().wait()

    async def stop(self) -> None: ...

    def health(self) -> str | None:
        return None


def serve_slowly(directory: Path, begun: Connection) -> None:
    with Gateway.open(directory) as gateway:
        slow = partial(gateway.start, listeners={"slow": partial(Slow, begun)})
        setattr(gateway, "start", slow)  # noqa: B010  # mypy lets no method be assigned to
        run(gateway, port=0)


@pytest.mark.skipif(sys.platform == "win32", reason="signals are POSIX")
def test_a_signal_ends_it_while_a_listener_is_still_starting(directory: Path) -> None:
    begun, theirs = multiprocessing.Pipe(duplex=False)
    process = multiprocessing.get_context("spawn").Process(
        target=serve_slowly, args=(directory, theirs)
    )
    process.start()
    try:
        assert begun.poll(PATIENCE_S)
        assert process.pid is not None
        os.kill(process.pid, signal.SIGTERM)
        process.join(PATIENCE_S)
        assert process.exitcode == 0
    finally:
        process.kill()
        process.join()
