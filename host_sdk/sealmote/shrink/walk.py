"""Going through a definition with an eye on which names are the module's and which a function's own."""

import ast
from abc import ABC, abstractmethod
from collections.abc import Iterator
from typing import Any

from sealmote.shrink import scopes
from sealmote.shrink.errors import ShrinkError
from sealmote.shrink.sources import Imported
from sealmote.shrink.table import Place, Table

Target = Place | Imported
Mention = tuple[Target, str, frozenset[str]]
"""What is named, by which name, and the names of the functions around the place."""


class Walker(ast.NodeTransformer, ABC):
    """Visits statements of one module; `meet` says what becomes of a name that is the module's."""

    def __init__(self, table: Table, module: str) -> None:
        self.table = table
        self.module = module
        self._scopes: list[set[str]] = []

    @abstractmethod
    def meet(self, target: Target, node: ast.Name | ast.Attribute) -> ast.expr:
        """Return what to put in the place of a name that stands for ``target``."""

    @property
    def own(self) -> frozenset[str]:
        """Names of the functions around the present place."""
        return frozenset().union(*self._scopes)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        target = self._global(node)
        return node if target is None else self.meet(target, node)

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        base = self._global(node.value) if isinstance(node.value, ast.Name) else None
        if isinstance(base, Imported) and not base.member and base.module in self.table.modules:
            member = self.table.follow(Imported(base.module, node.attr))
            if isinstance(member, tuple):
                return self.meet(member, node)
            if base.module not in self.table.whole:
                self._refuse(node, base)
        self.generic_visit(node)
        return node

    def _refuse(self, node: ast.Attribute, base: Imported) -> None:
        raise ShrinkError(
            f"{self.module}: {ast.unparse(node)} names nothing that {base.module} defines at its "
            "top level: define it there, or import what it is from"
        )

    def visit_Global(self, node: ast.Global) -> ast.Global:
        for at, name in enumerate(node.names):
            target = self.table.resolve(self.module, name)
            assert target is not None
            node.names[at] = ast.unparse(self.meet(target, ast.Name(name, ast.Store())))
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.FunctionDef:
        self._visit_function(node)
        return node

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AsyncFunctionDef:
        self._visit_function(node)
        return node

    def visit_Lambda(self, node: ast.Lambda) -> ast.Lambda:
        self._visit_function(node)
        return node

    def visit_ListComp(self, node: ast.ListComp) -> ast.expr:
        return self._visit_comprehension(node)

    def visit_SetComp(self, node: ast.SetComp) -> ast.expr:
        return self._visit_comprehension(node)

    def visit_DictComp(self, node: ast.DictComp) -> ast.expr:
        return self._visit_comprehension(node)

    def visit_GeneratorExp(self, node: ast.GeneratorExp) -> ast.expr:
        return self._visit_comprehension(node)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        """Visit a class; names bound in its body are seen in the body, not in its methods."""
        bound = {name for inner in node.body for name in _bound_in_class(inner)}
        node.bases = [self._visited(base) for base in node.bases]
        for at, inner in enumerate(node.body):
            if isinstance(inner, (ast.FunctionDef, ast.AsyncFunctionDef)):
                node.body[at] = self.visit(inner)
            else:
                self._scopes.append(bound)
                node.body[at] = self.visit(inner)
                self._scopes.pop()
        return node

    def _visit_function(self, node: scopes.Function) -> None:
        if not isinstance(node, ast.Lambda):
            node.decorator_list = [self._visited(mark) for mark in node.decorator_list]
        node.args.defaults = [self._visited(value) for value in node.args.defaults]
        node.args.kw_defaults = [value and self._visited(value) for value in node.args.kw_defaults]
        self._scopes.append(scopes.own_names(node))
        if isinstance(node, ast.Lambda):
            node.body = self._visited(node.body)
        else:
            node.body = [made for inner in node.body for made in self._statements(inner)]
        self._scopes.pop()

    def _statements(self, node: ast.stmt) -> list[ast.stmt]:
        made: ast.stmt | list[ast.stmt] = self.visit(node)
        return made if isinstance(made, list) else [made]

    def _visit_comprehension(self, node: scopes.Comprehension) -> ast.expr:
        self._scopes.append(scopes.own_names(node))
        self.generic_visit(node)
        self._scopes.pop()
        return node

    def _visited(self, node: ast.expr) -> ast.expr:
        found: ast.expr = self.visit(node)
        return found

    def _global(self, node: ast.expr) -> Target | None:
        """Return what a name stands for if it is the module's, None if a function's or a builtin."""
        assert isinstance(node, ast.Name)
        if any(node.id in scope for scope in self._scopes):
            return None
        return self.table.resolve(self.module, node.id)


class _Mentions(Walker):
    def __init__(self, table: Table, module: str) -> None:
        super().__init__(table, module)
        self.found: list[Mention] = []

    def meet(self, target: Target, node: ast.Name | ast.Attribute) -> ast.expr:
        name = node.id if isinstance(node, ast.Name) else node.attr
        self.found.append((target, name, self.own))
        return node


def mentions(table: Table, module: str, node: ast.stmt) -> list[Mention]:
    """Return what a definition of a module names."""
    walker = _Mentions(table, module)
    walker.visit(node)
    return walker.found


def attributes(node: ast.AST) -> set[str]:
    """Return the names that stand behind a dot in a piece of code, or in a text given to `getattr`."""
    found = {inner.attr for inner in ast.walk(node) if isinstance(inner, ast.Attribute)}
    for inner in ast.walk(node):
        match inner:
            case ast.Call(func=ast.Name(id="getattr" | "hasattr" | "setattr"), args=[_, name, *_]):
                found.update(
                    str(text.value) for text in ast.walk(name) if isinstance(text, ast.Constant)
                )
    return found


def _bound_in_class(node: ast.stmt) -> Iterator[Any]:
    if not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
        for inner in ast.walk(node):
            yield from scopes.bound_by(inner)
