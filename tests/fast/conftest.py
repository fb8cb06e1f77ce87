"""Runs sealwire.fast where it belongs, on MicroPython's Unix port."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
FIRMWARE = ROOT / "firmware"

# The tests use the tools that generate, prove and watch the signer.
sys.path.insert(0, str(ROOT))

Ask = Callable[[list[str]], list[str]]


def _command() -> list[str]:
    """Return how to start the Unix port; where it is a script, with its own Python."""
    beside = Path(sys.executable).with_name("micropython")
    path = os.environ.get("SEALMOTE_MICROPYTHON", str(beside))
    with Path(path).open("rb") as file:
        return [sys.executable, path] if file.read(2) == b"#!" else [path]


@pytest.fixture(scope="session")
def micropython() -> list[str]:
    """How to start the Unix port."""
    return _command()


@pytest.fixture(scope="session")
def ask() -> Ask:
    """Ask the fast signer: requests of support/fast_responder.py in, answers out."""
    return lambda requests: _ask(requests, FIRMWARE)


@pytest.fixture(scope="session")
def ask_in() -> Callable[[list[str], Path], list[str]]:
    """Ask the fast signer of another firmware folder."""
    return _ask


def _ask(requests: list[str], firmware: Path) -> list[str]:
    ended = subprocess.run(
        [*_command(), str(HERE / "support" / "fast_responder.py")],
        env={**os.environ, "MICROPYPATH": str(firmware)},
        input="".join(f"{request}\n" for request in requests),
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=300,
    )
    assert ended.returncode == 0, f"{ended.stdout[-2000:]}{ended.stderr[-2000:]}"
    answers = ended.stdout.splitlines()
    assert len(answers) == len(requests), f"{len(answers)} answers to {len(requests)} requests"
    return answers
