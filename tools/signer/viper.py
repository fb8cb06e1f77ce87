"""Runs viper functions as plain Python, on numbers that watch what happens to them.

MicroPython's viper has machine words: 32 bits on a board, 64 on the Unix port, where a load through
ptr32 extends with zeros. The code must mean the same on both, so a number here refuses what would
differ: arithmetic on, or a result of, anything outside a signed 32-bit word. `Word` is one number, and
knows whether it comes from a secret; `interval.Interval` is all numbers between two.
"""

import ast
import ctypes
import sys
from collections.abc import Callable
from importlib.machinery import ModuleSpec, SourceFileLoader
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any, Self

LOW, HIGH = -(2**31), 2**31 - 1
_RENAMED = {"int": "_viper_int", "ptr8": "_viper_ptr8", "ptr32": "_viper_ptr32"}


class OutsideWordError(ArithmeticError):
    """A number that a 32-bit word cannot hold, or that the two widths take for different ones."""


class SecretLeakError(Exception):
    """A branch or an address that depends on a secret."""


def signed(value: int) -> int:
    """Return the value if it is within a signed word, as operands and results of arithmetic are."""
    if not LOW <= value <= HIGH:
        raise OutsideWordError(f"{value} is outside 32 bits")
    return value


class Word:
    """A machine word: signed, or, fresh from a 32-bit load, up to 2**32 - 1 and good for masks only."""

    __slots__ = ("secret", "value")

    def __init__(self, value: int, *, secret: bool = False) -> None:
        self.value = value
        self.secret = secret

    def _arithmetic(self, other: "int | Word", act: Callable[[int, int], int]) -> "Word":
        if not isinstance(other, int | Word):
            return NotImplemented
        value, secret = (other.value, other.secret) if isinstance(other, Word) else (other, False)
        result = signed(act(signed(self.value), signed(value)))
        return Word(result, secret=self.secret or secret)

    def _bits(self, other: "int | Word", act: Callable[[int, int], int]) -> "Word":
        if not isinstance(other, int | Word):
            return NotImplemented
        value, secret = (other.value, other.secret) if isinstance(other, Word) else (other, False)
        result = act(self.value, value)
        if not LOW <= result < 2**32:
            raise OutsideWordError(f"{result} is outside 32 bits")
        return Word(result, secret=self.secret or secret)

    def __add__(self, other: "int | Word") -> "Word":
        return self._arithmetic(other, lambda a, b: a + b)

    __radd__ = __add__

    def __sub__(self, other: "int | Word") -> "Word":
        return self._arithmetic(other, lambda a, b: a - b)

    def __rsub__(self, other: int) -> "Word":
        return self._arithmetic(other, lambda a, b: b - a)

    def __mul__(self, other: "int | Word") -> "Word":
        return self._arithmetic(other, lambda a, b: a * b)

    __rmul__ = __mul__

    def __lshift__(self, other: "int | Word") -> "Word":
        by = other.__index__()  # on some cores a shift takes as long as it is far
        return self._arithmetic(by, lambda a, b: a << b)

    def __rlshift__(self, other: int) -> "Word":
        return Word(other) << self

    def __rshift__(self, other: "int | Word") -> "Word":
        by = other.__index__()
        return self._arithmetic(by, lambda a, b: a >> b)

    def __and__(self, other: "int | Word") -> "Word":
        return self._bits(other, lambda a, b: a & b)

    __rand__ = __and__

    def __or__(self, other: "int | Word") -> "Word":
        return self._bits(other, lambda a, b: a | b)

    __ror__ = __or__

    def __xor__(self, other: "int | Word") -> "Word":
        return self._bits(other, lambda a, b: a ^ b)

    __rxor__ = __xor__

    def __index__(self) -> int:
        if self.secret:
            raise SecretLeakError("a secret decides an address or a branch")
        return signed(self.value)

    def __bool__(self) -> bool:
        return self.__index__() != 0

    def __eq__(self, other: object) -> bool:
        return isinstance(other, int | Word) and int(self) == int(other)

    def __lt__(self, other: "int | Word") -> bool:
        return int(self) < int(other)

    def __gt__(self, other: "int | Word") -> bool:
        return int(self) > int(other)

    def __hash__(self) -> int:
        return hash(int(self))


class Secrets:
    """Which bytes of this process hold what comes from a secret, by address."""

    def __init__(self) -> None:
        self._addresses: set[int] = set()

    def mark(self, buffer: bytearray | memoryview) -> None:
        """Call every byte of a writable buffer secret."""
        start = _address(buffer)
        self._addresses.update(range(start, start + len(buffer)))

    def touched(self, buffer: bytes | bytearray | memoryview) -> bool:
        """Say whether a buffer holds any secret byte."""
        if isinstance(buffer, bytes):
            return False
        start = _address(buffer)
        return not self._addresses.isdisjoint(range(start, start + len(buffer)))

    def write(self, address: int, count: int, *, secret: bool) -> None:
        """Note what was written."""
        span = range(address, address + count)
        if secret:
            self._addresses.update(span)
        else:
            self._addresses.difference_update(span)

    def read(self, address: int, count: int) -> bool:
        """Say whether any of the bytes is secret."""
        return any(a in self._addresses for a in range(address, address + count))


SECRETS = Secrets()


def _address(buffer: bytearray | memoryview) -> int:
    return ctypes.addressof(ctypes.c_char.from_buffer(buffer))


