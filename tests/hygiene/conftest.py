"""The wheel that a release would be."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A wheel built from the files that git knows."""
    source = tmp_path_factory.mktemp("source")
    subprocess.run(
        f"git -C {ROOT} ls-files -z | tar -C {ROOT} --null -T - -c | tar -C {source} -x",
        shell=True,
        check=True,
    )
    build = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*build, "--wheel-dir", str(source / "dist"), str(source)], check=True)
    (made,) = (source / "dist").glob("*.whl")
    return made
