"""The committed vectors, and the specification's example, are what the tool writes."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def test_vectors_and_example_are_fresh() -> None:
    command = [sys.executable, "tools/vectors.py", "--check"]
    ended = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
