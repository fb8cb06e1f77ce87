"""When an interpreter can be interrupted: once it waits, or has computed for long; load changes nothing."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from patience import PATIENCE_S
from sealmote.sim.line.interruption import computed_s, wait_until_interruptible

pytestmark = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="nobody can tell without /proc"
)


def running(code: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE)


def test_a_process_that_waits_can_be_interrupted_and_does_not_compute() -> None:
    with running("input()") as process:
        try:
            assert wait_until_interruptible(process.pid, PATIENCE_S)
        finally:
            process.kill()
    assert not wait_until_interruptible(process.pid, PATIENCE_S)
    assert computed_s(process.pid) == 0.0


def test_what_a_process_computes_is_counted_and_not_how_long_it_had_to_wait() -> None:
    before, begun = computed_s(os.getpid()), time.process_time()
    time.sleep(0.1)
    while time.process_time() - begun < 0.1:
        pass
    assert computed_s(os.getpid()) - before == pytest.approx(0.1, abs=0.05)
