"""Removes what only people and checkers read: docstrings, annotations, assertions, `__all__`.

mpy-cross leaves most of it out as well, but what is gone here is not followed by what comes after.
"""

import ast

from sealmote.shrink.sources import Module, native_decorator

_COMPAT = "sealwire._compat"
_FOLDED = ("TYPE_CHECKING", "const")


def strip(module: Module) -> None:
    """Take it out, in place."""
    if module.name != _COMPAT:  # where both names are made
        _Strip(keep_const=module.native).visit(module.tree)


class _Strip(ast.NodeTransformer):
    def __init__(self, *, keep_const: bool) -> None:
        self._folded = _FOLDED[:1] if keep_const else _FOLDED  # viper's constants need the mark

    def visit_Module(self, node: ast.Module) -> ast.Module:
        node.body = _without_docstring(node.body)
        self.generic_visit(node)
        node.body = [
            single
            for statement in node.body
            if not says_public(statement)
            for single in _split(statement)
        ]
        return node

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.ClassDef:
        node.body = _without_docstring(node.body)
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.stmt:
        if any(map(native_decorator, node.decorator_list)):
            return node  # there an annotation is the code's type
        return self._function(node)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.stmt:
        return self._function(node)

    def _function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> ast.stmt:
        node.body = _without_docstring(node.body)
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        node.returns = None
        for argument in arguments(node.args):
            argument.annotation = None
        return node

    def visit_AnnAssign(self, node: ast.AnnAssign) -> ast.Assign | None:
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else None

    def visit_If(self, node: ast.If) -> ast.If | None:
        if isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING":
            return None
        self.generic_visit(node)
        return node

    def visit_Assert(self, _: ast.Assert) -> ast.Pass:
        return ast.Pass()

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        folded = isinstance(node.func, ast.Name) and node.func.id == "const"
        return node.args[0] if folded and "const" in self._folded else node

    def visit_ImportFrom(self, node: ast.ImportFrom) -> ast.ImportFrom | None:
        if (node.module or "").endswith("_compat"):
            node.names = [alias for alias in node.names if alias.name not in self._folded]
        return node if node.names else None


def says_public(statement: ast.stmt) -> bool:
    """Say whether a statement is a module's `__all__`."""
    match statement:
        case ast.Assign(targets=[ast.Name(id="__all__")]):
            return True
    return False


def arguments(node: ast.arguments) -> list[ast.arg]:
    """Return every argument of a function."""
    stars = [argument for argument in (node.vararg, node.kwarg) if argument]
    return [*node.posonlyargs, *node.args, *stars, *node.kwonlyargs]


def _without_docstring(body: list[ast.stmt]) -> list[ast.stmt]:
    match body:
        case [ast.Expr(ast.Constant(str())), *rest]:
            return rest
    return body


def _split(statement: ast.stmt) -> list[ast.stmt]:
    """Return `a, b = 1, 2` as two assignments; none of the values may name anything."""
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            if not any(isinstance(node, ast.Name) for value in values for node in ast.walk(value)):
                pairs = zip(targets, values, strict=True)
                return [ast.Assign([target], value) for target, value in pairs]
    return [statement]