class Bytes:
    """A buffer as viper sees it: words little-endian, aligned."""

    def __init__(self, buffer: bytes | bytearray | memoryview) -> None:
        self._view = memoryview(buffer).cast("B")
        self._address = None if self._view.readonly else _address(self._view)

    def load(self, offset: int, width: int) -> Word:
        """Return the unsigned value of ``width`` bytes."""
        found = self._span(offset, width)
        secret = self._address is not None and SECRETS.read(self._address + offset, width)
        return Word(int.from_bytes(found, "little"), secret=secret)

    def store(self, offset: int, width: int, value: int | Word) -> None:
        """Write a value's lowest ``width`` bytes."""
        number = value.value if isinstance(value, Word) else value
        self._span(offset, width)[:] = (number % (1 << 8 * width)).to_bytes(width, "little")
        if self._address is not None:
            secret = isinstance(value, Word) and value.secret
            SECRETS.write(self._address + offset, width, secret=secret)

    def _span(self, offset: int, width: int) -> memoryview:
        if offset < 0 or offset + width > len(self._view) or offset % width:
            raise IndexError(f"{width} bytes at {offset} of {len(self._view)}")
        return self._view[offset : offset + width]


class Pointer:
    """An address of a memory, as ptr8 or ptr32 see it, or as the integer that arithmetic moves."""

    __slots__ = ("memory", "offset", "width")

    def __init__(self, memory: Any, offset: int, width: int) -> None:
        self.memory = memory
        self.offset = offset
        self.width = width

    def __add__(self, other: int | Word) -> Self:
        return type(self)(self.memory, self.offset + other.__index__(), self.width)

    def __sub__(self, other: int | Word) -> Self:
        return self + -other.__index__()

    def __and__(self, other: int) -> Word:
        return Word(self.offset & other)

    def __getitem__(self, index: int | Word) -> Any:
        return self.memory.load(self.offset + self.width * index.__index__(), self.width)

    def __setitem__(self, index: int | Word, value: Any) -> None:
        self.memory.store(self.offset + self.width * index.__index__(), self.width, value)


def pointer(width: int) -> Callable[[Any], Pointer]:
    """Return what ptr8 (width 1) or ptr32 (4) does with a buffer or a pointer."""

    def cast(value: Any) -> Pointer:
        if isinstance(value, Pointer):
            return Pointer(value.memory, value.offset, width)
        return Pointer(Bytes(value), 0, width)

    return cast


def _as_int(value: Any) -> Any:
    return value  # a pointer's address, a word: both carry on as they are


def _viper(function: Callable[..., Any]) -> Callable[..., Any]:
    kinds = list(function.__annotations__.values())
    casts = {"_viper_ptr8": pointer(1), "_viper_ptr32": pointer(4)}

    def call(*given: Any) -> Any:
        """Cast the arguments; what is returned leaves viper, and is public from there on."""
        typed = [
            casts[kind](v) if kind in casts else v for v, kind in zip(given, kinds, strict=True)
        ]
        result = function(*typed)
        return signed(result.value) if isinstance(result, Word) else result

    return call


_SHIMS: dict[str, Any] = {
    "_viper": _viper,
    "_viper_int": _as_int,
    "_viper_ptr8": pointer(1),
    "_viper_ptr32": pointer(4),
}


class _Rename(ast.NodeTransformer):
    """Gives viper functions their own int, ptr8 and ptr32, and annotations that are strings."""

    def visit_Name(self, node: ast.Name) -> ast.Name:
        node.id = _RENAMED.get(node.id, node.id)
        return node


def is_viper(node: ast.AST) -> bool:
    """Say whether a node is a function under ``@micropython.viper``."""
    return isinstance(node, ast.FunctionDef) and any(
        ast.unparse(d) == "micropython.viper" for d in node.decorator_list
    )


def transform(source: str, path: str) -> CodeType:
    """Compile a module so that its viper functions run on watched numbers."""
    tree = ast.parse(source, path)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and is_viper(node):
            _Rename().visit(node)
            node.decorator_list = [ast.Name("_viper", ast.Load())]
            for argument in node.args.args:
                if isinstance(argument.annotation, ast.Name):
                    argument.annotation = ast.Constant(argument.annotation.id)
            node.returns = None
    return compile(ast.fix_missing_locations(tree), path, "exec")


class _Loader(SourceFileLoader):
    def get_code(self, fullname: str) -> CodeType:  # noqa: ARG002 - importlib's signature
        return transform(Path(self.path).read_text(encoding="utf-8"), self.path)

    def exec_module(self, module: ModuleType) -> None:
        vars(module).update(_SHIMS)
        super().exec_module(module)


def functions(source: str, path: str) -> dict[str, Any]:
    """Run a module's source that imports nothing of its package; return its names."""
    _stub_micropython()
    names: dict[str, Any] = {"__name__": path, **_SHIMS}
    exec(transform(source, path), names)  # noqa: S102 - our own code, generated or read from the package
    return names


class _Finder:
    """Finds the package's modules for the checked interpreter."""

    def __init__(self, package: str, folder: Path) -> None:
        self._package = package
        self._folder = folder

    def find_spec(self, name: str, *_: object) -> ModuleSpec | None:
        """Return how to load a module of the package; None for every other."""
        if name != self._package and not name.startswith(self._package + "."):
            return None
        stem = name.removeprefix(self._package).lstrip(".") or "__init__"
        path = self._folder / f"{stem}.py"
        spec = ModuleSpec(name, _Loader(name, str(path)), origin=str(path))
        if stem == "__init__":
            spec.submodule_search_locations = [str(self._folder)]
        return spec


def install(firmware: Path) -> None:
    """Make ``import sealwire.fast`` give the package from this folder, under watch."""
    _stub_micropython()
    sys.meta_path.insert(0, _Finder("sealwire.fast", firmware / "sealwire" / "fast"))


def _stub_micropython() -> None:
    stub = ModuleType("micropython")
    vars(stub).update(const=lambda value: value)
    sys.modules.setdefault("micropython", stub)
