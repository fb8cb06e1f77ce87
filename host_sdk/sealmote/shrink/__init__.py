"""The firmware as a board carries it: the same program, in less heap.

`shrunk` takes the sources as they are written and returns sources to compile. What is written is for
people; what a board needs is far less: docs/guides/build.md says what is left out.
"""

import ast
from collections.abc import Mapping

from sealmote.shrink.errors import ShrinkError
from sealmote.shrink.link import APPLICATION, link
from sealmote.shrink.sources import parse, render
from sealmote.shrink.strip import strip

__all__ = ["ShrinkError", "shrunk"]


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
    if APPLICATION in modules:
        link(modules, programs)
    return {**files, **{module.path: render(module) for module in modules.values()}}
