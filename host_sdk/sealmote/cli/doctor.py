"""`sealmote doctor`: what is missing or wrong here, and the command that fixes it."""

from typing import Annotated

import typer

from sealmote.cli.common.output import JsonOption, escape, print_json, stderr, stdout
from sealmote.doctor import Finding, examine, examine_board


def doctor(
    port: Annotated[
        str | None,
        typer.Option(
            "--port",
            "-p",
            help="Also the board there: asked if it runs, else reset and judged by what it says.",
        ),
    ] = None,
    seconds: Annotated[float, typer.Option(min=1, help="How long to listen to it.")] = 8,
    json: JsonOption = False,
) -> None:
    """Say what is missing or wrong: programs, serial ports and their drivers, a board that does not start.

    Exit code 0 only if everything that is needed is well.

    Example: sealmote doctor --port /dev/ttyUSB0
    """
    findings = examine()
    if port is not None:
        if not json:
            stderr.say(f"listening to {port} for {seconds:g} s …")
        findings += examine_board(port, seconds)
    if json:
        print_json([finding.__dict__ for finding in findings])
    else:
        for finding in findings:
            stdout.styled(_line(finding))
    raise typer.Exit(0 if all(f.present or not f.needed for f in findings) else 1)


def _line(finding: Finding) -> str:
    bad = "[red]✗[/]" if finding.needed else "[yellow]–[/]"
    mark = "[green]✓[/]" if finding.present else bad
    return f"{mark} {escape(finding.what)}: {escape(finding.words)}"
