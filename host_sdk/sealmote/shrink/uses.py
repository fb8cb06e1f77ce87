"""Every place of a module where a name stands, and what kind of name it is there."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import Enum, auto

from sealmote.shrink.scopes import Comprehension, Function, bound_by, own_names
from sealmote.shrink.strip import arguments

Scope = Function | Comprehension | ast.ClassDef
"""What has names of its own."""


class Kind(Enum):
    """What MicroPython looks a name up in, or what becomes of it."""

    MODULE = auto()  # the module's dictionary, then the builtins
    CLASS = auto()  # a class's body, where methods and what all instances share are bound
    ATTRIBUTE = auto()  # any object's attributes
    LOCAL = auto()  # a slot of a function
    ARGUMENT = auto()  # the same, and callers may name it
    KEYWORD = auto()  # a call that does name it
    MEMBER = auto()  # what is imported from a module


@dataclass(eq=False)
class Use:
    """One name in one place: `name` reads and writes what the syntax tree has there.

    ``binds``: it is given a value there, for an attribute by an object's own class ·
    ``function``: what is bound is a function or a class · ``owner``: the scope that a local name or an
    argument belongs to · ``within``: the scopes around the place, outermost first · ``source``: the
    module that a member is imported from ("" if dots say it), the last name of what a call calls.
    """

    kind: Kind
    node: ast.AST
    field: str
    within: tuple[Scope, ...]
    place: int | None = None
    binds: bool = False
    function: bool = False
    owner: Scope | None = None
    source: str = ""

    @property
    def in_class_body(self) -> bool:
        """Whether it stands in a class, and in none of its functions."""
        return bool(self.within) and isinstance(self.within[-1], ast.ClassDef)

    @property
    def name(self) -> str:
        """The name as it is now."""
        found = getattr(self.node, self.field)
        return str(found if self.place is None else found[self.place])

    @name.setter
    def name(self, new: str) -> None:
        if self.place is None:
            setattr(self.node, self.field, new)
        else:
            getattr(self.node, self.field)[self.place] = new


def uses(module: ast.Module) -> list[Use]:
    """Return every use of a name in a module; names of modules themselves are left out."""
    finder = _Finder()
    finder.visit(module)
    return finder.found


class _Finder(ast.NodeVisitor):
    def __init__(self) -> None:
        self.found: list[Use] = []
        self._within: tuple[Scope, ...] = ()
        self._own: dict[Scope, set[str]] = {}

    def visit_Name(self, node: ast.Name) -> None:
        self._bare(node, "id", binds=not isinstance(node.ctx, ast.Load))

    def visit_Global(self, node: ast.Global) -> None:
        for place in range(len(node.names)):
            self.found.append(Use(Kind.MODULE, node, "names", self._within, place, binds=True))

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        if node.name:
            self._bare(node, "name", binds=True)
        self.generic_visit(node)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        self._add(Kind.ATTRIBUTE, node, "attr", binds=self._is_own(node))
        self.generic_visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        for keyword in node.keywords:
            if keyword.arg:
                self._add(Kind.KEYWORD, keyword, "arg", source=name)
        self.generic_visit(node)

    def visit_ImportFrom(self, node: ast.ImportFrom) -> None:
        for alias in node.names:
            alias.asname = (
                alias.asname or alias.name
            )  # until `tidy`: what is bound has its own name
            self._add(Kind.MEMBER, alias, "name", source="" if node.level else node.module or "")
            self._bare(alias, "asname", binds=True)

    def visit_Import(self, node: ast.Import) -> None:
        for alias in node.names:
            if alias.asname:
                self._bare(alias, "asname", binds=True)

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self._bare(node, "name", binds=True, function=True)
        self._visit_all([*node.decorator_list, *node.bases, *node.keywords])
        bound = {name for statement in node.body for name in _bound_in_class(statement)}
        self._enter(node, bound, node.body)

    def visit_FunctionDef(self, node: ast.FunctionDef) -> None:
        self._bare(node, "name", binds=True, function=True)
        self._visit_all(node.decorator_list)
        self._function(node, node.body)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self._bare(node, "name", binds=True, function=True)
        self._visit_all(node.decorator_list)
        self._function(node, node.body)

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self._function(node, [node.body])

    def visit(self, node: ast.AST) -> None:
        if not isinstance(node, Comprehension):
            super().visit(node)
            return
        first = node.generators[0]
        self.visit(first.iter)  # in the scope around it
        others = [part for part in ast.iter_child_nodes(node) if part is not first]
        self._enter(node, own_names(node), [first.target, *first.ifs, *others])

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self._own[self._within[-1]] -= set(node.names)  # it comes before they are used
        for place in range(len(node.names)):
            self._bare(node, "names", place, binds=True)

    def _function(self, node: Function, body: Iterable[ast.AST]) -> None:
        given = arguments(node.args)
        self._visit_all([*node.args.defaults, *filter(None, node.args.kw_defaults)])
        self._visit_all(argument.annotation for argument in given if argument.annotation)
        within = (*self._within, node)
        for argument in given:
            self.found.append(Use(Kind.ARGUMENT, argument, "arg", within, binds=True, owner=node))
        self._enter(node, own_names(node), body)

    def _enter(self, node: Scope, own: set[str], inner: Iterable[ast.AST]) -> None:
        self._own[node] = own
        outer, self._within = self._within, (*self._within, node)
        self._visit_all(inner)
        self._within = outer

    def _visit_all(self, nodes: Iterable[ast.AST]) -> None:
        for node in nodes:
            self.visit(node)

    def _bare(
        self,
        node: ast.AST,
        field: str,
        place: int | None = None,
        *,
        binds: bool,
        function: bool = False,
    ) -> None:
        use = Use(Kind.MODULE, node, field, self._within, place, binds, function)
        for scope in reversed(self._within):
            if use.name in self._own[scope]:
                if not isinstance(scope, ast.ClassDef):
                    use.kind, use.owner, use.function = Kind.LOCAL, scope, False
                    break
                if scope is self._within[-1]:
                    use.kind = Kind.CLASS
                    break
        self.found.append(use)

    def _add(
        self, kind: Kind, node: ast.AST, field: str, *, binds: bool = False, source: str = ""
    ) -> None:
        self.found.append(Use(kind, node, field, self._within, binds=binds, source=source))

    def _is_own(self, node: ast.Attribute) -> bool:
        """Say whether a method gives its own object an attribute."""
        match self._within, node:
            case (
                [
                    *_,
                    ast.ClassDef(),
                    ast.FunctionDef(args=given) | ast.AsyncFunctionDef(args=given),
                ],
                ast.Attribute(value=ast.Name(id=name), ctx=ast.Store()),
            ):
                return bool(given.args) and given.args[0].arg == name
        return False


def tidy(module: ast.Module) -> None:
    """Leave out `as` where an import binds a name as it is."""
    for node in ast.walk(module):
        if isinstance(node, ast.alias) and node.asname == node.name:
            node.asname = None


def _bound_in_class(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        yield statement.name
    else:
        for node in ast.walk(statement):
            yield from bound_by(node)
