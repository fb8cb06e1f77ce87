"""The hand-written native functions on numbers, under the 32-bit watch, against Python's integers."""

import importlib
import random
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tools.signer import viper
from tools.signer.layout import CURVES, PLACES, limbs, number

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
MODULI = [modulus for curve in CURVES for modulus in (curve.p, curve.n)]
R = 2**260
A, B, N = (PLACES[name] for name in ("A", "B", "N"))


@pytest.fixture(scope="module")
def fast() -> Any:
    viper.install(FIRMWARE)
    names = ("limbs", "modular", "inverse", "comb")
    return SimpleNamespace(**{n: importlib.import_module(f"sealwire.fast.{n}") for n in names})


def _words(value: int) -> bytes:
    return b"".join(limb.to_bytes(4, "little") for limb in limbs(value))


def _memory(modulus: int, a: int = 0, b: int = 0) -> bytearray:
    """Return an engine's memory with two numbers and a modulus."""
    memory = bytearray(PLACES["SIZE"])
    block = _words(modulus) + pow(modulus, -1, 8192).to_bytes(4, "little")
    for place, words in ((A, _words(a)), (B, _words(b)), (N, block)):
        memory[place : place + len(words)] = words
    return memory


def _value(memory: bytearray, place: int = A) -> int:
    at = range(place, place + 80, 4)
    return number([int.from_bytes(memory[i : i + 4], "little") for i in at])


def _some(modulus: int, count: int = 12) -> list[int]:
    draw = random.Random(modulus)
    edges = [0, 1, 2, modulus - 1, modulus - 2, modulus // 2, modulus // 2 + 1, 2**255, 8191 << 117]
    return edges + [draw.randrange(modulus) for _ in range(count)]


@pytest.mark.parametrize("modulus", MODULI)
def test_bytes_to_limbs_and_back(modulus: int, fast: Any) -> None:
    for value in [*_some(modulus), 2**256 - 1, modulus]:
        memory, back = _memory(modulus), bytearray(32)
        fast.limbs.unpack(memory, A, value.to_bytes(32, "big"))
        assert _value(memory) == value
        fast.limbs.pack(memory, A, back)
        assert int.from_bytes(back, "big") == value


def test_moving_leaves_zeros(fast: Any) -> None:
    source, target = bytearray(range(1, 33)), bytearray(b"\xff" * 36)
    fast.limbs.move(target, source, 8)
    assert target == bytes(range(1, 33)) + b"\xff" * 4
    assert source == bytes(32)


@pytest.mark.parametrize("modulus", MODULI)
def test_comparing_and_reducing(modulus: int, fast: Any) -> None:
    for value in [*_some(modulus), modulus, modulus + 1, 2 * modulus - 1, 2**256 - 1]:
        memory = _memory(modulus, value)
        assert fast.limbs.is_below(memory, A, N) == (value < modulus)
        assert fast.limbs.is_zero(memory, A) == (value == 0)
        fast.limbs.reduce(memory, A, N)
        assert _value(memory) == value % modulus if value < 2 * modulus else value - modulus


@pytest.mark.parametrize("modulus", MODULI)
def test_the_lower_of_two(modulus: int, fast: Any) -> None:
    for value in _some(modulus):
        memory = _memory(modulus, value)
        fast.limbs.lower(memory, A, N)
        assert _value(memory) == (min(value, modulus - value) if value else 0)


@pytest.mark.parametrize("modulus", MODULI)
def test_adding_and_multiplying(modulus: int, fast: Any) -> None:
    for a, b in zip(_some(modulus), reversed([*_some(modulus)]), strict=True):
        memory = _memory(modulus, a, b)
        fast.limbs.add(memory, B, A)
        assert _value(memory, B) == (a + b) % R
        memory = _memory(modulus, a, b)
        fast.modular.multiply(memory, A, B, N)
        assert _value(memory) == a * b * pow(R, -1, modulus) % modulus
    # the largest factor, with the largest below the modulus
    memory = _memory(modulus, R - 1, modulus - 1)
    fast.modular.multiply(memory, A, B, N)
    assert _value(memory) == (R - 1) * (modulus - 1) * pow(R, -1, modulus) % modulus


@pytest.mark.parametrize("modulus", MODULI)
def test_inverting(modulus: int, fast: Any) -> None:
    start, denominator, result, numerator, last = (
        PLACES[name] for name in ("QX", "QY", "INVERSE", "A", "B")
    )
    for value in _some(modulus, 3):
        for scale in (1, modulus - 1, R * R % modulus):
            memory = _memory(modulus)
            memory[denominator : denominator + 80] = _words(value)
            memory[numerator : numerator + 80] = _words(scale)
            memory[last : last + 84] = memory[N : N + 84]
            fast.inverse.invert(memory, start, 0)
            expected = scale * pow(value, -1, modulus) % modulus if value else 0
            assert _value(memory, result) == expected


@pytest.mark.parametrize("modulus", MODULI)
def test_digits_of_a_public_scalar(modulus: int, fast: Any) -> None:
    for value in _some(modulus):
        digits = bytearray(260)
        fast.comb.split(digits, _memory(modulus, value), A)
        signed = [(0, 1, -1)[digit] for digit in digits]
        assert sum(digit << place for place, digit in enumerate(signed)) == value
        assert not any(low and high for low, high in pairwise(signed))
