"""No branch, no address and no Python number depends on a secret; no word passes 32 bits on the way.

The whole signature runs under `tools.signer.viper`, whose numbers know what comes from a secret. What they
cannot see, the Python between the native functions, is held to a short list of what it may do.
"""

import ast
import importlib
import os
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from tools.signer import layout, viper
from tools.signer.viper import SECRETS, OutsideWordError, SecretLeakError

from sealwire import ecdsa, points
from sealwire.keys import ES256, ES256K, curve_of

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
FAST = FIRMWARE / "sealwire" / "fast"


class WatchedHash:
    """SHA-256 whose digest is writable, as it is in fact on the board, and secret if any input is."""

    def __init__(self, data: bytearray) -> None:
        import hashlib

        self._hash = hashlib.sha256(data)
        self._secret = SECRETS.touched(data)

    def update(self, data: bytes | bytearray) -> None:
        self._hash.update(data)
        self._secret = self._secret or SECRETS.touched(data)

    def digest(self) -> bytearray:
        found = bytearray(self._hash.digest())
        if self._secret:
            SECRETS.mark(found)
        DIGESTS.append(found)
        return found


DIGESTS: list[bytearray] = []


def random_secret(size: int) -> bytearray:
    found = bytearray(os.urandom(size))
    SECRETS.mark(found)
    DIGESTS.append(found)
    return found


@pytest.fixture(scope="module")
def fast() -> Iterator[ModuleType]:
    """The package under watch, in this process."""
    viper.install(FIRMWARE)
    nonce = importlib.import_module("sealwire.fast.nonce")
    plain = vars(nonce)["sha256"]
    vars(nonce)["sha256"] = WatchedHash
    yield importlib.import_module("sealwire.fast")
    vars(nonce)["sha256"] = plain


def _buffers(found: object, depth: int = 4) -> Iterator[bytearray]:
    """Yield every writable buffer that an object holds."""
    if isinstance(found, bytearray):
        yield found
    elif isinstance(found, memoryview) and isinstance(found.obj, bytearray):
        yield found.obj
    elif isinstance(found, list | tuple):
        for part in found:
            yield from _buffers(part, depth)
    elif depth and hasattr(found, "__dict__") and not isinstance(found, ModuleType):
        for part in vars(found).values():
            yield from _buffers(part, depth - 1)


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_a_signature_under_watch(alg: int, fast: ModuleType) -> None:
    engine = fast.load(alg, random_secret)
    secret, digest, out = bytearray(os.urandom(31) + b"\x07"), os.urandom(32), bytearray(64)
    secret[0] &= 0x7F
    SECRETS.mark(secret)
    engine.sign(secret, digest, out)
    plain = ecdsa.sign(curve_of(alg), int.from_bytes(secret, "big"), digest)
    assert out == plain
    assert SECRETS.touched(secret)
    held = list(_buffers(engine))
    assert {32, 64, layout.PLACES["SIZE"]} <= {len(buffer) for buffer in held}
    assert not [buffer for buffer in held if SECRETS.touched(buffer)], "a secret was not wiped"
    assert not [digest for digest in DIGESTS if SECRETS.touched(digest)]


def test_a_public_key_under_watch(fast: ModuleType) -> None:
    engine = fast.load(ES256K, random_secret)
    secret = bytearray(b"\x5a" * 32)
    SECRETS.mark(secret)
    curve = curve_of(ES256K)
    x, y = points.affine(curve, points.multiply(curve, int.from_bytes(secret, "big"), curve.g))
    assert engine.public(secret) == (x.to_bytes(32, "big"), y.to_bytes(32, "big"))
    assert not [buffer for buffer in _buffers(engine) if SECRETS.touched(buffer)]


WATCHED = """
import micropython

@micropython.viper
def f(a: ptr32, b: ptr8) -> int:
    {body}
"""


def _watched(body: str, *given: Any) -> Any:
    return viper.functions(WATCHED.format(body=body), "watched")["f"](*given)


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("return int(b[0]) + 1 if b[0] else 0", SecretLeakError),
        ("return a[int(b[0])]", SecretLeakError),
        ("return 1 << int(b[0])", SecretLeakError),
        ("return 1 if a[0] < b[0] else 2", SecretLeakError),
        ("return a[0] * 70000", OutsideWordError),
        ("return a[0] << 16", OutsideWordError),
        ("return a[1] + 1", OutsideWordError),  # a board loads -1 here, the Unix port 2**32 - 1
        ("return a[1] >> 1", OutsideWordError),
        ("return (0 - a[0]) * 65536 - 65536", OutsideWordError),
        ("return a[2]", IndexError),
    ],
)
def test_the_watch_sees(body: str, error: type[Exception]) -> None:
    words = bytearray((65535).to_bytes(4, "little") + b"\xff" * 4)
    secret = bytearray(b"\x01")
    SECRETS.mark(secret)
    with pytest.raises(error):
        _watched(body, words, secret)


