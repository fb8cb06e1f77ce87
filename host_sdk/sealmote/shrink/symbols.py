"""Symbol table of the firmware: the definitions of each module, and what its imports stand for."""

import ast
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sealmote.shrink.sources import Imported, Module, bindings

Place = tuple[str, str]
"""A definition: its module and its name there."""

CORE: Final = "mote.core"
"""The module that takes what the application reaches."""

_SMALL = 1 << 29  # below it an ESP32 keeps an integer in the code; larger ones are objects


@dataclass
class Contents:
    """One module's top level. ``plain``: it only imports and defines, and so can be taken apart."""

    imports: dict[str, Imported] = field(default_factory=dict)
    definitions: dict[str, ast.stmt] = field(default_factory=dict)
    rebound: set[str] = field(default_factory=set)
    plain: bool = True


class Table:
    """All modules. ``constants``: names that stand for one integer for good.

    ``whole``: modules that are not taken apart, those of ``first`` with what they load among them.
    """

    def __init__(self, modules: Mapping[str, Module], first: list[str]) -> None:
        self.modules = modules
        self.contents = {name: _contents(module, modules) for name, module in modules.items()}
        self.whole = {name for name, module in modules.items() if module.native}
        self.whole |= {name for name, contents in self.contents.items() if not contents.plain}
        before = [*self.closure(first), CORE]
        self.whole |= set(before[:-1]).union(*map(_parents, before))
        self.constants: dict[Place, int] = {}
        for name in self._dependencies_first():
            self._find_constants(name)

    def resolve(self, module: str, name: str) -> Place | Imported | None:
        """Return what a name at a module's top level stands for; None for a builtin.

        A `Place` is a definition of the firmware, an `Imported` a module or something of another's.
        """
        contents = self.contents[module]
        if name in contents.definitions:
            return module, name
        found = contents.imports.get(name)
        return None if found is None else self.follow(found)

    def follow(self, found: Imported) -> Place | Imported:
        """Return the definition that an import leads to, if it is in a module that is taken apart.

        Of the others a small constant is known, and everything else is theirs.
        """
        if not found.member or found.module not in self.modules:
            return found
        place = self.resolve(found.module, found.member) or found
        if isinstance(place, tuple) and place[0] in self.whole and not self.is_small(place):
            return Imported(*place)
        return place

    def is_small(self, place: Place) -> bool:
        """Say whether a name stands for an integer that lies in the code itself."""
        value = self.constants.get(place)
        return value is not None and -_SMALL <= value < _SMALL

    def definition(self, place: Place) -> ast.stmt:
        """Return the statement that makes it."""
        return self.contents[place[0]].definitions[place[1]]

    def static_imports(self, module: str) -> Iterator[str]:
        """Yield the firmware's modules that one loads when it is loaded."""
        for found in self.contents[module].imports.values():
            if found.module in self.modules:
                yield found.module

    def closure(self, names: list[str]) -> list[str]:
        """Return modules with all that they load, those that are loaded first before the others."""
        order: list[str] = []
        entered: set[str] = set()

        def enter(name: str) -> None:
            if name not in entered:
                entered.add(name)
                for other in self.static_imports(name):
                    enter(other)
                order.append(name)

        for name in names:
            enter(name)
        return order

    def _dependencies_first(self) -> list[str]:
        return self.closure(sorted(self.modules))

    def _find_constants(self, module: str) -> None:
        contents = self.contents[module]
        for name, statement in contents.definitions.items():
            if isinstance(statement, ast.Assign) and name not in contents.rebound:
                found = self._value(module, statement.value)
                if found is not None:
                    self.constants[module, name] = found

    def _value(self, module: str, node: ast.expr) -> int | None:
        """Return what an expression of constants comes to, None if it is not one."""
        match node:
            case ast.Constant(value=int() as value) if not isinstance(value, bool):
                return value
            case ast.Name(id=name):
                return self._constant(self.resolve(module, name))
            case ast.Attribute(value=ast.Name(id=name), attr=member):
                base = self.resolve(module, name)
                if isinstance(base, Imported) and not base.member:
                    return self._constant(self.follow(Imported(base.module, member)))
            case ast.UnaryOp(op=op, operand=operand):
                return _evaluated(lambda of: ast.UnaryOp(op, of[0]), [self._value(module, operand)])
            case ast.BinOp(left=left, op=operator, right=right):
                values = [self._value(module, left), self._value(module, right)]
                return _evaluated(lambda of: ast.BinOp(of[0], operator, of[1]), values)
        return None

    def _constant(self, found: Place | Imported | None) -> int | None:
        return self.constants.get(found) if isinstance(found, tuple) else None


def _parents(name: str) -> Iterator[str]:
    """Yield the packages that are loaded before a module."""
    while "." in name:
        name = name.rpartition(".")[0]
        yield name


def _contents(module: Module, modules: Mapping[str, Module]) -> Contents:
    found = Contents()
    for statement in module.tree.body:
        match statement:
            case ast.Import() | ast.ImportFrom():
                found.imports.update(bindings(statement, module.package, modules))
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                _define(found, name, statement)
            case ast.Assign(targets=[ast.Name(id=name)]):
                _define(found, name, statement)
            case _:
                found.plain = False
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Global):
            found.rebound.update(node.names)
    return found


def _define(contents: Contents, name: str, statement: ast.stmt) -> None:
    if name in contents.definitions or name in contents.imports:
        contents.plain = False
        contents.rebound.add(name)
    contents.definitions[name] = statement


def _evaluated(
    operation: Callable[[list[ast.expr]], ast.expr], values: list[int | None]
) -> int | None:
    """Return what an operation comes to, None unless all values and the result are integers."""
    if not all(isinstance(value, int) for value in values):
        return None
    tree = ast.Expression(operation([ast.Constant(value) for value in values]))
    code = compile(ast.fix_missing_locations(tree), "constant", "eval")
    try:
        found = eval(code, {"__builtins__": {}})  # noqa: S307 - integers and an operator, made above
    except (ArithmeticError, ValueError):
        return None
    return found if isinstance(found, int) and not isinstance(found, bool) else None
