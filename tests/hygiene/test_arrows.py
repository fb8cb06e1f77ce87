"""The import arrows of ARCHITECTURE.md hold: who may know whom, and nobody in a circle."""

import ast
import graphlib
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
    "client": {"api", "chain", "log", "models", "proof"},
    "proof": {"chain", "log", "models"},
    "board": {"flash_layout", "shrink", "trial_record"},
    "sim": {"board", "flash_layout", "shrink", "trial_record"},
    "api": {"chain", "models"},
    "models": set(),
    "shrink": set(),
    "chain": {"models"},
    "log": set(),
    "crypto": set(),
    "common": set(),
    "flash_layout": set(),
    "trial_record": {"flash_layout"},
    "extras": set(),
    "plugins": set(),
    "errors": set(),
}

# Each room of the firmware's application knows its set, the modules on its top floor, and sealwire.
# The top floor's own: app and device put the rooms together, so they know them all.
FIRMWARE_ARROWS = {
    "": {
        "attestation",
        "configuration",
        "hardware",
        "network",
        "power",
        "sensors",
        "setup",
        "storage",
        "uplink",
    },
    "attestation": {"configuration", "power", "storage"},
    "configuration": {"hardware", "uplink"},
    "hardware": set(),
    "network": set(),
    "power": {"network"},
    "sensors": {"hardware"},
    "setup": {"attestation", "configuration", "hardware", "network", "power", "storage"},
    "storage": set(),
    "uplink": {"network"},
}


def imported(path: Path, package: str, for_types: bool = True) -> Iterator[str]:
    """Yield the absolute module names that a file imports, nested imports too.

    Without ``for_types`` those under `if TYPE_CHECKING` are left out: they never run.
    """
    for node in _statements(ast.parse(path.read_text(encoding="utf-8")), for_types):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package.split(".")
            base = base[: len(base) - (node.level - 1)] if node.level else []
            stem = ".".join(base + ([node.module] if node.module else []))
            yield stem
            yield from (f"{stem}.{alias.name}" for alias in node.names)


def _statements(node: ast.AST, for_types: bool) -> Iterator[ast.AST]:
    for inner in ast.iter_child_nodes(node):
        if for_types or not (
            isinstance(inner, ast.If) and ast.unparse(inner.test).endswith("TYPE_CHECKING")
        ):
            yield inner
            yield from _statements(inner, for_types)


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


# Who may name a kind of chain: its own folders, commands and demo that are about an EVM chain, a format of
# before there were kinds, an answer of that time. All others know a chain by sealmote.chain.protocols.
EVM = {
    "chain/evm",
    "chain/embedded",
    "cli/chain.py",
    "cli/common/chain_options.py",
    "demo/environment.py",
    "proof/proof_file.py",
    "gateway/reports/anchor_answers.py",
}


@pytest.mark.parametrize("path", modules(HOST / "sealmote"), ids=lambda p: str(p.relative_to(HOST)))
def test_a_chain_is_known_by_its_protocols(path: Path) -> None:
    where = path.relative_to(HOST / "sealmote").as_posix()
    if where.startswith(tuple(EVM)):
        return
    for name in imported(path, package_of(path, HOST)):
        assert not name.startswith(("sealmote.chain.evm", "sealmote.chain.embedded")), (
            f"{path} is to ask sealmote.chain.registry"
        )


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


WITHOUT_CIRCLES = [("mote", FIRMWARE), ("sealwire", FIRMWARE), ("sealmote", HOST)]


@pytest.mark.parametrize(("package", "root"), WITHOUT_CIRCLES)
def test_no_module_imports_itself_through_others(package: str, root: Path) -> None:
    """Not even where an import inside a function hides it."""
    named = {_name(path, root): path for path in modules(root / package)}
    graph = {
        name: {
            other
            for other in imported(path, package_of(path, root), for_types=False)
            if other in named and other != name and not name.startswith(other + ".")
        }
        for name, path in named.items()
    }
    graphlib.TopologicalSorter(graph).prepare()  # CycleError has the circle


def _name(path: Path, root: Path) -> str:
    parts = path.relative_to(root).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


@pytest.mark.parametrize(
    "path", modules(FIRMWARE / "mote"), ids=lambda p: str(p.relative_to(FIRMWARE / "mote"))
)
def test_rooms_of_the_firmware_import_only_along_their_arrows(path: Path) -> None:
    parts = path.relative_to(FIRMWARE / "mote").parts
    own = parts[0] if len(parts) > 1 else ""
    for name in imported(path, package_of(path, FIRMWARE), for_types=False):
        head, *rest = name.split(".")
        if head == "mote" and rest and rest[0] in FIRMWARE_ARROWS and rest[0] != own:
            assert rest[0] in FIRMWARE_ARROWS[own], f"{path} may not import {name}"


def test_every_room_of_the_firmware_has_its_arrows() -> None:
    found = {path.parent.name for path in (FIRMWARE / "mote").glob("*/__init__.py")}
    assert found == set(FIRMWARE_ARROWS) - {""}
