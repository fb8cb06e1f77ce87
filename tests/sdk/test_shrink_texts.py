"""What is moved out of a firmware's source, what stays, and that it reads the same on a board."""

import ast
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmote.shrink import sources
from sealmote.shrink.errors import ShrinkError
from sealmote.shrink.strip import strip
from sealmote.shrink.texts import move_texts
from sealmote.sim import Board
from sealmote.sim.storage import firmware

FIRMWARE = Path(__file__).parents[2] / "firmware"
PROSE = "the sensor stays busy"


def moved(source: str) -> tuple[str, bytes]:
    module = ast.parse(source)
    content = move_texts({"m": module})
    return ast.unparse(module), content


def stays(source: str) -> bool:
    text, content = moved(source)
    return text == ast.unparse(ast.parse(source)) and content == b""


def test_a_text_becomes_a_call_and_a_line() -> None:
    text, content = moved(f"def f():\n    raise E({PROSE!r})")
    assert text == "from mote.texts import text_at\n\ndef f():\n    raise E(text_at(0))"
    assert content == PROSE.encode() + b"\n"


def test_values_go_along() -> None:
    text, content = moved("def f(a, b):\n    return 'neither %s nor %d' % (a, b)")
    assert "return text_at(0, (a, b))" in text
    assert content == b"neither %s nor %d\n"


def test_texts_of_several_modules_lie_one_behind_the_other_and_each_once() -> None:
    one = ast.parse(f"def f():\n    g({PROSE!r})\n    g('another text: é')")
    two = ast.parse(f"async def f():\n    g('a third, also long')\n    g(x={PROSE!r})")
    content = move_texts({"one": one, "two": two})
    assert content.decode() == f"{PROSE}\nanother text: é\na third, also long\n"
    assert "text_at(0)" in ast.unparse(one)
    assert f"text_at({len(PROSE) + 1})" in ast.unparse(one)
    assert "text_at(39)" in ast.unparse(two)
    assert "x=text_at(0)" in ast.unparse(two)


def test_a_lookup_of_texts_becomes_one_of_places() -> None:
    text, content = moved(
        "def f(n):\n    return '%d: %s' % (n, {1: 'first of them', 2: '100 %'}.get(n, 'none'))"
    )
    assert "text_at({1: 0, 2: 14}.get(n, 21))" in text
    assert content == b"first of them\n100 %%\nnone\n"


@pytest.mark.parametrize(
    "source",
    [
        f"TEXT = {PROSE!r}",
        f"log({PROSE!r})",
        f"WORDS = {{1: {PROSE!r}}}",
        f"class A:\n    text = {PROSE!r}\n    log({PROSE!r})",
        f"def f(text={PROSE!r}):\n    pass",
        f"def f():\n    def g(text={PROSE!r}):\n        pass",
        f"def f():\n    {PROSE!r}\n    return 1",
        f"def f(a: {PROSE!r}) -> {PROSE!r}:\n    b: {PROSE!r} = a",
        f"def f(a):\n    return a == {PROSE!r}",
        f"def f(a):\n    return a in ({PROSE!r}, 'x')",
        f"def f(a):\n    return {PROSE!r} in a",
        f"def f(a):\n    return a[{PROSE!r}]",
        f"def f():\n    return {{{PROSE!r}: 1}}",
        f"def f():\n    return [{PROSE!r}]",
        f"def f(a):\n    return ('POST to the %s' % a, {PROSE!r})",
        f"def f(a):\n    return a.split({PROSE!r})",
        f"def f():\n    return {PROSE!r}.split()",
        "def f(a):\n    return ('POST to the %s' % a).encode()",
        f"def f(a):\n    return f'{{a}} {PROSE}'",
        f"def f(a, b):\n    return ({PROSE!r} + a) % b",
        f"@micropython.viper\ndef f():\n    g({PROSE!r})",
        "def f(a, b):\n    return '%s %4d.%03d %s: %s' % a",
        "def f():\n    g('a short 11')",
        "def f():\n    g('onewordthatisratherlong')",
        "def f():\n    g('two lines\\nof one text')",
        "def f(a):\n    return {1: 'first of them', 2: a}.get(a, 'none')",
        "def f(a):\n    return {1: 'i2c', 2: 'spi'}.get(a, 'none')",
    ],
)
def test_what_is_no_prose_or_is_worked_with_stays(source: str) -> None:
    assert stays(source)


