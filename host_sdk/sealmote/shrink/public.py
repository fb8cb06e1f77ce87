"""Public names of the firmware, which drivers may import: each module's `__all__`."""

import ast
from collections.abc import Mapping

from sealmote.shrink.sources import parse
from sealmote.shrink.strip import says_public


def public_names(files: Mapping[str, bytes]) -> dict[str, list[str]]:
    """Return them by module, of a board's files; modules that begin with an underscore are private."""
    found = {}
    for name, module in parse(files).items():
        if not any(part.startswith("_") for part in name.split(".")):
            for statement in filter(says_public, module.tree.body):
                assert isinstance(statement, ast.Assign)
                found[name] = list(ast.literal_eval(statement.value))
    return found
