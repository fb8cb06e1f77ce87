"""A driver's fault is its own: it is counted and told, and every other sensor is read."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sealmote.sim import Board, Conditions, Network

WRONG = """
import sys
from mote.errors import SensorError
from sealwire.senml import Record

class Own(Exception):
    def __str__(self):
        raise ValueError("not even that")
    __repr__ = __str__

class Base(BaseException):
    pass

class Text(str):
    pass

class Odd:
    unit = None
    mantissa = exponent = 0
    @property
    def name(self):
        raise Own()

def deep(n):
    return deep(n + 1) + 1

def much():
    kept = []
    while True:
        kept.append(bytearray(4096))
"""
HEAD = """from wrong import *
class Driver:
    name = "soil"
    needs_bus = False
    @staticmethod
    def probe(bus):
        %s
        return Driver()
    def read(self):
        %s
        return [Record("soil", None, 1)]
"""

# By name: what probe and read do beyond their duty, and what is told of it.
FAULTS: dict[str, tuple[str, str, str]] = {
    "opening": ("nobody", "", r"its driver failed: NameError: name 'nobody'"),
    "assertion": ("", "assert False, 'never'", r"its driver failed: AssertionError: never"),
    "own_error": ("", "raise Own()", r"its driver failed: Own: \(its text cannot be told\)"),
    "beyond_exception": ("", "raise Base('b')", r"its driver failed: Base: b"),
    "leaving": ("", "sys.exit()", r"its driver failed: SystemExit"),
    "stopping": ("", "raise StopIteration", r"its driver failed: StopIteration"),
    "recursion": ("", "deep(0)", r"its driver failed: RuntimeError: maximum recursion depth"),
    "greed": ("", "much()", r"its driver failed: MemoryError"),
    "long_text": ("", "raise ValueError('x' * 9000)", r"its driver failed: ValueError: x{200}$"),
    "nothing": ("", "return None", r"its read\(\) gave no list"),
    "a_tuple": ("", "return (Record('a', None, 1),)", r"its read\(\) gave no list"),
    "strangers": ("", "return [1]", r"AttributeError: 'int' object has no attribute"),
    "property": ("", "return [Odd()]", r"its driver failed: Own"),
    "too_many": ("", "return [Record('r%d' % n, None, n) for n in range(16)]", "gave no list"),
    "a_float": ("", "return [Record('a', None, 1.5)]", "gave a a value that is not mantissa and"),
    "not_a_number": ("", "return [Record('a', None, float('nan'))]", "gave a a value that is not"),
    "a_truth": ("", "return [Record('a', None, True)]", "gave a a value that is not mantissa and"),
    "float_exponent": ("", "return [Record('a', None, 1, -2.0)]", "gave a a value that is not"),
    "huge": ("", "return [Record('a', None, 1 << 80)]", "a value is outside"),
    "bad_name": ("", "return [Record('a b', None, 1)]", "the name 'a b'"),
    "no_name": ("", "return [Record(None, None, 1)]", "whose name or unit is no text"),
    "odd_text": ("", "return [Record(Text('a'), None, 1)]", "whose name or unit is no text"),
    "bad_unit": ("", "return [Record('a', 7, 1)]", "whose name or unit is no text"),
    "one_twice": ("", "return [Record('a', None, 1), Record('a', None, 2)]", "two SenML records"),
    "no_sensor": ("return None", "", "its driver failed: AttributeError"),
}  # fmt: skip
FILES = {
    "no_class": ("x = 1\n", "its driver's file has no class Driver"),
    "no_python": ("class Driver\n", "its driver failed: SyntaxError"),
    "lacks_another": ("import umqtt_nowhere\n", "its driver failed: ImportError: no module named 'umqtt"),
    "at_import": ("1 / 0\n", "its driver failed: ZeroDivisionError"),
    "not_there": (None, "no driver: put not_there.py into /lib"),
}  # fmt: skip


@pytest.fixture
def make_board(tmp_path: Path, board_config: dict[str, Any]) -> Callable[..., Board]:
    def make(files: dict[str, str], sensors: list[str], compiled: bool = False) -> Board:
        board = Board.create(tmp_path / "board", wifi=[Network("home", "correct horse")])
        sample = {"period_s": 1, "count": 3, "sensors": sensors}
        board.install(config=board_config | {"sample": sample}, compiled=compiled)
        for name, text in {"wrong": WRONG, **files}.items():
            board.write_file(f"/lib/{name}.py", text.encode())
        return board

    return make


def lines(board: Board, pattern: str) -> list[str]:
    return re.findall(pattern, "\n".join(board.serial.history), re.MULTILINE)


TOLD = {name: cause for name, (_, _, cause) in FAULTS.items()}
TOLD |= {name: re.escape(cause) for name, (_, cause) in FILES.items()}


@pytest.mark.parametrize("part", range(5))  # a board's flash has no room for all
def test_whatever_a_driver_does_the_others_are_read(
    make_board: Callable[..., Board], live: Any, part: int
) -> None:
    files = {name: HEAD % (opens, reads) for name, (opens, reads, _) in FAULTS.items()}
    files |= {name: text for name, (text, _) in FILES.items() if text is not None}
    told = dict(list(TOLD.items())[part::5])
    files = {name: text for name, text in files.items() if name in told}
    board = make_board(files, ["chip", *told, "bme280"], compiled=part == 0)
    live(board, 60)
    for name, cause in told.items():
        warned = lines(board, rf"^W .* sensors: {name}: (.*)")
        warned = [text for text in warned if text != "the traceback cannot be told"]
        assert len(warned) == 3, (name, warned)
        assert all(re.search(cause, text) for text in warned), (name, warned)
    sealed = lines(board, r"app: sealed \d/3 (.*) kept=")
    assert len(sealed) == 3
    assert all(re.fullmatch(r"chip=\S+Cel t=\S+Cel h=\S+%RH p=\d+Pa", values) for values in sealed)
    assert lines(board, "boot=(\\d+)") == ["1"]
    assert not lines(board, "main: restarting")


HOURS = """
import asyncio, time
from mote.sensors.sampler import Sampler
sampler = Sampler(("soil", "chip"), None)
for _ in range(19):
    print("gave", [record.name for record in asyncio.run(sampler.take(lambda: 1_800_000_000)).records])
    time.sleep(600)
