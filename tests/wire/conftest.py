"""Runs wire-format code on both runtimes."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from needs import lacking

HERE = Path(__file__).parent
SUPPORT = HERE / "support"
FIRMWARE = HERE.parent.parent / "firmware"

# The tests that run on both runtimes import their helpers by plain names, as MicroPython finds them.
sys.path.insert(0, str(SUPPORT))

Run = Callable[..., str]


def _micropython() -> str:
    beside = Path(sys.executable).with_name("micropython")
    return os.environ.get("SEALMOTE_MICROPYTHON", str(beside))


def _run(runtime: str, arguments: list[str], given: str) -> str:
    program = sys.executable if runtime == "cpython" else _micropython()
    path = os.pathsep.join([str(FIRMWARE), str(SUPPORT)])
    ended = subprocess.run(
        [program, *arguments],
        env={**os.environ, "MICROPYPATH": path, "PYTHONPATH": path},
        input=given,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert ended.returncode == 0, f"on {runtime}:\n{ended.stdout[-2000:]}{ended.stderr[-2000:]}"
    return ended.stdout


@pytest.fixture(scope="session")
def run_on_micropython() -> Run:
    """Run a script with arguments on the Unix port; fail with its output if it fails."""
    return lambda *arguments: _run("micropython", [str(part) for part in arguments], "")


Ask = Callable[[list[str]], list[str]]


@pytest.fixture(scope="session", params=["cpython", "micropython"])
def ask(request: pytest.FixtureRequest) -> Ask:
    """Ask the wire format on one runtime: requests of support/responder.py in, answers out."""
    return lambda requests: _ask(request.param, requests)


@pytest.fixture(scope="session")
def ask_both() -> Ask:
    """Ask on both runtimes; fail unless they answer alike."""

    def asked(requests: list[str]) -> list[str]:
        answers = _ask("cpython", requests)
        on_board = _ask("micropython", requests)
        differing = [
            f"{one}: {a} on CPython, {b} on MicroPython"
            for one, a, b in zip(requests, answers, on_board, strict=True)
            if a != b
        ]
        assert not differing, "\n".join(differing[:5])
        return answers

    return asked


def _ask(runtime: str, requests: list[str]) -> list[str]:
    given = "".join(f"{request}\n" for request in requests)
    answers = _run(runtime, [str(SUPPORT / "responder.py")], given).splitlines()
    assert len(answers) == len(requests), f"{len(answers)} answers to {len(requests)} requests"
    return answers


Judge = Callable[[list[tuple[str, str]]], list[bool]]


@pytest.fixture(scope="session", params=["pycose", "cwt"])
def peer(request: pytest.FixtureRequest) -> tuple[str, Judge]:
    """Return another project's COSE library: its name, and what says which (key, message) it takes."""
    python = _peer_python(request.param)
    if not python.exists():
        lacking(f"{request.param} ({python})", "`make test` installs it")
    return request.param, lambda pairs: _judge(python, request.param, pairs)


def _peer_python(name: str) -> Path:
    beside = Path(sys.prefix) / f"peer-{name}/bin/python"
    return Path(os.environ.get(f"SEALMOTE_PEER_{name.upper()}", beside))


def _judge(python: Path, name: str, pairs: list[tuple[str, str]]) -> list[bool]:
    given = "".join(f"{key} {message}\n" for key, message in pairs)
    program = [str(python), str(SUPPORT / "peer.py"), name]
    ended = subprocess.run(program, input=given, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, f"{name} ended with:\n{ended.stderr[-2000:]}"
    answers = ended.stdout.split()
    assert len(answers) == len(pairs), f"{len(answers)} answers to {len(pairs)} messages"
    return [answer == "yes" for answer in answers]
