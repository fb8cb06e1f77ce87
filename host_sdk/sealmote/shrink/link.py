"""Joins the modules that the application loads at its start into one; the others find them there.

A module costs heap: its dictionary, its names, what it imports. So what `ROOTS` load, but for
imports inside functions, which load later and stay modules of their own, becomes one module, `CORE`. Names
of small integers become the integers. Each module is still there, and gives the public names of what has
moved.

Modules that main.py loads before the application stay whole, for they have to work without it, and so
do those that do more than define: native code, and what looks at the interpreter it runs on.
"""

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from sealmote.shrink.core import Core
from sealmote.shrink.relink import relinked
from sealmote.shrink.sources import Module, bindings
from sealmote.shrink.symbols import CORE, Table

APPLICATION: Final = "mote.app"
ROOTS: Final = ((APPLICATION, "run"), ("mote.device", "Device"))

_CORE_PATH: Final = "/mote/core.py"


def link(modules: dict[str, Module], programs: Iterable[ast.Module]) -> None:
    """Take the modules apart, in place, and put `CORE` beside them; ``programs``: boot.py, main.py.

    Raises ShrinkError for what cannot be taken apart.
    """
    for module in modules.values():
        _hoist(module, modules)
    first = [name for name in _loaded_by(programs, modules) if name != APPLICATION]
    table = Table(modules, first)
    loaded = table.closure([name for name, _ in ROOTS])
    core = Core(table, [name for name in loaded if name not in table.whole])
    trees = {name: relinked(table, core, name) for name in modules if name not in table.whole}
    made = core.tree()
    for name, tree in trees.items():
        modules[name].tree = tree
    modules[CORE] = Module(CORE, _CORE_PATH, made)


def _hoist(module: Module, modules: dict[str, Module]) -> None:
    """Move imports of `ROOTS` inside functions to the top: the core has them from its start."""
    found: list[ast.stmt] = []
    for holder in ast.walk(module.tree):
        body = getattr(holder, "body", None)
        if holder is module.tree or not isinstance(body, list):
            continue
        for statement in list(body):
            if isinstance(statement, ast.ImportFrom) and all(
                (at.module, at.member) in ROOTS
                for _, at in bindings(statement, module.package, modules)
            ):
                body.remove(statement)
                found.append(statement)
    module.tree.body[:0] = found


def _loaded_by(programs: Iterable[ast.Module], modules: dict[str, Module]) -> Iterator[str]:
    for program in programs:
        for node in ast.walk(program):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for _, found in bindings(node, "", modules):
                    if found.module in modules:
                        yield found.module
