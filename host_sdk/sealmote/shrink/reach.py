"""Which definitions the application reaches, and which methods of its classes anything names."""

import ast
from collections import Counter, defaultdict
from collections.abc import Iterable

from sealmote.shrink.sources import Imported
from sealmote.shrink.table import Place, Table
from sealmote.shrink.walk import Target, attributes, mentions

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)


class Reach:
    """What is reached from `roots`; attributes that ``others`` name are somebody's.

    ``places``: the definitions · ``foreign``: what is not the firmware's, or of a module that stays
    whole, by its name there · ``shadows``: for each, the names that the functions around its uses have
    for something of their own · ``count``: how often each is named.
    """

    def __init__(self, table: Table, roots: Iterable[Place], others: Iterable[ast.AST]) -> None:
        self._table = table
        self.places: set[Place] = set()
        self.foreign: dict[Imported, str] = {}
        self.shadows: defaultdict[Target, set[str]] = defaultdict(set)
        self.count: Counter[Target] = Counter()
        self._attributes = {name for node in others for name in attributes(node)}
        self._unnamed: list[tuple[str, ast.stmt]] = []  # methods, with their modules
        self._waiting = list(roots)
        while self._waiting:
            while self._waiting:
                self._reach(self._waiting.pop())
            self._reach_methods()

    def is_live(self, method: ast.stmt) -> bool:
        """Say whether anything names a method, or it is one that the interpreter calls."""
        if not isinstance(method, _FUNCTIONS):
            return True
        return method.name.startswith("__") or method.name in self._attributes

    def _reach(self, place: Place) -> None:
        if place in self.places:
            return
        self.places.add(place)
        module, statement = place[0], self._table.definition(place)
        if isinstance(statement, ast.ClassDef):
            for inner in statement.body:
                if isinstance(inner, _FUNCTIONS):
                    self._unnamed.append((module, inner))
            body = [inner for inner in statement.body if not isinstance(inner, _FUNCTIONS)]
            statement = ast.ClassDef("", statement.bases, [], body, statement.decorator_list)
        self._follow(module, statement)

    def _reach_methods(self) -> None:
        methods, self._unnamed = self._unnamed, []
        for module, method in methods:
            if self.is_live(method):
                self._follow(module, method)
            else:
                self._unnamed.append((module, method))

    def _follow(self, module: str, statement: ast.stmt) -> None:
        self._attributes |= attributes(statement)
        for target, name, own in mentions(self._table, module, statement):
            self.shadows[target] |= own
            self.count[target] += 1
            if isinstance(target, Imported):
                self.foreign[target] = name
            elif not self._table.is_small(target):
                self._waiting.append(target)
