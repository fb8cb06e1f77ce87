"""Pin every requirement: versions and hashes, for all platforms and Python 3.11 up, without addresses."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SETS = ("build", "peer-pycose", "peer-cwt", "contracts", "stubs")
OPTIONS = (
    "--universal",
    "--python-version=3.11",
    "--generate-hashes",
    "--no-annotate",
    "--no-header",
    "--prerelease=if-necessary-or-explicit",
    "--quiet",
)


def compile_set(target: str, *sources: str) -> None:
    """Write requirements/``target``.txt from the ``sources``. Needs `uv` (pip install uv)."""
    command = [sys.executable, "-m", "uv", "pip", "compile", *OPTIONS, *sources]
    command += ["-o", f"requirements/{target}.txt"]
    subprocess.run(command, cwd=ROOT, check=True)


def main() -> None:
    """Pin the wheel with all extras first; what has fewer of them, and the tests, agree with that."""
    everything = ("--all-extras", "pyproject.toml")
    compile_set("run", *everything)
    compile_set("gateway", "-c", "requirements/run.txt", "--extra", "gateway", "pyproject.toml")
    compile_set("test", "-c", "requirements/run.txt", "requirements/test.in", *everything)
    for name in SETS:
        compile_set(name, f"requirements/{name}.in")


if __name__ == "__main__":
    main()
