"""The committed artifacts are what the sources compile to."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from needs import lacking

ROOT = Path(__file__).resolve().parents[2]
TOOL = ROOT / "tools/build_contracts.py"


@pytest.fixture(scope="module")
def vyper() -> Path:
    named = os.environ.get("SEALMOTE_VYPER")
    path = Path(named) if named else ROOT / ".venv/contracts/bin/vyper"
    if not path.exists():
        lacking("Vyper", "`make test` installs it; or name it in SEALMOTE_VYPER")
    return path


def run(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    tool = root / TOOL.relative_to(ROOT)
    command = [sys.executable, str(tool), *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_the_artifacts_are_up_to_date_and_a_change_is_noticed(vyper: Path, tmp_path: Path) -> None:
    """Built in another folder, because what comes out must not depend on the folder."""
    chain = Path("host_sdk/sealmote/chain/evm/contracts")
    for folder in ("sources", "artifacts"):
        shutil.copytree(ROOT / chain / folder, tmp_path / chain / folder)
    (tmp_path / "tools").mkdir()
    shutil.copy(TOOL, tmp_path / "tools")
    fresh = run(tmp_path, "--check", "--vyper", str(vyper))
    assert fresh.returncode == 0, fresh.stdout + fresh.stderr
    source = tmp_path / chain / "sources/merkle.vy"
    source.write_text(source.read_text().replace('x"01"', 'x"02"'))
    stale = run(tmp_path, "--check", "--vyper", str(vyper))
    assert (stale.returncode, "stale: log_anchor.json" in stale.stdout) == (1, True)


def test_a_missing_compiler_is_named(tmp_path: Path) -> None:
    ended = run(ROOT, "--check", "--vyper", str(tmp_path / "none"))
    assert ended.returncode == 2
    assert "run `make contracts`" in ended.stdout
