"""For every test: what a busy machine or a shell in the background must not change."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

# How long an example takes says how busy the machine is, and nothing else.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as a shell has it for what runs behind it
    signal.signal(signal.SIGINT, signal.default_int_handler)  # the commands under test inherit it


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Leave the names of skipped tests where SEALMOTE_SKIPPED says, so that they can be run later."""
    if target := os.environ.get("SEALMOTE_SKIPPED"):
        skipped = terminalreporter.stats.get("skipped", [])
        Path(target).write_text("".join(f"{report.nodeid}\n" for report in skipped))
