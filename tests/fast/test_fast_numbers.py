"""The hand-written native functions on numbers, under the 32-bit watch, against Python's integers."""

import importlib
import random
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tools.signer import viper
from tools.signer.layout import CURVES, limbs, number

FIRMWARE = Path(__file__).resolve().parents[2] / "firmware"
MODULI = [modulus for curve in CURVES for modulus in (curve.p, curve.n)]
R = 2**260


@pytest.fixture(scope="module")
def fast() -> Any:
    viper.install(FIRMWARE)
    names = ("limbs", "modular", "inverse", "engine")
    return SimpleNamespace(**{n: importlib.import_module(f"sealwire.fast.{n}") for n in names})


def _words(value: int) -> bytearray:
    return bytearray(b"".join(limb.to_bytes(4, "little") for limb in limbs(value)))


def _value(words: bytearray) -> int:
    return number([int.from_bytes(words[4 * i : 4 * i + 4], "little") for i in range(20)])


def _some(modulus: int, count: int = 12) -> list[int]:
    draw = random.Random(modulus)
    edges = [0, 1, 2, modulus - 1, modulus - 2, modulus // 2, modulus // 2 + 1, 2**255, 8191 << 117]
    return edges + [draw.randrange(modulus) for _ in range(count)]


@pytest.mark.parametrize("modulus", MODULI)
def test_bytes_to_limbs_and_back(modulus: int, fast: Any) -> None:
    for value in [*_some(modulus), 2**256 - 1, modulus]:
        words, back = bytearray(80), bytearray(32)
        fast.limbs.unpack(words, value.to_bytes(32, "big"))
        assert _value(words) == value
        fast.limbs.pack(back, words)
        assert int.from_bytes(back, "big") == value


@pytest.mark.parametrize("modulus", MODULI)
def test_comparing_and_reducing(modulus: int, fast: Any) -> None:
    block = fast.engine.modulus(modulus)
    for value in [*_some(modulus), modulus, modulus + 1, 2 * modulus - 1, 2**256 - 1]:
        words = _words(value)
        assert fast.limbs.is_below(words, block) == (value < modulus)
        assert fast.limbs.is_zero(words) == (value == 0)
        fast.limbs.reduce(words, block)
        assert _value(words) == value % modulus if value < 2 * modulus else value - modulus


@pytest.mark.parametrize("modulus", MODULI)
def test_the_lower_of_two(modulus: int, fast: Any) -> None:
    for value in _some(modulus):
        words = _words(value)
        fast.limbs.lower(words, fast.engine.modulus(modulus))
        assert _value(words) == (min(value, modulus - value) if value else 0)


@pytest.mark.parametrize("modulus", MODULI)
def test_multiplying(modulus: int, fast: Any) -> None:
    block = fast.engine.modulus(modulus)
    for a, b in zip(_some(modulus), reversed([*_some(modulus)]), strict=True):
        words = _words(a)
        fast.modular.multiply(words, _words(b), block)
        assert _value(words) == a * b * pow(R, -1, modulus) % modulus
    words = _words(R - 1)  # the largest factor, with the largest below the modulus
    fast.modular.multiply(words, _words(modulus - 1), block)
    assert _value(words) == (R - 1) * (modulus - 1) * pow(R, -1, modulus) % modulus


@pytest.mark.parametrize("modulus", MODULI)
def test_inverting(modulus: int, fast: Any) -> None:
    inverse = fast.inverse
    for value in _some(modulus, 3):
        for scale in (1, modulus - 1, R * R % modulus):
            work = bytearray(4 * inverse.WORDS)
            work[4 * inverse.G : 4 * inverse.G + 80] = _words(value)
            work[4 * inverse.E : 4 * inverse.E + 80] = _words(scale)
            work[4 * inverse.M : 4 * inverse.M + 84] = fast.engine.modulus(modulus)[:84]
            inverse.invert(work, 0, 0)
            expected = scale * pow(value, -1, modulus) % modulus if value else 0
            assert _value(work[4 * inverse.D :]) == expected
