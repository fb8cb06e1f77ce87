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

# Files whose tests take minutes begin first, so that no worker is left alone with them at the end.
LONGEST_FIRST = ("campaigns", "e2e", "sdk", "chain", "firmware")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Order the folders of tests by how long their files take; the Makefile keeps xdist to it."""
    tests = Path(__file__).parent

    def place(item: pytest.Item) -> int:
        folder = item.path.relative_to(tests).parts[0] if item.path.is_relative_to(tests) else ""
        return LONGEST_FIRST.index(folder) if folder in LONGEST_FIRST else len(LONGEST_FIRST)

    items.sort(key=place)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Leave the names of skipped tests where SEALMOTE_SKIPPED says, so that they can be run later."""
    if target := os.environ.get("SEALMOTE_SKIPPED"):
        skipped = terminalreporter.stats.get("skipped", [])
        Path(target).write_text("".join(f"{report.nodeid}\n" for report in skipped))
