"""Names that MicroPython has anyway, in the place of the firmware's own.

MicroPython interns every name of a module's member, an attribute, an argument or a keyword for good:
some twelve bytes, and the text. So the firmware's names become ones that its C code has interned
already, and different things share one where nothing could take one for the other: a module's member
and an attribute, members of two modules, arguments of two functions. Functions, classes and methods
share none among themselves, so that a traceback can be told in the source's names (`mote.trace`).

A name stays what it is if anything beyond the firmware might know it, or if the program has it as a
text, for then it is interned as well.
"""

import ast
import builtins
from collections import defaultdict
from collections.abc import Iterator
from typing import Final

from sealmote.shrink import vocabulary
from sealmote.shrink.renaming import rename, rename_arguments
from sealmote.shrink.uses import Kind, tidy, uses

# Spaces, in which a name means one thing. The others are modules, by their names.
_ATTRIBUTES: Final = " attributes"
_FUNCTIONS: Final = " functions"
_BINDING: Final = (Kind.MODULE, Kind.CLASS, Kind.ATTRIBUTE)

# What MicroPython looks up in objects that it is given: no new name may mean something to it.
_LOOKED_UP: Final = frozenset(
    {
        "args",
        "count",
        "errno",
        "file",
        "fileno",
        "flush",
        "index",
        "ioctl",
        "items",
        "key",
        "keys",
        "name",
    }
    | {"mount", "open", "readblocks", "send", "stat", "umount", "values", "writeblocks"}
)


def shorten(modules: dict[str, ast.Module], keep: frozenset[str]) -> dict[str, str]:
    """Rename, in place, what is the firmware's alone; return what each new name stood for.

    ``modules``: all of them, by their dotted names, without docstrings and annotations · ``keep``: names
    that others use, see `names_in`. A new name that stands for several has their old ones with "|"
    between, a function's first.
    """
    found = _Found(modules)
    spaces = found.spaces()
    for name in keep | found.texts | found.fixed(spaces):
        spaces.pop(name, None)
    free = _free(found.used | found.texts | keep)
    new = _share(spaces, free)
    told = _told(new, found.functions)
    rename(found.every, new, found.keywords)
    leave = keep | found.texts | found.keywords | vocabulary.INTERNED
    rename_arguments(found.every, frozenset(leave), free)
    for module in modules.values():
        tidy(module)
    return told


def names_in(program: ast.Module) -> frozenset[str]:
    """Return every name that a program uses: what to keep for one that is not among the modules."""
    found = frozenset(use.name for use in uses(program))
    tidy(program)
    return found


class _Found:
    """What the modules use: ``every`` use, the names ``used``, ``keywords`` of calls, ``texts``."""

    def __init__(self, modules: dict[str, ast.Module]) -> None:
        self._modules = modules
        self._of_module = {name: uses(module) for name, module in modules.items()}
        self.every = [use for found in self._of_module.values() for use in found]
        self.used = {use.name for use in self.every}
        self.keywords = {use.name for use in self.every if use.kind is Kind.KEYWORD}
        self.functions = {use.name for use in self.every if use.function}
        self.texts = {text for module in modules.values() for text in _texts(module)}

    def spaces(self) -> dict[str, set[str]]:
        """Return for each name where it means something: two that share no space may be one."""
        found: dict[str, set[str]] = defaultdict(set)
        everywhere = {*self._modules, _ATTRIBUTES, _FUNCTIONS}
        for module, of_module in self._of_module.items():
            for use in of_module:
                if use.kind is Kind.MODULE:
                    found[use.name].add(module)
                if use.kind in (Kind.ATTRIBUTE, Kind.CLASS) or use.in_class_body:
                    found[use.name].add(_ATTRIBUTES)
                if use.function:
                    found[use.name].add(_FUNCTIONS)
        for name in self.keywords:  # functions have them among their own names
            found[name] = everywhere
        return found

    def fixed(self, spaces: dict[str, set[str]]) -> set[str]:
        """Return the names that are not the firmware's alone, or that cost nothing."""
        bound = {use.name for use in self.every if use.binds and use.kind in _BINDING}
        shared = {name for name in spaces if _ATTRIBUTES in spaces[name]} & vocabulary.OTHERS
        parts = {part for name in self._modules for part in name.split(".")}
        dunder = {name for name in self.used if name.startswith("__")}
        unbound = set(spaces) - (bound | self._named_arguments())
        return unbound | shared | parts | dunder | vocabulary.INTERNED | set(self._of_others())

    def _named_arguments(self) -> set[str]:
        """Return the keywords of calls that are the firmware's: of its functions alone."""
        arguments = {use.name for use in self.every if use.kind is Kind.ARGUMENT}
        others = {
            use.name
            for use in self.every
            if use.kind is Kind.KEYWORD and use.source not in self.functions
        }
        return (self.keywords & arguments) - others

    def _of_others(self) -> Iterator[str]:
        """Yield what is a builtin's name in a module, another's member, or folded by the compiler."""
        own = {name.partition(".")[0] for name in self._modules} | {""}
        made = {use.name for use in self.every if use.binds and not isinstance(use.node, ast.alias)}
        for module, of_module in self._of_module.items():
            here = [use for use in of_module if use.kind is Kind.MODULE]
            yield from {use.name for use in here} - {use.name for use in here if use.binds}
            yield from _folded(self._modules[module])
            for use in of_module:
                theirs = use.source.partition(".")[0] not in own or use.name not in made
                if use.kind is Kind.MEMBER and theirs:
                    yield use.name


def _texts(module: ast.Module) -> Iterator[str]:
    """Yield the texts that may be names to somebody: `getattr`, `__import__`, a namedtuple's fields."""
    for node in ast.walk(module):
        match node:
            case ast.Constant(value=str(text)) if text.isidentifier():
                yield text
            case ast.Call(ast.Name("namedtuple"), [*_, ast.Constant(str(fields))]):
                yield from fields.replace(",", " ").split()


def _folded(module: ast.Module) -> Iterator[str]:
    """Yield names of constants, which no compiled module has if they begin with an underscore."""
    for statement in module.body:
        match statement:
            case ast.Assign([ast.Name(name)], ast.Call(ast.Name("const"))):
                yield name


def _free(taken: set[str]) -> list[str]:
    """Return the new names, those that cost nothing first."""
    others = _LOOKED_UP | vocabulary.ASYNCIO | frozenset(dir(builtins))
    found = sorted(vocabulary.INTERNED - others - taken)
    return found + [name for name in (f"z{n}" for n in range(len(taken))) if name not in taken]


def _share(spaces: dict[str, set[str]], free: list[str]) -> dict[str, str]:
    """Give each name a new one, the same to several whose spaces are apart."""
    filled: list[set[str]] = []
    new = {}
    for name in sorted(spaces, key=lambda name: (-len(spaces[name]), name)):
        fitting = (at for at, spaces_of in enumerate(filled) if not spaces_of & spaces[name])
        at = next(fitting, len(filled))
        if at == len(filled):
            filled.append(set())
        filled[at] |= spaces[name]
        new[name] = free[at]
    return new


def _told(new: dict[str, str], functions: set[str]) -> dict[str, str]:
    told: dict[str, list[str]] = defaultdict(list)
    for name in sorted(new, key=lambda name: (name not in functions, name)):
        told[new[name]].append(name)
    return {name: "|".join(olds) for name, olds in sorted(told.items())}