def test_a_reader_of_the_modules_own_is_refused() -> None:
    with pytest.raises(ShrinkError, match="m has a text_at of its own"):
        moved(f"def f(text_at):\n    g({PROSE!r})")


# The board's side, on CPython.

Reader = Callable[..., str]


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Callable[[bytes], Reader]:
    """The firmware's `text_at`, with a file of that content, or with none."""
    path = tmp_path_factory.mktemp("texts") / "texts"
    code = (FIRMWARE / "mote" / "texts.py").read_text(encoding="utf-8")

    def make(content: bytes | None) -> Reader:
        scope: dict[str, Any] = {}
        exec(code, scope)
        scope["_PATH"] = str(path)
        path.unlink(missing_ok=True)
        if content is not None:
            path.write_bytes(content)
        found: Reader = scope["text_at"]
        return found

    return make


printable = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=12, max_size=300)


@given(texts=st.lists(printable.map(lambda text: f"in words: {text}"), min_size=1, max_size=5))
def test_any_text_reads_as_it_was(texts: list[str], reader: Callable[[bytes], Reader]) -> None:
    source = "def f():\n" + "".join(f"    yields({text!r})\n" for text in texts)
    module = ast.parse(source)
    content = move_texts({"m": module})
    assert module.body[0].names[0].name == "text_at"  # type: ignore[attr-defined]  # the import
    found: list[str] = []
    scope: dict[str, Any] = {"yields": found.append, "text_at": reader(content)}
    exec(compile(ast.Module(module.body[1:], []), "m", "exec"), scope)
    scope["f"]()
    assert found == texts


@pytest.mark.parametrize(
    ("content", "at"),
    [(None, 0), (b"", 0), (b"one %s\n", 9), (b"one %s", 0), (b"two %s %s\n", 0), (b"\xff %s\n", 0)],
)
def test_a_file_that_is_no_use_never_raises(
    content: bytes | None, at: int, reader: Callable[[bytes | None], Reader]
) -> None:
    said = reader(content)(at, ("EIO",))
    assert said.startswith(f"text {at} of ")
    assert said.endswith("which cannot be read: ('EIO',)")


# The whole firmware, on the real interpreter.

_SNIPPET = """
from sealwire import cbor, check
from sealwire.errors import WireError
for data in (b"", b"\\x01\\x02\\x03", b"\\xfa0000"):
    try:
        cbor.decode(data)
    except WireError as error:
        print(error.code, error)
"""


@pytest.fixture
def board(tmp_path: Path) -> Board:
    modules = sources.parse(firmware.files())
    for module in modules.values():
        strip(module)
    content = move_texts({name: module.tree for name, module in modules.items()})
    folder = tmp_path / "made"
    for module in modules.values():
        path = folder / module.path[1:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(sources.render(module))
    (folder / "main.py").write_text("")
    made = Board.create(tmp_path / "board")
    made.install(folder, {})
    made.write_file("/mote/texts", content)
    return made


def test_a_board_says_what_it_always_said(board: Board, tmp_path: Path) -> None:
    plain = Board.create(tmp_path / "plain")
    plain.install(None, {})
    said = board.exec(_SNIPPET)
    assert said == plain.exec(_SNIPPET)
    assert "2 trailing bytes after the CBOR item" in said


def test_a_board_without_the_file_raises_what_it_always_raised(board: Board) -> None:
    board.remove_file("/mote/texts")
    said = board.exec(_SNIPPET).splitlines()
    assert len(said) == 3
    assert all(
        line.startswith("1 text ") and "/mote/texts, which cannot be read: " in line
        for line in said
    )
    assert said[1].endswith(": 2")


def test_nothing_that_goes_on_the_wire_is_moved() -> None:
    modules = sources.parse(firmware.files())
    content = move_texts({name: module.tree for name, module in modules.items()})
    assert len(content.splitlines()) > 150
    for word in (b"HTTP/1.1", b"Content-", b"boot sequence previous"):
        assert word not in content
