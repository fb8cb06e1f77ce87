"""What gets another name, what keeps its own, and that the program does what it did."""

import ast
import textwrap
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from tools import gen_vocabulary

from patience import PATIENCE_S
from sealmote.crypto import Signer
from sealmote.shrink import sources, vocabulary
from sealmote.shrink.names import names_in, shorten
from sealmote.shrink.strip import strip
from sealmote.shrink.texts import move_texts
from sealmote.sim import Board, Conditions, Network, Weather
from sealmote.sim.storage import firmware
from sealwire.keys import ES256


def shortened(source: str, *keep: str, **others: str) -> str:
    """Return module `m` after all of them were shortened."""
    modules = {name: ast.parse(textwrap.dedent(text)) for name, text in others.items()}
    modules["m"] = ast.parse(textwrap.dedent(source))
    shorten(modules, frozenset(keep))
    return ast.unparse(modules["m"])


def names(source: str) -> set[str]:
    return set(names_in(ast.parse(source)))


def stays(source: str, name: str, *keep: str) -> bool:
    return name in names(shortened(source, *keep))


def test_module_attribute_method_and_argument_get_names_that_are_interned() -> None:
    text = shortened("""
        _limit_ms = 5
        class _Shelf:
            _width_mm = 3
            def __init__(self, depth_mm):
                self.depth_mm = depth_mm + _limit_ms
            def _grown(self, factor_of):
                return self._width_mm * factor_of
        def made(): return _Shelf(4)._grown(2)
    """)
    found = names(text)
    assert not found & {
        "_limit_ms",
        "_Shelf",
        "_width_mm",
        "depth_mm",
        "_grown",
        "factor_of",
        "made",
    }
    assert found - {"self", "__init__"} < vocabulary.INTERNED


@pytest.mark.parametrize(
    ("source", "name"),
    [
        (
            "import board_bus\nclass A:\n    def readfrom_mem(self): pass",
            "readfrom_mem",
        ),  # an I2C's
        ("class A:\n    def __init__(self): pass", "__init__"),
        ("class A:\n    def _grown(self): return getattr(self, '_grown')", "_grown"),
        ("def _driver(): pass\nx = __import__('y', None, None, ('_driver',))", "_driver"),
        ("T = namedtuple('T', 'width_mm depth_mm')\nclass A:\n    width_mm = 1", "width_mm"),
        ("from elsewhere import made\ndef f(): return made()", "made"),
        ("import elsewhere\ndef f(): return elsewhere._made", "_made"),
        ("def f(given): given._width = 1", "_width"),  # whose object that is nobody knows
        ("def f(): return round(1)", "round"),
        ("_LIMIT = const(3)", "_LIMIT"),
        ("def f(): return dict(width_mm=1)\ndef g(width_mm): pass", "width_mm"),
        ("def f(made): return made(width_mm=1)\ndef g(width_mm): pass", "width_mm"),
        ("def f(self): pass", "self"),
        ("def f():\n    local_mm = 1\n    return local_mm", "local_mm"),
        ("def m(): pass", "m"),
        ("@micropython.viper\ndef f(words_at: ptr32): pass", "words_at"),
    ],
)
def test_what_others_may_know_keeps_its_name(source: str, name: str) -> None:
    assert stays(source, name)


def test_what_is_to_be_kept_keeps_its_name() -> None:
    source = "class Made:\n    def shown(self, depth_mm): self.width_mm = depth_mm"
    for name in ("Made", "shown", "depth_mm", "width_mm"):
        assert stays(source, name, name)
        assert not stays(source, name)


def test_a_builtin_is_nobodys_although_another_module_has_one_of_that_name() -> None:
    assert "hexed(1)" in shortened("def f(): return hexed(1)", other="def hexed(n): return n")


def test_an_attribute_shares_a_name_with_a_modules_member_and_a_functions_comes_first() -> None:
    source = """
        _least_ms = 1
        class _Shelf:
            def __init__(self):
                self._aged_ms = _least_ms
    """
    told = shorten({"m": ast.parse(textwrap.dedent(source))}, frozenset())
    assert sorted(told.values()) == ["_Shelf|_aged_ms", "_least_ms"]


def test_functions_classes_and_methods_share_none() -> None:
    source = "def _a1(): pass\nclass _B1:\n    def _c1(self): pass\n    def _d1(self): pass\n"
    modules = {"m": ast.parse(source), "o": ast.parse("def _e1(): pass")}
    told = shorten(modules, frozenset())
    assert sorted(told.values()) == ["_B1", "_a1", "_c1", "_d1", "_e1"]


def test_arguments_of_all_functions_are_called_the_same() -> None:
    text = shortened("def f(one_mm, two_mm): return one_mm\ndef g(three_mm): return three_mm")
    first, second = ast.parse(text).body
    assert isinstance(first, ast.FunctionDef)
    assert isinstance(second, ast.FunctionDef)
    assert first.args.args[0].arg == second.args.args[0].arg


