"""Parses a board's files into syntax trees by module name, and writes them out again."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath

_INIT = "__init__"


@dataclass
class Module:
    """One module: its dotted ``name``, its ``path`` on the board, and its ``tree``."""

    name: str
    path: str
    tree: ast.Module

    @property
    def package(self) -> str:
        """Package that its relative imports begin at."""
        whole = PurePosixPath(self.path).stem == _INIT
        return self.name if whole else self.name.rpartition(".")[0]

    @property
    def native(self) -> bool:
        """Whether it holds code that mpy-cross makes native."""
        return any(
            native_decorator(mark)
            for node in ast.walk(self.tree)
            if isinstance(node, ast.FunctionDef)
            for mark in node.decorator_list
        )


def native_decorator(mark: ast.expr) -> bool:
    """Say whether a decorator is `micropython.viper` or `micropython.native`."""
    return ast.unparse(mark) in ("micropython.viper", "micropython.native")


def parse(files: Mapping[str, bytes]) -> dict[str, Module]:
    """Return the modules of packages among a board's files; programs at its root are none."""
    found = {}
    for path, content in files.items():
        place = PurePosixPath(path)
        if place.suffix == ".py" and place.parent != PurePosixPath("/"):
            parts = place.with_suffix("").parts[1:]
            name = ".".join(parts[:-1] if parts[-1] == _INIT else parts)
            found[name] = Module(name, path, ast.parse(content, path))
    return found


def render(module: Module) -> bytes:
    """Return a module's source, without comments and in lines of any length."""
    return (ast.unparse(ast.fix_missing_locations(module.tree)) + "\n").encode()


@dataclass(frozen=True)
class Imported:
    """What a name stands for that an import binds: ``member`` of a module, "" for the module itself."""

    module: str
    member: str = ""


def bindings(
    node: ast.Import | ast.ImportFrom, package: str, modules: Mapping[str, Module]
) -> Iterator[tuple[str, Imported]]:
    """Yield each name that an import binds, and what it stands for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            yield alias.asname or alias.name.partition(".")[0], Imported(alias.name)
        return
    base = absolute(node, package)
    for alias in node.names:
        whole = f"{base}.{alias.name}"
        found = Imported(whole) if whole in modules else Imported(base, alias.name)
        yield alias.asname or alias.name, found


def absolute(node: ast.ImportFrom, package: str) -> str:
    """Return the module that a `from` import names, dots resolved."""
    if not node.level:
        return node.module or ""
    parts = package.split(".")
    parts = parts[: len(parts) - (node.level - 1)]
    return ".".join(parts + ([node.module] if node.module else []))
