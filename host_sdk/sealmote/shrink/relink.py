"""Rewrites the modules outside the core, so that they take from it what has moved there."""

import ast
import copy
from collections.abc import Iterator

from sealmote.shrink import scopes
from sealmote.shrink.core import Core, Relinking, literal
from sealmote.shrink.sources import Imported, bindings
from sealmote.shrink.symbols import CORE, Table
from sealmote.shrink.walk import Target


def relinked(table: Table, core: Core, module: str) -> ast.Module:
    """Return the tree of a module: of one that has moved, what takes its public names from the core."""
    rest = _Rest(core, table, module)
    kept: dict[str, ast.stmt] = {}
    for name, statement in table.contents[module].definitions.items():
        if (module, name) not in core.names:
            kept[name] = rest.visit(copy.deepcopy(statement))
        elif not name.startswith("_"):
            rest.from_core[name] = core.names[module, name]
    for name in [name for name in kept if name.startswith("_") and name not in rest.used]:
        if (module, name) in table.constants:
            del kept[name]
    return ast.Module([*rest.imports(), *kept.values()], [])


class _Rest(Relinking):
    """Gives a definition what it names of the core.

    ``from_core``: local names, and what they are in the core · ``used``: names of the module's own.
    """

    def __init__(self, core: Core, table: Table, module: str) -> None:
        super().__init__(core, table, module)
        self.from_core: dict[str, str] = {}
        self.used: set[str] = set()
        self._present = scopes.every_name(table.modules[module].tree)

    def meet(self, target: Target, node: ast.Name | ast.Attribute) -> ast.expr:
        if isinstance(target, tuple) and self.table.is_small(target):
            return literal(self.table, target) if isinstance(node.ctx, ast.Load) else node
        name = self.core.names.get(target) if isinstance(target, tuple) else None
        if name is None:
            if isinstance(node.ctx, ast.Load):
                self.used.add(node.id if isinstance(node, ast.Name) else ast.unparse(node.value))
            return node
        if isinstance(node, ast.Name):
            self.from_core[node.id] = name
            return node
        local = name
        while local in self._present:
            local += "_"
        self.from_core[local] = name
        return ast.Name(local, node.ctx)

    def imports(self) -> list[ast.stmt]:
        """Return the module's imports as far as they are still used, and what it takes from the core."""
        found = list(self._original())
        if self.from_core:
            aliases = [
                ast.alias(name, None if name == local else local)
                for local, name in sorted(self.from_core.items())
            ]
            found.append(ast.ImportFrom(CORE, aliases, 0))
        return found

    def _original(self) -> Iterator[ast.stmt]:
        package = self.table.modules[self.module].package
        for statement in self.table.modules[self.module].tree.body:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                bound = list(bindings(statement, package, self.table.modules))
                kept = []
                for alias, (local, found) in zip(statement.names, bound, strict=True):
                    if alias.asname == alias.name:  # the module's own by that (PEP 484)
                        yield from self._public(local, found)
                    elif local in self.used:
                        kept.append(alias)
                if kept:
                    statement.names = kept
                    yield statement

    def _public(self, local: str, found: Imported) -> Iterator[ast.stmt]:
        """Give the module something of another's as its own."""
        target = self.table.follow(found)
        if isinstance(target, tuple) and self.table.is_small(target):
            yield ast.Assign([ast.Name(local, ast.Store())], literal(self.table, target))
        elif isinstance(target, tuple) and target in self.core.names:
            self.from_core[local] = self.core.names[target]
        else:
            yield ast.ImportFrom(found.module, [ast.alias(found.member, local)], 0)
