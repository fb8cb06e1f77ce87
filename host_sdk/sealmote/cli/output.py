"""What every subcommand prints with: words for people, one JSON object for programs."""

import json
from collections.abc import Iterable
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

stdout = Console()
stderr = Console(stderr=True)

JsonOption = Annotated[bool, typer.Option("--json", help="Print one JSON object for a program.")]


def print_json(value: object) -> None:
    """Print a value as JSON on one line, without colour."""
    typer.echo(json.dumps(value))


def print_fields(title: str, fields: Iterable[tuple[str, str]]) -> None:
    """Print a heading and its fields in two columns."""
    table = Table(show_header=False, box=None, pad_edge=False)
    for label, value in fields:
        table.add_row(f"[dim]{escape(label)}[/]", escape(value))
    stdout.print(f"[bold]{title}[/]")
    stdout.print(table)
