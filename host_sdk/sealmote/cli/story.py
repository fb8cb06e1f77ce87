"""A proof in words, on the terminal."""

from sealmote.cli.output import escape, stdout
from sealmote.proof.bundle import Proof
from sealmote.proof.verify import Report, State
from sealmote.proof.words import tell

_MARKS = {
    State.HOLDS: "[bold green]✓[/]",
    State.CLAIMED: "[yellow]~[/]",
    State.BROKEN: "[bold red]✗[/]",
    State.UNCHECKED: "[yellow]?[/]",
}


def print_story(proof: Proof, report: Report) -> None:
    """Print a proof in words: each sentence marked, and under it the links that it rests on."""
    for number, step in enumerate(tell(proof, report), 1):
        stdout.say(f"{number}. {step.sentence}")
        for link in step.links:
            stdout.styled(f"   {_MARKS[link.state]} [dim]{link.name}:[/] {escape(link.words)}")
