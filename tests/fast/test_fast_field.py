"""The field machine, natively and under the 32-bit watch, on operands at the bounds of their limbs."""

import random
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import pytest
from tools.signer import bounds, field, viper
from tools.signer.layout import (
    CURVES,
    LIMBS,
    MASK,
    MINUS_E,
    MINUS_E_2F,
    MUL,
    PLACES,
    PLUS_E,
    SLOT_BYTES,
    SQR,
    Curve,
    number,
)

from sealwire.keys import ES256, ES256K

Ask = Callable[[list[str]], list[str]]
ALGORITHMS = dict(zip((ES256, ES256K), CURVES, strict=True))
KINDS = [kind | extra for kind in bounds.KINDS for extra in bounds.EXTRAS]
RESULT = 9


@cache
def _run(curve: Curve) -> Callable[..., Any]:
    found: Callable[..., Any] = viper.functions(field.generate(curve), curve.name)["run"]
    return found


@cache
def _top(curve: Curve) -> int:
    """Return the largest last limb that the proof allows."""
    return bounds.top_limb(_run(curve))


def _operands(draw: random.Random, top: int) -> list[list[int]]:
    """Return a, b, e and f with limbs that are low, high, random, or a mixture."""
    return [
        [draw.choice([0, 1, MASK - 1, MASK, draw.randint(0, MASK)]) for _ in range(LIMBS - 1)]
        + [draw.choice([0, 1, 511, 512, top - 1, top])]
        for _ in range(4)
    ]


def _extremes(top: int) -> Iterator[list[list[int]]]:
    high, low = [MASK] * (LIMBS - 1) + [top], [0] * LIMBS
    for pattern in range(16):
        yield [high if pattern >> i & 1 else low for i in range(4)]


def _memory(operands: list[list[int]]) -> bytes:
    words = [limb for operand in operands for limb in operand]
    return b"".join(word.to_bytes(4, "little") for word in words).ljust(PLACES["SIZE"], b"\x00")


def _result(memory: bytes) -> list[int]:
    at = RESULT * SLOT_BYTES
    return [int.from_bytes(memory[at + 4 * i : at + 4 * i + 4], "little") for i in range(LIMBS)]


def _expected(curve: Curve, kind: int, operands: list[list[int]]) -> int:
    a, b, e, f = map(number, operands)
    inverse = pow(curve.radix, -1, curve.p)
    value = a * b * inverse if kind & MUL else a * a * inverse if kind & SQR else a
    value += -e if kind & MINUS_E else -e - 2 * f if kind & MINUS_E_2F else 0
    return (value + (e if kind & PLUS_E else 0)) % curve.p


def _assert_right(curve: Curve, kind: int, operands: list[list[int]], result: list[int]) -> None:
    assert number(result) % curve.p == _expected(curve, kind, operands)
    assert max(result[:-1]) <= MASK
    assert result[-1] <= _top(curve)


def _program(kind: int) -> bytes:
    return bytes((kind, RESULT, 0, 1, 2, 3, 0))


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_natively(alg: int, ask: Ask) -> None:
    curve = ALGORITHMS[alg]
    draw = random.Random(alg)
    some = [_operands(draw, _top(curve)) for _ in range(100)]
    cases = [(kind, o) for kind in KINDS for o in [*_extremes(_top(curve)), *some]]
    asked = [f"run {alg} {_program(kind).hex()} {_memory(o).hex()}" for kind, o in cases]
    for (kind, operands), answer in zip(cases, ask(asked), strict=True):
        _assert_right(curve, kind, operands, _result(bytes.fromhex(answer)))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("curve", CURVES, ids=lambda c: c.name)
def test_under_watch(curve: Curve, kind: int) -> None:
    draw = random.Random(kind)
    some = [_operands(draw, _top(curve)) for _ in range(4)]
    for operands in [*_extremes(_top(curve)), *some]:
        memory = bytearray(_memory(operands))
        _run(curve)(memory, _program(kind), 0)
        _assert_right(curve, kind, operands, _result(memory))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("curve", CURVES, ids=lambda c: c.name)
def test_a_result_may_take_the_place_of_any_operand(curve: Curve, kind: int) -> None:
    draw = random.Random(kind)
    operands = _operands(draw, _top(curve))
    for place in range(4):
        memory = bytearray(_memory(operands))
        _run(curve)(memory, bytes((kind, place, 0, 1, 2, 3, 0)), 0)
        memory[RESULT * SLOT_BYTES : (RESULT + 1) * SLOT_BYTES] = memory[
            place * SLOT_BYTES : (place + 1) * SLOT_BYTES
        ]
        _assert_right(curve, kind, operands, _result(memory))
