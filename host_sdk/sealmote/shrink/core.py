"""Builds the core module: all definitions of the application's modules, under names that differ."""

import ast
import builtins
import copy
from collections import Counter, defaultdict
from typing import Final

from sealmote.shrink.errors import ShrinkError
from sealmote.shrink.sources import Imported, absolute, bindings
from sealmote.shrink.symbols import CORE, Place, Table
from sealmote.shrink.walk import Target, Walker, mentions

_BUILTINS: Final = frozenset(dir(builtins)) | {"micropython"}


class Core:
    """``names``: what each definition, and each thing from elsewhere, is called in the core."""

    def __init__(self, table: Table, merged: list[str]) -> None:
        """Name everything that the modules ``merged`` define: those that are loaded first come first."""
        self._table = table
        self._taken = set(_BUILTINS)
        self._places = [
            (module, name)
            for module in merged
            for name in table.contents[module].definitions
            if not table.is_small((module, name))
        ]
        foreign, self._shadows = self._mentioned()
        self.names: dict[Target, str] = {}
        for found, name in sorted(foreign.items(), key=lambda item: item[1]):
            self._check(found, merged)
            self.names[found] = self._free(found, [name, f"{name}_", f"{name}__"])
        count = Counter(name for _, name in self._places)
        for place in sorted(self._places):
            module, name = place
            stem = module.rpartition(".")[2]
            longer = [f"{stem}_{name.lstrip('_')}", f"_{module.replace('.', '_')}_{name}"]
            self.names[place] = self._free(place, [name, *longer] if count[name] == 1 else longer)

    def tree(self) -> ast.Module:
        """Return the module."""
        body = [
            _import(found, name)
            for found, name in self.names.items()
            if isinstance(found, Imported)
        ]
        return ast.Module(body + [self._moved(place) for place in self._places], [])

    def _mentioned(self) -> tuple[dict[Imported, str], dict[Target, set[str]]]:
        """Return what of elsewhere is named, by its name there; and the local names around all that is."""
        foreign: dict[Imported, str] = {}
        shadows: defaultdict[Target, set[str]] = defaultdict(set)
        for place in self._places:
            for target, name, own in mentions(self._table, place[0], self._table.definition(place)):
                shadows[target] |= own
                if isinstance(target, Imported):
                    foreign[target] = name
        return foreign, shadows

    def _moved(self, place: Place) -> ast.stmt:
        mover = _Mover(self, self._table, place[0])
        moved: ast.stmt = mover.visit(copy.deepcopy(self._table.definition(place)))
        if isinstance(moved, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            moved.name = self.names[place]
        return moved

    def _free(self, target: Target, wanted: list[str]) -> str:
        for name in wanted:
            if name not in self._taken and name not in self._shadows[target]:
                self._taken.add(name)
                return name
        raise ShrinkError(f"{target}: every name it could have in the core is taken: rename it")

    def _check(self, found: Imported, merged: list[str]) -> None:
        """Refuse what the core would have to load before it is there itself."""
        if found.module not in self._table.modules:
            return
        for module in self._table.closure([found.module]):
            if module in merged:
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
        if isinstance(target, tuple) and self.table.is_small(target):
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
