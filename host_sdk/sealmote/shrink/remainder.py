"""What is left of a module: what the application did not reach, and the public names of what it did."""

import ast
import copy
from collections.abc import Iterator

from sealmote.shrink import scopes
from sealmote.shrink.core import Core, Relinking, literal
from sealmote.shrink.table import CORE, Table
from sealmote.shrink.walk import Target


def remainder(table: Table, core: Core, module: str) -> ast.Module:
    """Return the tree of what is left of a module that was taken apart."""
    contents = table.contents[module]
    rest = _Rest(table, core, module)
    kept: dict[str, ast.stmt] = {}
    for name, statement in contents.definitions.items():
        if (module, name) not in core.names:
            kept[name] = rest.visit(copy.deepcopy(statement))
        elif not name.startswith("_"):
            rest.from_core[name] = core.names[module, name]
    unused = {
        name
        for name in kept
        if name.startswith("_") and (module, name) in table.constants and name not in rest.used
    }
    return ast.Module([*rest.imports(), *(kept[name] for name in kept if name not in unused)], [])


class _Rest(Relinking):
    """Gives a definition what it names of the core.

    ``from_core``: local names, and what they are in the core · ``used``: names of the module's own.
    """

    def __init__(self, table: Table, core: Core, module: str) -> None:
        super().__init__(core, table, module)
        self.from_core: dict[str, str] = {}
        self.used: set[str] = set()
        self._present = {
            name for node in ast.walk(table.modules[module].tree) for name in _mentioned(node)
        }

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
        for statement in self.table.modules[self.module].tree.body:
            if isinstance(statement, (ast.Import, ast.ImportFrom)):
                statement.names = [
                    alias
                    for alias in statement.names
                    if (alias.asname or alias.name.partition(".")[0]) in self.used
                ]
                if statement.names:
                    yield statement


def _mentioned(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.Name):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    yield from scopes.bound_by(node)
