"""A gateway's own process: it serves, and a signal ends it cleanly."""

import multiprocessing
import os
import signal
import sys
import urllib.request
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from patience import PATIENCE_S
from sealmote.gateway import Gateway
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
