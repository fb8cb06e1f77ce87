"""Which names of a function are its own: all that it binds, unless it says `global`."""

import ast
from collections.abc import Iterator

from sealmote.shrink.strip import arguments

Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ListComp | ast.SetComp
Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
_OWN_SCOPE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


def own_names(node: Function | Comprehension) -> set[str]:
    """Return the names that belong to a function's or a comprehension's scope."""
    if isinstance(node, Comprehension):
        return {name for part in node.generators for name in _stored(part.target)}
    found = {argument.arg for argument in arguments(node.args)}
    if isinstance(node, ast.Lambda):
        return found
    shared: set[str] = set()
    for inner in _within(node.body):
        if isinstance(inner, ast.Global):
            shared.update(inner.names)
        else:
            found.update(bound_by(inner))
    return found - shared


def bound_by(node: ast.AST) -> Iterator[str]:
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


def _within(body: list[ast.stmt]) -> Iterator[ast.AST]:
    """Yield every node of a body but those in a scope of their own."""
    waiting: list[ast.AST] = list(body)
    while waiting:
        node = waiting.pop()
        yield node
        if not isinstance(node, (*_OWN_SCOPE, ast.Lambda, *Comprehension.__args__)):
            waiting.extend(ast.iter_child_nodes(node))


def _stored(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        yield from bound_by(node)
