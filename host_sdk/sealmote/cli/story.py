"""A proof in words, on the terminal."""

from rich.markup import escape

from sealmote.cli.output import stdout
from sealmote.proof.bundle import Proof
from sealmote.proof.verify import Report, State
from sealmote.proof.words import tell

_MARKS = {
    State.HOLDS: "[bold green]✓[/]",
    State.BROKEN: "[bold red]✗[/]",
    State.UNCHECKED: "[yellow]?[/]",
}


def print_story(proof: Proof, report: Report) -> None:
    """Print a proof in words: each sentence marked, and under it the links that it rests on."""
    for number, step in enumerate(tell(proof, report), 1):
        stdout.print(f"{number}. {escape(step.sentence)}", highlight=False)
        for link in step.links:
            stdout.print(
                f"   {_MARKS[link.state]} [dim]{link.name}:[/] {escape(link.words)}",
                highlight=False,
            )
