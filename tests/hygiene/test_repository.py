"""What is committed speaks of the project alone, and stays small."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LARGEST = 400_000  # bytes of one file; pinned hashes are the largest that we write

MACHINE_PATH = re.compile(r"/(?:work|farm|root)/|/home/[a-z]+/|/Users/[a-z]+/")
REGISTRY = re.compile(r"https?://[^\s\"')]*(?:pypi|pythonhosted|npmjs|simple/)[^\s\"')]*")
UNFINISHED = re.compile(
    r"\b(?:TODO|FIXME|XXX)\b|NotImplementedError|except:\s*$|except Exception:\s*pass"
)


def committed() -> list[Path]:
    listing = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout
    return [ROOT / name for name in listing.split("\0") if name and (ROOT / name).is_file()]


def texts() -> list[tuple[Path, str]]:
    found = []
    for path in committed():
        if path == Path(__file__).resolve():
            continue
        try:
            found.append((path, path.read_text(encoding="utf-8")))
        except UnicodeDecodeError:
            continue
    return found


@pytest.mark.parametrize(
    "pattern", [MACHINE_PATH, REGISTRY, UNFINISHED], ids=["paths", "registries", "unfinished"]
)
def test_no_file_holds(pattern: re.Pattern[str]) -> None:
    hits = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path, text in texts()
        for match in [pattern.search(text)]
        if match
    ]
    assert not hits


def test_no_file_is_large() -> None:
    large = [str(p.relative_to(ROOT)) for p in committed() if p.stat().st_size > LARGEST]
    assert not large


def test_modules_stay_small() -> None:
    long_ones = {
        str(path.relative_to(ROOT)): text.count("\n")
        for path, text in texts()
        if path.suffix == ".py" and text.count("\n") > 450
    }
    assert not long_ones


def test_the_readme_names_only_commands_that_exist() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z]+):", makefile, re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)\b", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert {"demo", "test"} <= named <= targets
