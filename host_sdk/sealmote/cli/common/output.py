"""Terminal output of subcommands: text for people, one JSON object for programs."""

import json
from collections.abc import Iterable
from typing import Annotated, Any

import typer
from rich import markup
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.text import Text

from sealmote.common.printable import printable


class Terminal(Console):
    """A console on which data stays data: no markup or emoji in it, and nothing that a terminal obeys.

    Lines are left for the terminal to wrap, so that what is copied from them is whole.
    """

    def __init__(self, *, stderr: bool = False) -> None:
        super().__init__(stderr=stderr, markup=False, emoji=False, highlight=False)

    def say(self, text: str) -> None:
        """Print text as it is, on one line."""
        self.print(printable(text), soft_wrap=True)

    def styled(self, text: str) -> None:
        """Print markup. Data in it has gone through `escape`."""
        self.print(text, markup=True, soft_wrap=True)

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """Render as rich does, with what has no glyph written out."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else _printable_lines(text), style, control)

    def render_str(self, text: str, **options: Any) -> Text:
        """Do the same before a cell is laid out, whose width counts."""
        return super().render_str(_printable_lines(text), **options)


def _printable_lines(text: str) -> str:
    return "\n".join(map(printable, text.split("\n")))


stdout = Terminal()
stderr = Terminal(stderr=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for a program.")]


def escape(text: str) -> str:
    """Return data as markup that shows it, on one line."""
    return markup.escape(printable(text))


def print_json(value: object) -> None:
    """Print a value as JSON on one line, without colour."""
    typer.echo(json.dumps(value))


def print_fields(title: str, fields: Iterable[tuple[str, str]]) -> None:
    """Print a heading and its fields in two columns; values are never cut, for they are copied."""
    rows = list(fields)
    width = max((len(label) for label, _ in rows), default=0)
    stdout.styled(f"[bold]{escape(title)}[/]")
    for label, value in rows:
        line = f"[dim]{escape(label.ljust(width))}[/]  {escape(value)}"
        stdout.styled(line)
