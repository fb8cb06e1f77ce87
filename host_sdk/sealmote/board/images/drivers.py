"""Reads drivers of one's own from a folder, and checks what they import of the firmware."""

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from sealmote import shrink
from sealmote.board.errors import ImageError

_NAME: Final = re.compile(r"[a-z_][a-z0-9_]*\.py")
_GUIDE: Final = "docs/guides/sensors.md"


def read(folder: Path, firmware: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return a folder's .py files by their paths on a board, /lib/NAME.py.

    ``firmware``: the board's files by path, which say what a driver may import. Raises ImageError, with
    the place, for what a board could not load, or what only this release's firmware would have.
    """
    found = {}
    modules, public = _modules(firmware), shrink.public_names(firmware)
    own = {path.split("/")[1] for path in firmware if path.count("/") > 1}
    needed = _needed(firmware)
    for file in _files(folder):
        if not _NAME.fullmatch(file.name):
            raise ImageError(f"{file}: no configuration can name it: take a-z, 0-9 and _")
        if any(f"{place}/{file.stem}" in modules for place in ("", "/mote/sensors")):
            raise ImageError(f"{file}: the firmware has a {file.stem} of its own: rename it")
        if file.stem in needed:  # /lib comes before what MicroPython has built in
            raise ImageError(
                f"{file}: the firmware would load it in the place of MicroPython's {file.stem}: rename it"
            )
        content = file.read_bytes()
        try:
            tree = ast.parse(content, str(file))
        except (SyntaxError, ValueError) as error:
            raise ImageError(f"{file} is no Python ({error}): fix it first") from error
        _check_imports(file, tree, own, public)
        found[f"/lib/{file.name}"] = content
    return found


def _files(folder: Path) -> list[Path]:
    found = sorted(folder.glob("*.py"))
    if not found:
        raise ImageError(f"no drivers in {folder}: name a folder with .py files")
    return found


def _modules(firmware: Mapping[str, bytes]) -> set[str]:
    """Return the firmware's modules and packages, by path without suffix."""
    files = {path.removesuffix(".py") for path in firmware}
    return files | {path.removesuffix("/__init__") for path in files}


def _needed(firmware: Mapping[str, bytes]) -> set[str]:
    """Return the modules that the firmware imports, without their packages' inner ones."""
    trees = (ast.parse(source) for path, source in firmware.items() if path.endswith(".py"))
    return {module.partition(".")[0] for tree in trees for _, module, _ in _imported(tree)}


def _check_imports(
    file: Path, tree: ast.Module, own: set[str], public: Mapping[str, list[str]]
) -> None:
    """Refuse an import of what is the firmware's and not public: the next release may not have it."""
    for line, module, name in _imported(tree):
        if module.startswith("."):
            raise ImageError(f"{file}, line {line}: a driver is in no package: import without dots")
        if module.partition(".")[0] not in own or f"{module}.{name}" in public:
            continue
        if name not in public.get(module, []) and not (name == "" and module in public):
            told = ", ".join(f"{place}.{one}" for place, names in public.items() for one in names)
            raise ImageError(
                f"{file}, line {line}: {module}{'.' if name else ''}{name} is not for drivers, who may "
                f"import {told} ({_GUIDE})"
            )


def _imported(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Yield line, module and name of each import, "" for a module as a whole."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name, "") for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            module = "." * node.level + (node.module or "")
            yield from ((node.lineno, module, alias.name) for alias in node.names)
