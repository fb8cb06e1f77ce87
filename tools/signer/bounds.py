"""Proves, by interval arithmetic over every limb and column, that no word of the signer overflows.

Each viper function runs on intervals that hold every number it may be given. What the machine leaves
in a slot must lie within what it may be given, so one operation proves a program of any length.
"""

import sys
from collections.abc import Callable, Iterator
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any

from tools.signer import viper
from tools.signer.interval import PEAK, Cells, Interval
from tools.signer.layout import (
    BITS,
    COPY,
    LIMBS,
    MASK,
    MINUS_E,
    MINUS_E_2F,
    MUL,
    NUMBERS,
    PLACES,
    PLUS_E,
    SLOT_BYTES,
    SQR,
    TOP_BITS,
    Curve,
    limbs,
)
from tools.signer.viper import OutsideWordError, Pointer

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
BYTE = Interval(0, 255)
LIMB = Interval(0, MASK)
RAW = Interval(0, 2**32 - 1)
KINDS = [MUL, SQR, COPY]
EXTRAS = [0, MINUS_E, MINUS_E_2F, PLUS_E]

Proofs = Iterator[tuple[str, int]]


def prove(curve: Curve, source: str) -> Proofs:
    """Yield what was proven of the curve's field machine, and the largest word that it can meet.

    Raises `OutsideWordError` where a bound does not hold.
    """
    machine = viper.functions(source, f"field_{curve.name}")
    top = top_limb(machine["run"])
    if (top + 1) << (BITS * (LIMBS - 1)) > 2 * curve.p:
        raise OutsideWordError(f"a field element may reach {top} in its last limb, past 2p")
    for kind in [kind | extra for kind in KINDS for extra in EXTRAS]:
        yield f"operation {kind}", _peak(partial(_operate, machine["run"], kind, top))
    yield "look_up", _peak(partial(_look_up, machine["look_up"], top))


def prove_shared(curves: tuple[Curve, ...]) -> Proofs:
    """Yield the same of the functions that are written by hand, for every modulus they are given."""
    package = _package()
    for curve in curves:
        for name, modulus in (("p", curve.p), ("n", curve.n)):
            for function, act in _with_modulus(package, modulus).items():
                yield f"{function} modulo {curve.name} {name}", _peak(act)
    for function, act in _without_modulus(package).items():
        yield function, _peak(act)


def _peak(act: Callable[[], object]) -> int:
    PEAK[0] = 0
    act()
    return PEAK[0]


def _memory(top: int) -> Cells:
    """Return a machine's memory in which every slot holds any number with a last limb up to top."""
    slot = [LIMB] * (LIMBS - 1) + [Interval(0, top)]
    return _cells(dict.fromkeys(NUMBERS, slot))


def _cells(numbers: dict[str, list[Interval]]) -> Cells:
    cells = Cells()
    for name, words in numbers.items():
        cells.fill(PLACES[name], words)
    return cells


def _operate(run: Callable[..., Any], kind: int, top: int) -> list[Interval]:
    """Run one operation on any operands; return the limbs of its result."""
    cells = _memory(top)
    run(Pointer(cells, 0, 4), bytes((kind, 5, 6, 7, 8, 9, 0)), 0)
    return cells.words(5 * SLOT_BYTES, LIMBS)


def top_limb(run: Callable[..., Any]) -> int:
    """Return the largest last limb of a result: the least bound that operations on it do not pass."""
    top = (1 << TOP_BITS) - 1
    while True:
        results = [_operate(run, kind | extra, top) for kind in KINDS for extra in EXTRAS]
        if any(limb.lo < 0 or limb.hi > MASK for result in results for limb in result[:-1]):
            raise OutsideWordError("a result has a limb past 13 bits")
        reached = max(result[-1].hi for result in results)
        if reached <= top:
            return top
        top = reached


def _look_up(look_up: Callable[..., Any], top: int) -> None:
    for digit in (0, 0x80):  # the sign is looked at apart; which entry it is makes no difference
        cells = _memory(top)
        cells.cells[PLACES["DIGITS"]] = Interval(digit, digit + 127)
        cells.cells[PLACES["COUNT"]] = Interval(3, 3)
        row = Cells()
        row.fill(0, [RAW] * 48)
        look_up(Pointer(cells, 0, 4), Pointer(row, 0, 4), 0, 0)
        for limb in cells.words(PLACES["QX"], 2 * LIMBS):
            if limb.hi > MASK:
                raise OutsideWordError("look_up leaves a limb past 13 bits")


def _package() -> Any:
    """Return a function that gives a module of sealwire.fast, its viper functions under watch."""
    if str(FIRMWARE) not in sys.path:
        sys.path.insert(0, str(FIRMWARE))
    viper.install(FIRMWARE)
    return lambda name: import_module(f"sealwire.fast.{name}")


def _any(bits: int = 256) -> list[Interval]:
    """Return the limbs of any number of so many bits."""
    return [Interval(0, limb) for limb in limbs((1 << bits) - 1)]


def _number(values: list[Interval], modulus: list[Interval] | None = None) -> Pointer:
    """Return a memory with a number in A and in B, and a modulus in N."""
    return Pointer(_cells({"A": values, "B": values, "N": modulus or []}), 0, 4)


def _block(modulus: int) -> list[Interval]:
    """Return a modulus's limbs, exact, and its inverse modulo 2**13."""
    exact = [*limbs(modulus), pow(modulus, -1, 1 << BITS)]
    return [Interval(value, value) for value in exact]


def _with_modulus(package: Any, modulus: int) -> dict[str, Callable[[], object]]:
    limbs_, modular, inverse = package("limbs"), package("modular"), package("inverse")
    block = _block(modulus)
    free = [LIMB] * LIMBS
    work = [*free, *_any(), *free, *_any(), *block]
    a, b, n = (PLACES[name] for name in ("A", "B", "N"))
    workspace = PLACES["QX"]
    inverting = _cells({"QX": work})
    return {
        "multiply": lambda: modular.multiply(_number(free, block), a, b, n),
        "invert": lambda: inverse.invert(Pointer(inverting, 0, 4), workspace, 0),
        "reduce": lambda: limbs_.reduce(_number(free, block), a, n),
        "is_below": lambda: limbs_.is_below(_number(free, block), a, n),
        "lower": lambda: limbs_.lower(_number(_any(), block), a, n),
    }


def _without_modulus(package: Any) -> dict[str, Callable[[], object]]:
    limbs_, comb = package("limbs"), package("comb")
    free = [LIMB] * LIMBS
    octets = Cells(dict.fromkeys(range(64), BYTE))
    shapes = [bytes(shape) for shape in ((4, 6, 11), (1, 4, 65), (4, 8, 9))]
    a, b = PLACES["A"], PLACES["B"]
    return {
        "unpack": lambda: limbs_.unpack(_number([]), a, Pointer(octets, 0, 1)),
        "pack": lambda: limbs_.pack(_number(_any()), a, Pointer(Cells(), 0, 1)),
        "xor_pad": lambda: limbs_.xor_pad(Pointer(Cells(), 0, 1), Pointer(octets, 0, 1), 0x36),
        "is_zero": lambda: limbs_.is_zero(_number(free), a),
        "add": lambda: limbs_.add(_number(free), a, b),
        "recode": lambda: [comb.recode(_number(free), a, shape) for shape in shapes],
    }