def test_the_watch_lets_masks_and_wiping_pass() -> None:
    secret = bytearray(b"\x01")
    SECRETS.mark(secret)
    words = bytearray(b"\xff" * 8)
    _watched("a[0] = a[1] & (0 - int(b[0]))", words, secret)
    assert words == b"\xff" * 8
    assert SECRETS.touched(words)
    _watched("a[0] = 0", words, secret)
    assert not SECRETS.touched(words)


# What runs while secrets are about: every Python function of these modules but those named.
PUBLIC = {
    "engine.py": {"__init__", "verify"},
    "nonce.py": {"__init__"},
    "comb.py": {"__init__"},
}  # fmt: skip
NUMBERS = {"column", "row", "blocks", "halvings"}  # counters, and a size: never a secret
CALLS = {"len", "range", "ValueError", "bytes", "bytearray", "sha256"}


def _functions(name: str) -> Iterator[ast.FunctionDef]:
    tree = ast.parse((FAST / name).read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        own = isinstance(node, ast.FunctionDef) and not viper.is_viper(node)
        if own and node.name not in PUBLIC[name]:
            yield node


def _is_plain(node: ast.expr) -> bool:
    """Say whether an operand is a constant, a counter, a length or a module's constant."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            return name in NUMBERS or name.isupper()  # a counter, or a module's constant
        case ast.Call(func=ast.Name(id="len")):
            return True
        case ast.BinOp(left=left, right=right):
            return _is_plain(left) and _is_plain(right)
    return False


def _offences(function: ast.FunctionDef) -> Iterator[str]:
    """Yield what a function does with numbers that are not plain."""
    for node in [part for statement in function.body for part in ast.walk(statement)]:
        match node:
            case ast.BinOp(left=left, right=right):
                plain = [left, right]
            case ast.Compare(left=left, comparators=comparators):
                plain = [left, *comparators]
            case ast.AugAssign(target=target, value=value):
                plain = [target, value]
            case ast.Call(func=ast.Name(id=name)) if name not in CALLS | _native():
                yield ast.unparse(node)
                continue
            case ast.Call(func=ast.Attribute(attr="from_bytes" | "to_bytes" | "hex" | "index")):
                yield ast.unparse(node)
                continue
            case ast.Subscript(value=value, slice=place) if not isinstance(place, ast.Slice):
                if ast.unparse(value) != "self.shape":
                    yield ast.unparse(node)
                continue
            case _:
                continue
        if not all(_is_plain(operand) for operand in plain):
            yield ast.unparse(node)


@cache
def _native() -> frozenset[str]:
    """Return the names of all native functions."""
    modules = [ast.parse(path.read_text(encoding="utf-8")) for path in FAST.glob("*.py")]
    nodes = [node for module in modules for node in ast.walk(module)]
    return frozenset(n.name for n in nodes if isinstance(n, ast.FunctionDef) and viper.is_viper(n))


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_python_between_native_functions_computes_with_no_secret(name: str) -> None:
    found = list(_functions(name))
    assert found
    offences = [text for function in found for text in _offences(function)]
    assert [text for text in offences if text != "self.shape[2] - 1"] == []


@pytest.mark.parametrize(
    "body",
    [
        "k = int.from_bytes(secret, 'big')",
        "k = secret[0]",
        "k = self._nonce[3] & 1",
        "if self._nonces.value < self._order: pass",
        "k = int(self.x)",
        "total += byte",
        "k = sum(secret)",
        "self.table[digit]",
    ],
)
def test_the_static_check_sees(body: str) -> None:
    (function,) = ast.parse(f"def f(self, secret):\n    {body}").body
    assert isinstance(function, ast.FunctionDef)
    assert list(_offences(function))


def test_only_verdicts_leave_native_functions() -> None:
    """Of the functions that signing calls, those that return a number return a verdict."""
    returning = set()
    for path in FAST.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            native = isinstance(node, ast.FunctionDef) and viper.is_viper(node)
            if native and any(isinstance(part, ast.Return) for part in ast.walk(node)):
                returning.add(node.name)
    assert returning == {"is_zero", "is_below", "is_misaligned"}
