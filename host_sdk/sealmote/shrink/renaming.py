"""New names written into the syntax trees; those of arguments are chosen here, function by function."""

import ast
from collections import defaultdict
from collections.abc import Collection
from typing import Final

from sealmote.shrink.sources import native_decorator
from sealmote.shrink.uses import Kind, Scope, Use

_OF_FUNCTIONS: Final = (Kind.LOCAL, Kind.ARGUMENT)
_BARE: Final = (Kind.MODULE, Kind.CLASS, *_OF_FUNCTIONS)


def rename(every: list[Use], new: dict[str, str], keywords: Collection[str]) -> None:
    """Put ``new`` names in the place of old ones. Of functions' own names only `keywords` are meant."""
    arguments = {(use.owner, use.name) for use in every if use.kind is Kind.ARGUMENT}
    named = {(owner, name) for owner, name in arguments if name in keywords}
    for use in every:
        if use.kind not in _OF_FUNCTIONS or (use.owner, use.name) in named:
            use.name = new.get(use.name, use.name)


def rename_arguments(every: list[Use], leave: frozenset[str], free: list[str]) -> None:
    """Give every function's arguments the first ``free`` names that nothing else within it has."""
    groups: dict[tuple[Scope | None, str], list[Use]] = defaultdict(list)
    within: dict[Scope, list[Use]] = defaultdict(list)
    for use in every:
        if use.kind in _OF_FUNCTIONS:
            groups[use.owner, use.name].append(use)
        if use.kind in _BARE:
            for scope in use.within:
                within[scope].append(use)
    for (owner, name), group in groups.items():  # an outer function's before an inner one's
        argument = any(use.kind is Kind.ARGUMENT for use in group)
        if owner is None or not argument or name in leave or _is_native(owner):
            continue
        taken = {use.name for use in within[owner]}
        new = next(candidate for candidate in free if candidate not in taken)
        for use in group:
            use.name = new


def _is_native(scope: Scope) -> bool:
    """Say whether mpy-cross makes it native: there a name may be a register's or a type's."""
    return isinstance(scope, ast.FunctionDef) and any(map(native_decorator, scope.decorator_list))
