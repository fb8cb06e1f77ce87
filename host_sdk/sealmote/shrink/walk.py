"""Visitor of a definition's code that resolves each name to the module's symbol, if it is one."""

import ast
from abc import ABC, abstractmethod

from sealmote.shrink import scopes
from sealmote.shrink.errors import ShrinkError
from sealmote.shrink.sources import Imported
from sealmote.shrink.symbols import Place, Table

Target = Place | Imported
Mention = tuple[Target, str, frozenset[str]]
"""What is named, by which name, and the names of the scopes around the place."""


class Walker(ast.NodeTransformer, ABC):
    """Visits statements of one module; `meet` says what becomes of a name that is the module's."""

    def __init__(self, table: Table, module: str) -> None:
        self.table = table
        self.module = module
        self._scopes: list[tuple[scopes.Scope, set[str]]] = []  # innermost last

    @abstractmethod
    def meet(self, target: Target, node: ast.Name | ast.Attribute) -> ast.expr:
        """Return what to put in the place of a name that stands for ``target``."""

    @property
    def own(self) -> frozenset[str]:
        """Names of the scopes around the present place."""
        return frozenset().union(*(names for _, names in self._scopes))

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
                raise self._refusal(
                    f"{ast.unparse(node)} names nothing that {base.module} defines at its top level: "
                    "define it there, or import what it is from"
                )
        self.generic_visit(node)
        return node

    def visit_Global(self, node: ast.Global) -> ast.Global:
        for at, name in enumerate(node.names):
            target = self.table.resolve(self.module, name)
            if target is None:
                raise self._refusal(
                    f"global {name} is not defined at the top level: define it there"
                )
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
        """Visit a class: decorators, bases and keywords stand outside of it.

        Raises ShrinkError where a name is the class's and the module's: which of them it is depends on
        what has run.
        """
        node.decorator_list = [self._visited(mark) for mark in node.decorator_list]
        node.bases = [self._visited(base) for base in node.bases]
        for keyword in node.keywords:
            keyword.value = self._visited(keyword.value)
        names = scopes.own_names(node)
        for inner in node.body:
            for name in names.intersection(_read(inner)):
                if self.table.resolve(self.module, name) is not None:
                    raise self._refusal(
                        f"{name} is the class {node.name}'s and the module's: rename one"
                    )
        self._scopes.append((node, names))
        node.body = [made for inner in node.body for made in self._statements(inner)]
        self._scopes.pop()
        return node

    def _visit_function(self, node: scopes.Function) -> None:
        if not isinstance(node, ast.Lambda):
            node.decorator_list = [self._visited(mark) for mark in node.decorator_list]
        node.args.defaults = [self._visited(value) for value in node.args.defaults]
        node.args.kw_defaults = [value and self._visited(value) for value in node.args.kw_defaults]
        self._scopes.append((node, scopes.own_names(node)))
        if isinstance(node, ast.Lambda):
            node.body = self._visited(node.body)
        else:
            node.body = [made for inner in node.body for made in self._statements(inner)]
        self._scopes.pop()

    def _visit_comprehension(self, node: scopes.Comprehension) -> ast.expr:
        """Visit a comprehension, whose first iterable stands outside of it."""
        first = node.generators[0]
        outside, first.iter = self._visited(first.iter), ast.Constant(None)
        self._scopes.append((node, scopes.own_names(node)))
        self.generic_visit(node)
        self._scopes.pop()
        first.iter = outside
        return node

    def _statements(self, node: ast.stmt) -> list[ast.stmt]:
        made: ast.stmt | list[ast.stmt] = self.visit(node)
        return made if isinstance(made, list) else [made]

    def _visited(self, node: ast.expr) -> ast.expr:
        found: ast.expr = self.visit(node)
        return found

    def _global(self, node: ast.expr) -> Target | None:
        """Return what a name stands for if it is the module's, None if a scope's or a builtin.

        A class's names are seen in its body alone, not in its methods.
        """
        assert isinstance(node, ast.Name)
        for scope, names in self._scopes[:-1]:
            if node.id in names and not isinstance(scope, ast.ClassDef):
                return None
        if self._scopes and node.id in self._scopes[-1][1]:
            return None
        return self.table.resolve(self.module, node.id)

    def _refusal(self, why: str) -> ShrinkError:
        return ShrinkError(f"{self.module}: {why}")


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


def _read(statement: ast.stmt) -> set[str]:
    """Return the names that a statement of a class's body reads there, outside its methods' bodies."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
        parts: list[ast.AST] = [
            *statement.decorator_list,
            *statement.args.defaults,
            *filter(None, statement.args.kw_defaults),
        ]
    else:
        parts = [statement]
    return {
        node.id
        for part in parts
        for node in ast.walk(part)
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)
    }
