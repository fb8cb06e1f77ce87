"""Modules and files that are named where no type checker looks (scripts in strings, prose) exist."""

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {
    "mote": ROOT / "firmware",
    "sealwire": ROOT / "firmware",
    "sealmote": ROOT / "host_sdk",
    "_sim": ROOT / "host_sdk/sealmote/sim/device",
}
IMPORT = re.compile(rf"(?:from|import) ((?:{'|'.join(SOURCES)})(?:\.\w+)*)(?: import (\w+))?")
PATH = re.compile(r"(?<![\w/.])((?:firmware|host_sdk|tools|tests|docs)/[\w/.-]+\.(?:py|md))")
MADE = {
    "mote.loader",  # of an image, by sealmote.sim.storage.firmware
    "mote.port",  # of firmware that a test makes up
}


def texts() -> dict[str, str]:
    """Every text that names modules or files, by its path; what was true once stays in the changelog."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.md", "*.toml", "*.ini", "Makefile"],
        cwd=ROOT, check=True, capture_output=True, text=True,
    ).stdout.split()  # fmt: skip
    return {name: (ROOT / name).read_text("utf-8") for name in listed if name != "CHANGELOG.md"}


def is_module(name: str) -> bool:
    top, *rest = name.split(".")
    path = SOURCES[top].joinpath(top, *rest)
    return path.is_dir() or path.with_suffix(".py").exists()


def is_there(module: str, name: str) -> bool:
    """Say whether a package has a module or something else of that name; modules mypy reads."""
    folder = SOURCES[module.split(".", maxsplit=1)[0]].joinpath(*module.split("."))
    if not folder.is_dir() or is_module(f"{module}.{name}"):
        return True
    return bool(re.search(rf"\b{name}\b", (folder / "__init__.py").read_text("utf-8")))


def test_what_is_imported_exists() -> None:
    wrong = [
        f"{path}: {found[0]}"
        for path, text in texts().items()
        for found in IMPORT.finditer(text)
        if found[1] not in MADE
        and not (is_module(found[1]) and (not found[2] or is_there(found[1], found[2])))
    ]
    assert not wrong


def test_what_is_named_by_its_path_exists() -> None:
    wrong = [
        f"{path}: {found[1]}"
        for path, text in texts().items()
        for found in PATH.finditer(text)
        if "NAME" not in found[1] and not (ROOT / found[1]).exists()
    ]
    assert not wrong
