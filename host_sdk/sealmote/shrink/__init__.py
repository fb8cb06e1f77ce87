"""The firmware as a board carries it: the same program, in less heap.

`shrunk` takes the sources as they are written and returns sources to compile. What is written is for
people; what a board needs is far less: docs/guides/build.md says what is left out.
"""

import ast
from collections.abc import Mapping
from typing import Final

from sealmote.shrink.errors import ShrinkError
from sealmote.shrink.link import APPLICATION, link
from sealmote.shrink.names import names_in, shorten
from sealmote.shrink.sources import parse, render
from sealmote.shrink.strip import strip
from sealmote.shrink.texts import move_texts

__all__ = ["ShrinkError", "shrunk"]

_TEXTS: Final = "/mote/texts"
_NAMES: Final = "/mote/names"

# ruff: noqa: SIM905 - a word a line otherwise

# What a driver of one's own, the prompt and `sealmote.board` find under the names of the source.
_PUBLIC: Final = frozenset(
    """
    Driver Record SensorError exponent mantissa name needs_bus passes probe read unit
    Identity Slots VERSION find_partition payload public thumbprint
    provision check compare configure identity join kept register remove safe_mode leave
    upload refusal_report tell
    """.split()
)


def shrunk(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return a board's files made small; what is no Python module of a package stays as it is.

    Raises ShrinkError for what is no Python, and for source that cannot be linked.
    """
    try:
        modules = parse(files)
    except SyntaxError as error:
        raise ShrinkError(f"{error.filename}, line {error.lineno}: {error.msg}") from error
    for module in modules.values():
        strip(module)
    programs = [
        ast.parse(content, path)
        for path, content in files.items()
        if path.endswith(".py") and path.count("/") == 1
    ]
    if APPLICATION not in modules:
        return {**files, **{module.path: render(module) for module in modules.values()}}
    texts = move_texts({name: module.tree for name, module in modules.items()})
    link(modules, programs)
    trees = {name: module.tree for name, module in modules.items()}
    names = shorten(trees, _PUBLIC.union(*map(names_in, programs)))
    made = {module.path: render(module) for module in modules.values()}
    return {**files, **made, _TEXTS: texts, _NAMES: _lines(names)}


def _lines(names: Mapping[str, str]) -> bytes:
    return "".join(f"{new}={old}\n" for new, old in sorted(names.items())).encode()
