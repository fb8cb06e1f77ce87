"""Nothing from outside paints on a terminal: no markup, no emoji, nothing that a terminal obeys."""

import ast
import io
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.table import Table
from rich.text import Text

from sealmote.cli.common.output import Terminal, escape, print_fields, stdout
from sealmote.common.printable import printable

CLI = Path(__file__).resolve().parents[2] / "host_sdk/sealmote/cli"
HOSTILE = (
    "a\x1b[2K\r\x1b]0;t\x07\n✓ every link holds \u202e \u2028 \udc80"
    " :smile: 34:ab:95:cd:00:01 [bold]x[/]"
)


def printed(terminal: Terminal) -> str:
    assert isinstance(terminal.file, io.StringIO)
    return terminal.file.getvalue()


@pytest.fixture
def terminal() -> Terminal:
    made = Terminal()
    made.file = io.StringIO()
    made.width = 200
    return made


def test_a_line_shows_data_as_it_is_and_stays_one(terminal: Terminal) -> None:
    terminal.say(HOSTILE)
    shown = printed(terminal)
    assert shown == printable(HOSTILE) + "\n"
    assert ":smile: 34:ab:95:cd:00:01 [bold]x[/]" in shown
    assert shown.count("\n") == 1


def test_data_in_markup_is_escaped(terminal: Terminal) -> None:
    terminal.styled(f"[bold]{escape(HOSTILE)}[/]")
    assert printed(terminal) == printable(HOSTILE) + "\n"


def test_a_table_and_a_text_send_nothing_that_a_terminal_obeys(terminal: Terminal) -> None:
    table = Table(box=None)
    table.add_column("\x1b[31mhead")
    table.add_row("\x1b]8;;http://x\x07 34:ab:95:cd:00:01 [red]")
    terminal.print(table)
    terminal.print(Text("\x1b[1;1H\u202e"))
    shown = printed(terminal)
    assert "34:ab:95:cd:00:01 [red]" in shown
    assert not set(shown) & set("\x1b\x07\r\u202e")


@given(st.text())
def test_what_is_shown_is_one_printable_line_of_ascii_escapes_or_glyphs(text: str) -> None:
    shown = printable(text)
    assert shown.isprintable()
    shown.encode()  # no lone surrogate is left
    if text.isprintable():
        assert shown == text


def test_fields_are_never_cut_or_painted(capsys: pytest.CaptureFixture[str]) -> None:
    stdout.file = io.StringIO()
    try:
        print_fields("dev\x1bice", [("34:ab:95:cd:00:01", "f" * 300 + "\n[red]")])
        shown = printed(stdout)
    finally:
        stdout.file = None  # type: ignore[assignment]  # sys.stdout again, as rich has it
    assert "f" * 300 + "\\n[red]" in shown
    assert "\x1b" not in shown


@pytest.mark.parametrize("path", sorted(CLI.glob("*.py")), ids=lambda path: path.stem)
def test_markup_holds_no_data_that_was_not_escaped(path: Path) -> None:
    """Each value in a `styled` line is escaped, a number with a format, or this package's own words."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        assert not (
            node.func.attr == "print" and any(k.arg == "markup" for k in node.keywords)
        ) or (path.stem == "output")
        if node.func.attr != "styled":
            continue
        for part in ast.walk(node.args[0]):
            if isinstance(part, ast.FormattedValue):
                assert _is_safe(part.value), f"{path.name}:{part.lineno}: {ast.unparse(part.value)}"


def _is_safe(value: ast.expr) -> bool:
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "escape"
    if isinstance(value, ast.Subscript):
        return isinstance(value.value, ast.Name) and value.value.id.isupper()
    return ast.unparse(value) in OWN_WORDS


OWN_WORDS = {
    "text",  # app: each line of an error, escaped
    "word",  # monitor: "follows" or "waits for"
    "link.name",
    "what",  # verify: what was taken on trust, in this package's words
    "found.leaf",
    "anchored",
    "result.sealed",
    "result.acknowledged",
    "result.logged",
    "result.verified",
}
