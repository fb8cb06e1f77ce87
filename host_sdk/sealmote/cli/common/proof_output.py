"""Print a proof's explanation, each statement with the links that it rests on."""

from sealmote.cli.common.output import escape, stdout
from sealmote.proof.explain import explain
from sealmote.proof.proof_file import Proof
from sealmote.proof.report import Report, State

_MARKS = {
    State.HOLDS: "[bold green]✓[/]",
    State.CLAIMED: "[yellow]~[/]",
    State.BROKEN: "[bold red]✗[/]",
    State.UNCHECKED: "[yellow]?[/]",
    State.UNKNOWN: "[yellow]?[/]",
}


def print_explanation(proof: Proof, report: Report) -> None:
    """Print a proof's explanation: each sentence marked, and under it the links that it rests on."""
    for number, step in enumerate(explain(proof, report), 1):
        stdout.say(f"{number}. {step.sentence}")
        for link in step.links:
            stdout.styled(
                f"   {_MARKS[link.state]} [dim]{link.name}:[/] {escape(link.explanation)}"
            )
