"""The import arrows of ARCHITECTURE.md hold: who may know whom."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
FIRMWARE = ROOT / "firmware"
HOST = ROOT / "host_sdk"

# Each part of the host knows its set, those that everybody may know, and sealwire.
EVERYBODYS = {"common", "crypto", "errors", "extras", "plugins"}
HOST_ARROWS = {
    "cli": {
        "client",
        "demo",
        "doctor",
        "inspection",
        "board",
        "gateway",
        "provisioning",
        "sim",
        "proof",
    }
    | {"api", "chain", "log", "models", "flash_layout"},
    "demo": {"api", "client", "board", "gateway", "sim", "proof", "chain"},
    "doctor": {"sim", "board"},
    "provisioning": {"client", "board", "gateway", "proof", "chain", "log"},
    "inspection": {"log"},
    "gateway": {"api", "models", "chain", "log"},
    "client": {"api", "log", "models", "proof"},
    "proof": {"chain", "log"},
    "board": {"flash_layout", "shrink"},
    "sim": {"board", "flash_layout", "shrink"},
    "api": {"models"},
    "models": set(),
    "shrink": set(),
    "chain": set(),
    "log": set(),
    "crypto": set(),
    "common": set(),
    "flash_layout": set(),
    "extras": set(),
    "plugins": set(),
    "errors": set(),
}


def imported(path: Path, package: str) -> Iterator[str]:
    """Yield the absolute module names that a file imports, nested imports too."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")
            base = base[: len(base) - (node.level - 1)] if node.level else []
            stem = ".".join(base + ([node.module] if node.module else []))
            yield stem
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def modules(folder: Path) -> list[Path]:
    return sorted(p for p in folder.rglob("*.py") if "device" not in p.parts)


def package_of(path: Path, root: Path) -> str:
    return ".".join(path.relative_to(root).parent.parts)


@pytest.mark.parametrize("path", modules(FIRMWARE / "sealwire"), ids=lambda p: p.stem)
def test_sealwire_imports_nothing_but_builtins_and_itself(path: Path) -> None:
    allowed = {"sealwire", "hashlib", "struct", "micropython", "collections", "typing"}
    for name in imported(path, package_of(path, FIRMWARE)):
        assert name.split(".")[0] in allowed, f"{path.name} imports {name}"


@pytest.mark.parametrize("path", modules(HOST / "sealmote"), ids=lambda p: str(p.relative_to(HOST)))
def test_the_host_imports_only_along_its_arrows(path: Path) -> None:
    parts = path.relative_to(HOST / "sealmote").parts
    own = parts[0].removesuffix(".py")
    for name in imported(path, package_of(path, HOST)):
        head, *rest = name.split(".")
        assert head != "mote", f"{path} imports the firmware, which runs on the board only"
        if head != "sealmote" or not rest or own == "__init__":
            continue
        if rest[0] in HOST_ARROWS and rest[0] != own:
            assert rest[0] in HOST_ARROWS[own] | EVERYBODYS, f"{path} may not import {name}"


@pytest.mark.parametrize(
    "path", modules(HOST / "sealmote" / "gateway"), ids=lambda p: str(p.relative_to(HOST))
)
def test_only_the_gateways_store_knows_its_database(path: Path) -> None:
    if "store" in path.parts:
        return
    for name in imported(path, package_of(path, HOST)):
        assert name.split(".")[0] != "sqlite3", f"{path} is to ask sealmote.gateway.store"


def test_every_part_of_the_host_has_its_arrows() -> None:
    found = {
        p.stem
        for p in (HOST / "sealmote").iterdir()
        if p.name != "__init__.py" and p.suffix in ("", ".py")
    }
    assert found - {"__pycache__", "py"} == set(HOST_ARROWS)


@pytest.mark.parametrize(
    "path", modules(FIRMWARE / "mote"), ids=lambda p: str(p.relative_to(FIRMWARE))
)
def test_the_firmware_never_imports_the_host(path: Path) -> None:
    for name in imported(path, package_of(path, FIRMWARE)):
        assert name.split(".")[0] != "sealmote"
