"""One small demo, run once as a user would run it; the tests look at what it left."""

import json

import pytest

from commands import Left, Sealmote, run_sealmote


@pytest.fixture(scope="session")
def sealmote() -> Sealmote:
    """Run the command line as a user does."""
    return run_sealmote


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Left:
    """A demo of two boards with two readings each."""
    folder = tmp_path_factory.mktemp("demo") / "out"
    ended = run_sealmote(
        "demo", "--boards", 2, "--readings", 2, "--period", 1, "--json", "--out", folder
    )
    assert ended.returncode == 0, ended.stderr
    return Left(json.loads(ended.stdout), folder)
