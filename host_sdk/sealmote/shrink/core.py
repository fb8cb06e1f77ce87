"""The core: what the application reaches, moved into one module, under names of its own."""

import ast
import builtins
import copy
from collections import Counter
from typing import Final

from sealmote.shrink.errors import ShrinkError
from sealmote.shrink.reach import Reach
from sealmote.shrink.sources import Imported, absolute, bindings
from sealmote.shrink.table import CORE, Place, Table
from sealmote.shrink.walk import Target, Walker

_BUILTINS: Final = frozenset(dir(builtins)) | {"micropython"}


class Core:
    """``names``: what each definition, and each thing from elsewhere, is called in the core."""

    def __init__(self, table: Table, reach: Reach) -> None:
        self._table = table
        self._reach = reach
        self._taken = set(_BUILTINS)
        self.names: dict[Target, str] = {}
        for found, name in sorted(reach.foreign.items(), key=lambda item: item[1]):
            self._check(found)
            self.names[found] = self._free(found, [name, f"{name}_", f"{name}__"])
        named = [place for place in sorted(reach.places) if not self.is_literal(place)]
        count = Counter(name for _, name in named)
        for place in named:
            module, name = place
            stem = module.rpartition(".")[2]
            longer = [f"{stem}_{name.lstrip('_')}", f"_{module.replace('.', '_')}_{name}"]
            self.names[place] = self._free(place, [name, *longer] if count[name] == 1 else longer)

    def is_literal(self, place: Place) -> bool:
        """Say whether a constant is written out where it is named, and has no name in the core."""
        once = place in self._table.constants and self._reach.count[place] == 1
        return once or self._table.is_small(place)

    def tree(self, order: list[str]) -> ast.Module:
        """Return the module; ``order``: of the modules, those that are loaded first before the others."""
        body = [
            _import(found, name)
            for found, name in self.names.items()
            if isinstance(found, Imported)
        ]
        for module in order:
            for name, statement in self._table.contents[module].definitions.items():
                if (module, name) in self.names:
                    body.append(self._moved(module, name, statement))
        return ast.Module(body, [])

    def _moved(self, module: str, name: str, statement: ast.stmt) -> ast.stmt:
        moved: ast.stmt = _Mover(self, self._table, module).visit(copy.deepcopy(statement))
        if isinstance(moved, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            moved.name = self.names[module, name]
        if isinstance(moved, ast.ClassDef):
            moved.body = [inner for inner in moved.body if self._reach.is_live(inner)] or [
                ast.Pass()
            ]
        return moved

    def _free(self, target: Target, wanted: list[str]) -> str:
        for name in wanted:
            if name not in self._taken and name not in self._reach.shadows[target]:
                self._taken.add(name)
                return name
        raise ShrinkError(f"{target}: every name it could have in the core is taken: rename it")

    def _check(self, found: Imported) -> None:
        """Refuse what the core would have to load before it is there itself."""
        if found.module not in self._table.modules:
            return
        loaded = set(self._table.closure([found.module]))
        for module, _ in self._reach.places:
            if module in loaded:
                raise ShrinkError(
                    f"the application loads {found.module} at its start, and that needs {module}, which is "
                    "part of the application: import it inside the function that uses it"
                )


class Relinking(Walker):
    """Goes through code that is to find what has moved into the core."""

    def __init__(self, core: Core, table: Table, module: str) -> None:
        super().__init__(table, module)
        self.core = core

    def visit_ImportFrom(self, node: ast.ImportFrom) -> list[ast.stmt]:
        """Have an import inside a function take from the core what is there: no other module loads."""
        package = self.table.modules[self.module].package
        moved, made, rest = [], [], []
        for alias, (local, found) in zip(
            node.names, bindings(node, package, self.table.modules), strict=True
        ):
            target = self.table.follow(found)
            if isinstance(target, tuple) and self.table.is_small(target):
                made.append(ast.Assign([ast.Name(local, ast.Store())], literal(self.table, target)))
            elif target in self.core.names and isinstance(target, tuple):
                moved.append(_alias(self.core.names[target], local))
            else:
                rest.append(alias)
        imports = [(CORE, moved), (absolute(node, package), rest)]
        return [*(ast.ImportFrom(name, names, 0) for name, names in imports if names), *made]


class _Mover(Relinking):
    """Gives everything that a definition names its name in the core."""

    def meet(self, target: Target, node: ast.Name | ast.Attribute) -> ast.expr:
        if isinstance(target, tuple) and self.core.is_literal(target):
            return literal(self.table, target)
        return ast.Name(self.core.names[target], node.ctx)


def literal(table: Table, place: Place) -> ast.expr:
    """Return a constant as it is written."""
    return ast.parse(repr(table.constants[place]), mode="eval").body


def _import(found: Imported, name: str) -> ast.stmt:
    if found.member:
        return ast.ImportFrom(found.module, [_alias(found.member, name)], 0)
    parent, _, own = found.module.rpartition(".")
    if parent:
        return ast.ImportFrom(parent, [_alias(own, name)], 0)
    return ast.Import([_alias(own, name)])


def _alias(name: str, asname: str) -> ast.alias:
    return ast.alias(name, None if name == asname else asname)
