"""All that the running application reaches, in one module; every other module keeps what is left.

A module costs heap: its dictionary, its names, what it imports. Here the definitions that
`ROOTS` reach, but for imports inside functions, which load later and stay modules of their own, become
one module, `CORE`. Names of small integers become the integers. Functions, classes and methods that
nothing names are left out of it. Every module of before is still there: it has what was not
reached, and the public names of what was, taken from `CORE`.

Modules that main.py loads before the application stay whole, for they have to work without it, and so
do those that do more than define: native code, and what looks at the interpreter it runs on.
"""

import ast
from collections.abc import Iterable, Iterator
from typing import Final

from sealmote.shrink.core import Core
from sealmote.shrink.reach import Reach
from sealmote.shrink.remainder import remainder
from sealmote.shrink.sources import Module, bindings
from sealmote.shrink.table import CORE, Table

APPLICATION: Final = "mote.app"
ROOTS: Final = ((APPLICATION, "run"), ("mote.device", "Device"))

_CORE_PATH: Final = "/mote/core.py"


def link(modules: dict[str, Module], programs: Iterable[ast.Module]) -> None:
    """Take the modules apart, in place, and put `CORE` beside them; ``programs``: boot.py, main.py.

    Raises ShrinkError for what cannot be taken apart.
    """
    programs = list(programs)
    for module in modules.values():
        _hoist(module, modules)
    first = [name for name in _loaded_by(programs, modules) if name != APPLICATION]
    table = Table(modules, first)
    core = Core(table, _reach(table, programs))
    order = table.closure([name for name, _ in ROOTS])
    trees = {name: remainder(table, core, name) for name in modules if name not in table.whole}
    made = core.tree(order)
    for name, tree in trees.items():
        modules[name].tree = tree
    modules[CORE] = Module(CORE, _CORE_PATH, made)


def _reach(table: Table, programs: list[ast.Module]) -> Reach:
    """Return what the application reaches; methods that any other code names are kept."""
    first = Reach(table, ROOTS, [])
    others = [
        made
        for name, contents in table.contents.items()
        for place, made in contents.definitions.items()
        if (name, place) not in first.places
    ]
    whole = [table.modules[name].tree for name in table.whole]
    return Reach(table, ROOTS, [*programs, *whole, *others])


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


def _loaded_by(programs: list[ast.Module], modules: dict[str, Module]) -> Iterator[str]:
    for program in programs:
        for node in ast.walk(program):
            if isinstance(node, (ast.Import, ast.ImportFrom)):
                for _, found in bindings(node, "", modules):
                    if found.module in modules:
                        yield found.module
