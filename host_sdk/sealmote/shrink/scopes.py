"""Scope analysis: the names that a function, a comprehension or a class binds for itself."""

import ast
from collections.abc import Iterator
from typing import get_args

from sealmote.shrink.strip import arguments

Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
Scope = Function | Comprehension | ast.ClassDef

_COMPREHENSIONS = get_args(Comprehension)
_OTHERS = (*get_args(Function), ast.ClassDef)


def own_names(node: Scope) -> set[str]:
    """Return the names that a scope has for itself."""
    if isinstance(node, Comprehension):
        return {
            name
            for part in node.generators
            for inner in ast.walk(part.target)
            for name in _bound_by(inner)
        }
    found: set[str] = set()
    if not isinstance(node, ast.ClassDef):
        found.update(argument.arg for argument in arguments(node.args))
    shared: set[str] = set()
    for inner in _within(node.body if isinstance(node.body, list) else [node.body]):
        if isinstance(inner, ast.Global):
            shared.update(inner.names)
        else:
            found.update(_bound_by(inner))
    return found - shared


def every_name(module: ast.Module) -> set[str]:
    """Return all names that stand anywhere in a module, attributes left out."""
    found: set[str] = set()
    for node in ast.walk(module):
        found.update(_bound_by(node))
        match node:
            case ast.Name(id=name) | ast.arg(arg=name):
                found.add(name)
    return found


def _bound_by(node: ast.AST) -> Iterator[str]:
    """Yield the names that one node binds where it stands."""
    match node:
        case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
            yield name
        case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
            yield name
        case ast.ExceptHandler(name=str(name)):
            yield name
        case ast.Import(names=aliases) | ast.ImportFrom(names=aliases):
            for alias in aliases:
                yield alias.asname or alias.name.partition(".")[0]


def _within(body: list[ast.stmt] | list[ast.expr]) -> Iterator[ast.AST]:
    """Yield every node of a body that binds names there: none inside a scope of its own.

    Of a comprehension that is what `:=` binds.
    """
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, _COMPREHENSIONS):
            waiting.extend(
                inner.target for inner in ast.walk(node) if isinstance(inner, ast.NamedExpr)
            )
            continue
        yield node
        if not isinstance(node, _OTHERS):
            waiting.extend(ast.iter_child_nodes(node))
