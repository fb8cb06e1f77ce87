"""A board's keys give the same bytes and verdicts once a native engine computes for them."""

import os
import subprocess
from pathlib import Path

HERE = Path(__file__).parent


def test_keys_with_an_engine_are_the_same_keys(micropython: list[str]) -> None:
    done = subprocess.run(
        [*micropython, str(HERE / "support" / "keys_script.py")],
        env={**os.environ, "MICROPYPATH": str(HERE.parents[1] / "firmware")},
        capture_output=True,
        check=False,
        text=True,
    )
    assert (done.returncode, done.stdout) == (0, "done\n"), done.stderr
