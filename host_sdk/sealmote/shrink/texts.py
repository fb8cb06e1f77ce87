"""Moves message texts to a file on the board's flash: in the heap they take twice their length.

Only what a person reads is moved. A text that the program itself works with stays where it is: one
that is compared, looked up, part of a list or a tuple, taken apart, or encoded.
"""

import ast
import re
from typing import Final

from sealmote.shrink.errors import ShrinkError
from sealmote.shrink.sources import native_decorator

MODULE: Final = "mote.texts"
READER: Final = "text_at"
"""The function of `MODULE` that is called instead: with a place, and with values if there are any."""

_LENGTH_MIN: Final = 12  # up to 10 characters are interned, once for all; it must be worth a call
_CONVERSION: Final = re.compile(r"%[-+ #0]*\d*(\.\d+)?\w")
_WORD: Final = re.compile("[A-Za-z]{2}")

# What works with the texts it is given, by the last part of its name.
_TAKE_APART: Final = {"endswith", "find", "index", "join", "replace", "split", "startswith"}
_LOOK_UP: Final = {"__import__", "getattr", "hasattr", "namedtuple", "open", "setattr"}
_PASSED_ON: Final = (ast.Return, ast.Assign, ast.AugAssign, ast.BinOp, ast.BoolOp, ast.IfExp)


def move_texts(modules: dict[str, ast.Module]) -> bytes:
    """Put calls in the place of prose, in these modules' functions; return what /mote/texts holds.

    That is UTF-8, a text a line, each the left side of a `%`: where one took no values its own per
    cent signs are doubled. Raises ShrinkError for a module that has a `READER` of its own.
    """
    texts = _Texts()
    for name, module in modules.items():
        if name != MODULE:
            _move(name, module, texts)
    return bytes(texts.content)


def _move(name: str, module: ast.Module, texts: "_Texts") -> None:
    named = {
        value
        for node in ast.walk(module)
        for value in vars(node).values()
        if isinstance(value, str)
    }
    mover = _Mover(texts)
    mover.visit(module)
    if not mover.moved:
        return
    if READER in named:
        raise ShrinkError(f"{name} has a {READER} of its own: give it another name")
    described = ast.get_docstring(module) is not None
    module.body.insert(int(described), ast.ImportFrom(MODULE, [ast.alias(READER)], 0))
    ast.fix_missing_locations(module)


class _Texts:
    """The file's ``content``, each text in it once."""

    def __init__(self) -> None:
        self.content = bytearray()
        self._places: dict[str, int] = {}

    def place(self, text: str) -> ast.expr:
        """Return where a text begins, in bytes."""
        if text not in self._places:
            self._places[text] = len(self.content)
            self.content += text.encode() + b"\n"
        return ast.Constant(self._places[text])


class _Mover(ast.NodeTransformer):
    """Moves one module's texts. ``moved``: whether there were any.

    ``_runs``: the present place is in a function's body · ``_read``: a text there is for people.
    """

    def __init__(self, texts: _Texts) -> None:
        self.moved = self._runs = self._read = False
        self._texts = texts

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        text = _prose(node) if self._read else None
        return node if text is None else self._call(self._unfilled(text))

    def visit_BinOp(self, node: ast.BinOp) -> ast.AST:
        if not isinstance(node.op, ast.Mod):
            return self.generic_visit(node)
        node.right = self._visited(node.right, read=False)
        text = _prose(node.left) if self._read else None
        if text is not None:
            return self._call(self._texts.place(text), node.right)
        node.left = self._visited(node.left, read=False)  # by itself a part of it cannot be filled
        return node

    def visit_Call(self, node: ast.Call) -> ast.expr:
        if self._runs and self._look_up(node):
            return self._call(node)
        node.func = self._visited(node.func, read=False)
        read = self._runs and _last_name(node.func) not in _TAKE_APART | _LOOK_UP
        node.args = [self._visited(argument, read=read) for argument in node.args]
        for keyword in node.keywords:
            keyword.value = self._visited(keyword.value, read=read)
        return node

    def visit_FunctionDef(self, node: ast.FunctionDef) -> ast.AST:
        if any(map(native_decorator, node.decorator_list)):
            return node
        return self._body(node, runs=True)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> ast.AST:
        return self._body(node, runs=True)

    def visit_ClassDef(self, node: ast.ClassDef) -> ast.AST:
        return self._body(node, runs=False)

    def _body(
        self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef, *, runs: bool
    ) -> ast.AST:
        outer, self._runs = self._runs, runs
        node.body = [self.visit(statement) for statement in node.body]
        self._runs = outer
        return node

    def generic_visit(self, node: ast.AST) -> ast.AST:
        outer = self._read
        if isinstance(node, ast.stmt | ast.expr):
            begins = isinstance(node, ast.stmt)
            self._read = isinstance(node, _PASSED_ON) and (self._runs if begins else outer)
        super().generic_visit(node)
        self._read = outer
        return node

    def _visited(self, node: ast.expr, *, read: bool) -> ast.expr:
        outer, self._read = self._read, read
        found: ast.expr = self.visit(node)
        self._read = outer
        return found

    def _look_up(self, node: ast.Call) -> bool:
        """Have places looked up where it was `{...}.get(key, text)`: only one text is read then."""
        match node:
            case ast.Call(ast.Attribute(ast.Dict() as words, "get"), [key, default]):
                texts = [_text(word) or "" for word in (*words.values, default)]
                if all(texts) and any(map(_prose, words.values)):
                    *words.values, default = map(self._unfilled, texts)
                    node.args = [self._visited(key, read=False), default]
                    return True
        return False

    def _unfilled(self, text: str) -> ast.expr:
        return self._texts.place(text.replace("%", "%%"))

    def _call(self, *arguments: ast.expr) -> ast.Call:
        self.moved = True
        return ast.Call(ast.Name(READER, ast.Load()), list(arguments), [])


def _text(node: ast.expr) -> str | None:
    """Return the text that a constant is, if it fits in a line."""
    value = node.value if isinstance(node, ast.Constant) else None
    return value if isinstance(value, str) and value.isprintable() else None


def _prose(node: ast.expr) -> str | None:
    """Return it if it has words of its own, and is not only a form for values that are."""
    text = _text(node) or ""
    words = " " in text and _WORD.search(_CONVERSION.sub("", text))
    return text if words and len(text) >= _LENGTH_MIN else None


def _last_name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
