"""Which names are a scope's own: `symtable`, Python's own analysis, is the judge."""

import ast
import re
import symtable
from collections import Counter
from collections.abc import Iterator

from sealmote.shrink.scopes import Scope, own_names
from sealmote.sim.storage import firmware

# symtable's names for scopes that have none.
_SCOPES: dict[type[ast.AST], str] = {
    ast.Lambda: "lambda",
    ast.ListComp: "listcomp",
    ast.SetComp: "setcomp",
    ast.DictComp: "dictcomp",
    ast.GeneratorExp: "genexpr",
}
_MANGLED = re.compile("^_[A-Za-z][A-Za-z0-9]*__")


def scopes_in(table: symtable.SymbolTable) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield name and own names of every function, comprehension and class, as Python has them."""
    if table.get_type() in ("function", "class"):
        own = {
            _MANGLED.sub("__", symbol.get_name())  # which MicroPython does not do
            for symbol in table.get_symbols()
            if symbol.is_nonlocal() or (symbol.is_local() and symbol.get_name().isidentifier())
        }
        yield table.get_name(), frozenset(own - {"__classdict__", "__class__"})
    for child in table.get_children():
        yield from scopes_in(child)


def test_what_is_a_scopes_own_is_what_python_says() -> None:
    count = 0
    for path, content in firmware.files().items():
        if path.endswith(".py"):
            found = Counter(
                (_SCOPES.get(type(node), getattr(node, "name", "")), frozenset(own_names(node)))
                for node in ast.walk(ast.parse(content))
                if isinstance(node, Scope)
            )
            assert found == Counter(scopes_in(symtable.symtable(content.decode(), path, "exec")))
            count += sum(found.values())
    assert count > 500
