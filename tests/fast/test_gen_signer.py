"""The generated field machines and tables are current, and generating fails when a bound does not hold."""

import re
from pathlib import Path

import pytest
from tools import gen_signer as tool
from tools.signer import bounds, field, programs, table
from tools.signer.layout import CURVES, PLACES, Curve, limbs, number
from tools.signer.viper import OutsideWordError

FAST = Path(__file__).resolve().parents[2] / "firmware/sealwire/fast"


def test_every_generated_module_is_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(["--check"]) == 0
    assert "lower modulo k256 n" in capsys.readouterr().out


def test_a_stale_module_is_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert tool.main(["--into", str(tmp_path)]) == 0
    stale = tmp_path / "field_p256.py"
    stale.write_text(stale.read_text().replace("8191", "8190", 1))
    assert tool.main(["--check", "--into", str(tmp_path)]) == 1
    assert str(stale) in capsys.readouterr().err


# A change to the machine, and to which curve: each lets some word overflow, or a limb grow.
BROKEN = [
    (0, r"c\[17\] = x\*8184 \+ c\[17\]", "c[17] = c[17] - x*8"),  # a column below zero
    (0, r"\(x & 511\) \+ 8", "(x & 511)"),  # no room for a borrow
    (0, r"\+ c\[19\] - 8", "+ c[19] - 8 + (c[18] << 12)"),
    (1, r"\]\*x \+ c", "]*x*2 + c"),
    (1, r"\(c\[20\] << 4\)", "(c[20] << 10)"),
    (1, r"t = x & 8191; c\[1\]", "t = x; c[1]"),
    (1, r"d\[7\] = x & 8191", "d[7] = x & 16383"),
]


@pytest.mark.parametrize(("which", "pattern", "text"), BROKEN)
def test_a_bound_that_does_not_hold_stops_the_generator(
    which: int, pattern: str, text: str
) -> None:
    curve = CURVES[which]
    source = field.generate(curve)
    broken, count = re.subn(pattern, text, source)
    assert count
    assert list(bounds.prove(curve, source))
    with pytest.raises(OutsideWordError):
        list(bounds.prove(curve, broken))


@pytest.mark.parametrize("curve", CURVES, ids=lambda c: c.name)
@pytest.mark.parametrize("size", sorted(table.SHAPES))
def test_tables_hold_odd_multiples(curve: Curve, size: int) -> None:
    blocks, teeth, spacing = table.SHAPES[size]
    assert blocks << (teeth - 1 + 6) == size
    assert blocks * teeth * spacing >= 257
    points = table.points(curve, blocks, teeth, spacing)
    assert len(points) == size
    inverse = pow(curve.radix, -1, curve.p)
    for at in range(0, size, max(64, size // 64 * 8)):
        x, y = [
            int.from_bytes(points[at + i : at + i + 32], "little") * inverse % curve.p
            for i in (0, 32)
        ]
        assert (y * y - x**3 - curve.a * x - curve.b) % curve.p == 0


@pytest.mark.parametrize("curve", CURVES, ids=lambda c: c.name)
def test_places_and_starts_are_the_same_everywhere(curve: Curve) -> None:
    """The firmware's copies of the map of an engine's memory, and of where programs start."""
    _, starts = programs.assemble(curve)
    known = PLACES | starts | {"SECRET_WORDS": PLACES["ZERO"] // 4}
    found = set()
    constant = re.compile(r"^_([A-Z_]+) = const\((\d+)\)", re.MULTILINE)
    for path in FAST.glob("*.py"):
        for name, value in constant.findall(path.read_text()):
            if name in known:
                assert int(value) == known[name], f"{path.name}: _{name}"
                found.add(name)
    assert found >= {"SIZE", "COLUMNS", "COUNT", "QX", "SECRET", *starts}


def test_limbs_and_numbers_are_each_others_inverse() -> None:
    for value in (0, 1, 8191, 8192, 2**256 - 1, 2**260 - 1):
        assert number(limbs(value)) == value
    assert sorted(p.name for p in FAST.glob("comb_*.py")) == ["comb_k256.py", "comb_p256.py"]
