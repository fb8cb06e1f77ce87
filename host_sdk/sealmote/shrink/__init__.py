"""Makes the firmware small for an image: the same program, in less heap.

`shrunk` takes the sources as they are written and returns sources to compile. What is written is for
people; what a board needs is far less: docs/guides/build.md says what is left out.
"""

import ast
from collections.abc import Mapping
from typing import Final

from sealmote.shrink.errors import ShrinkError
from sealmote.shrink.link import APPLICATION, link
from sealmote.shrink.public import public_names
from sealmote.shrink.sources import parse, render
from sealmote.shrink.strip import strip
from sealmote.shrink.texts import move_texts

__all__ = ["ShrinkError", "public_names", "shrunk"]

_TEXTS: Final = "/mote/texts"


def shrunk(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return a board's files made small; what is no module of a package, or no Sealmote, stays as it is.

    Raises ShrinkError for what is no Python, and for source that cannot be linked.
    """
    try:
        modules = parse(files)
    except SyntaxError as error:
        raise ShrinkError(f"{error.filename}, line {error.lineno}: {error.msg}") from error
    if APPLICATION not in modules:
        return dict(files)
    for module in modules.values():
        strip(module)
    texts = move_texts({name: module.tree for name, module in modules.items()})
    programs = [
        ast.parse(content, path)
        for path, content in files.items()
        if path.endswith(".py") and path.count("/") == 1
    ]
    link(modules, programs)
    made = {module.path: render(module) for module in modules.values()}
    return {**files, **made, _TEXTS: texts}
