"""What every subcommand prints with: words for people, one JSON object for programs."""

import json
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

stdout = Console()
stderr = Console(stderr=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for a program.")]


def print_json(value: object) -> None:
    """Print a value as JSON on one line, without colour."""
    typer.echo(json.dumps(value))


def print_fields(title: str, fields: Iterable[tuple[str, str]]) -> None:
    """Print a heading and its fields in two columns; values are never cut, for they are copied."""
    rows = list(fields)
    width = max((len(label) for label, _ in rows), default=0)
    stdout.print(f"[bold]{escape(title)}[/]", highlight=False)
    for label, value in rows:
        line = f"[dim]{escape(label.ljust(width))}[/]  {escape(value)}"
        stdout.print(line, highlight=False, soft_wrap=True)
