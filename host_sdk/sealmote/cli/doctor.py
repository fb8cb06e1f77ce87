"""`sealmote doctor`: what is missing on this machine."""

import typer

from sealmote.cli.output import JsonOption, print_json, stdout
from sealmote.doctor import examine


def doctor(json: JsonOption = False) -> None:
    """Say what is missing on this machine, and the command that installs it.

    Exit code 0 only if everything that the simulator and the gateway need is there.

    Example: sealmote doctor
    """
    findings = examine()
    if json:
        print_json([finding.__dict__ for finding in findings])
    else:
        for finding in findings:
            mark = (
                "[green]✓[/]"
                if finding.present
                else "[red]✗[/]"
                if finding.needed
                else "[yellow]–[/]"
            )
            stdout.print(f"{mark} {finding.what}: {finding.words}", highlight=False)
    raise typer.Exit(0 if all(f.present or not f.needed for f in findings) else 1)