print("failures", sampler.failures)
"""


def test_it_is_counted_and_its_traceback_told_once_an_hour(
    make_board: Callable[..., Board],
) -> None:
    board = make_board({"soil": HEAD % ("", "missing_name")}, ["chip"])
    printed = board.exec(HOURS, 60, Conditions(virtual=True))
    assert printed.count("gave ['chip']") == 19
    assert "failures 19" in printed
    assert printed.count("sensors: soil: its driver failed: NameError") == 19
    assert len(re.findall(r'File "/lib/soil.py", line \d+, in read', printed)) == 4


def test_a_long_traceback_is_told_by_its_ends(make_board: Callable[..., Board], live: Any) -> None:
    board = make_board({"soil": HEAD % ("", "deep(0)")}, ["soil", "chip"])
    live(board, 30)
    assert 10 < len(lines(board, r"wrong.py\", line \d+, in deep")) < 60
    assert lines(board, r"^  \.\.\.$") == ["  ..."]
    assert lines(board, "^RuntimeError: maximum recursion depth")


def test_values_that_are_too_many_together_are_the_later_sensors(
    make_board: Callable[..., Board], live: Any
) -> None:
    ten = "return [Record('%s%%d' %% n, None, n) for n in range(10)]"
    files = {name: HEAD % ("", ten % name[0]) for name in ("first", "second")}
    board = make_board(files, ["first", "second", "chip"])
    live(board, 30)
    assert (
        len(lines(board, "sensors: second: its values are too many: all together may be 15")) == 3
    )
    assert len(lines(board, r"app: sealed \d/3 f0=0 .*f9=9 chip=")) == 3


def test_a_name_that_cannot_be_told_apart_is_the_later_sensors(
    make_board: Callable[..., Board], live: Any
) -> None:
    first = HEAD % ("", "return [Record('second.t', None, 1), Record('t', None, 2)]")
    second = HEAD % ("", "return [Record('t', None, 3)]")
    board = make_board({"first": first, "second": second}, ["first", "second"])
    live(board, 30)
    assert (
        len(lines(board, "sensors: second: its second.t is a name that another sensor gave")) == 3
    )
    assert len(lines(board, r"app: sealed \d/3 second\.t=1 t=2 kept")) == 3


def test_a_driver_that_fails_now_and_then_is_heard_in_between(
    make_board: Callable[..., Board], live: Any
) -> None:
    reads = "Driver.count = getattr(Driver, 'count', 0) + 1\n        assert Driver.count % 2"
    board = make_board({"soil": HEAD % ("", reads)}, ["soil", "chip"])
    live(board, 30)
    sealed = lines(board, r"app: sealed \d/3 (.*) kept=")
    assert ["soil=1" in values for values in sealed] == [True, False, True]