def test_imports_follow() -> None:
    others = {"shelf": "def _size(): return 1\nclass Shelf_: pass"}
    text = shortened(
        """
        from shelf import _size
        from shelf import _size as how_large
        import shelf
        def f():
            from shelf import Shelf_
            return Shelf_, how_large() + _size() + shelf._size()
        """,
        **others,
    )
    assert not names(text) & {"_size", "how_large"}
    assert " as Shelf_" in text  # a local name costs nothing
    assert " as " not in text.splitlines()[0]


PROGRAM = """
{glob} = 7

class {cls}:
    {var} = {glob} + 1

    def __init__(self, {arg}):
        self.{attr} = {arg} + {glob}

    def {method}(self, {arg}, {named}=2):
        {local} = {arg} * self.{attr} + self.{var}
        return [{local} + {item} + {named} for {item} in range({arg})]

def {func}({arg}):
    global {glob}
    {glob} += 1
    {local} = {cls}({arg})
    def inner({named}, {item}={arg}):
        return {local}.{method}({named}, {named}={item}) + [{arg}]
    by_itself = lambda {item}: {item} + {glob} + {arg}
    return inner(3) + inner({named}=4) + [by_itself(5), {local}.{attr}, {cls}.{var}]

outcome = {func}(6), {glob}
"""
ROLES = ("glob", "cls", "var", "arg", "attr", "method", "named", "local", "item", "func")
POOL = (
    "alpha",
    "_beta",
    "_c2",
    "delta_mm",
    "read",
    "acos",
    "AF_INET",
    "_Shelf",
    "size",
    "round",
    "z0",
)


def outcome(source: str) -> Any:
    scope: dict[str, Any] = {}
    exec(compile(source, "program", "exec"), scope)
    return scope


@settings(suppress_health_check=[HealthCheck.filter_too_much])  # half of them are no programs
@given(chosen=st.tuples(*[st.sampled_from(POOL)] * len(ROLES)))
def test_a_program_does_what_it_did_whatever_its_names(chosen: tuple[str, ...]) -> None:
    source = PROGRAM.format(**dict(zip(ROLES, chosen, strict=True)))
    try:
        before = outcome(source)["outcome"]
    except (SyntaxError, TypeError, NameError, AttributeError, RecursionError):
        assume(False)  # no program to begin with
    after = outcome(shortened(source, "outcome", "by_itself"))["outcome"]
    assert after == before


def test_the_vocabulary_is_this_interpreters_and_these_stubs() -> None:
    assert gen_vocabulary.STUBS.is_dir(), "no stubs of MicroPython: run make check"
    assert gen_vocabulary.generate() == gen_vocabulary.TARGET.read_text(encoding="utf-8")


# The whole firmware, on the real interpreter.

_CONFIG: dict[str, dict[str, Any]] = {
    "wifi": {"ssid": "home", "password": "correct horse"},
    "gateway": {"url": "http://127.0.0.1:9", "origin": "sealmote.example/test"},
    "sample": {"period_s": 1, "count": 3, "sensors": ["bme280", "chip"]},
}
_LOADED = """
import mote.app, mote.device, mote.sensors.bme280, mote.sensors.chip
import micropython
micropython.qstr_info(1)
"""


def small_firmware(folder: Path) -> bytes:
    """Write the firmware with its names shortened, and its texts moved; return these."""
    files = firmware.files()
    modules = sources.parse(files)
    for module in modules.values():
        strip(module)
    trees = {name: module.tree for name, module in modules.items()}
    texts = move_texts(trees)
    programs = {name: files[f"/{name}"] for name in ("boot.py", "main.py")}
    keep = frozenset().union(*(names_in(ast.parse(program)) for program in programs.values()))
    assert len(shorten(trees, keep)) > 200
    programs |= {module.path[1:]: sources.render(module) for module in modules.values()}
    for name, content in programs.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return texts


def test_a_board_has_hundreds_of_names_less_and_does_what_it_did(tmp_path: Path) -> None:
    texts = small_firmware(tmp_path / "made")
    key = Signer.generate(ES256).public.cose().hex()
    config = {**_CONFIG, "gateway": {**_CONFIG["gateway"], "key": key}}
    interned, lines = [], []
    for name, source in (("plain", None), ("small", tmp_path / "made")):
        weather = Weather.constant(21.5, 45.0, 99000)
        board = Board.create(
            tmp_path / name, wifi=[Network("home", "correct horse")], weather=weather
        )
        board.install(source, config)
        board.write_file("/mote/texts", texts)
        interned.append(board.exec(_LOADED).count("Q("))
        with board:
            board.start(Conditions(virtual=True, seed=1))
            board.serial.wait_for("app: done 3", PATIENCE_S)
            lines.append([line for line in board.serial.history if "app: sealed" in line])
    assert interned[1] < interned[0] - 250
    assert len(lines[0]) == 3
    assert lines[1] == lines[0]
