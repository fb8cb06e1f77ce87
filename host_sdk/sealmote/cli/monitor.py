"""`sealmote monitor`: what a board says on its serial line, for as long as somebody looks."""

from dataclasses import asdict
from typing import Annotated, Final

import typer
from rich.text import Text

from sealmote.board.port import lines
from sealmote.board.port.lines import LEVELS, Line
from sealmote.board.port.monitor import Event, Monitor
from sealmote.cli.common.output import JsonOption, escape, print_json, stdout
from sealmote.cli.common.provisioning_options import PortOption, only_port
from sealmote.cli.common.until_stopped import until_stopped
from sealmote.inspection import Inspection, inspect

_COLOURS: Final = {"D": "dim", "I": "", "W": "yellow", "E": "bold red"}


def monitor(
    port: PortOption = None,
    status: Annotated[
        float | None, typer.Option(min=1, help="Ask for the board's status every so many seconds.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Show a board's log until Ctrl-C, through resets and pulled cables.

    Sealed messages in a line are decoded; `"log": "debug"` in a board's configuration prints each.
    With --json a line is an object: {"event": "line", "level", "seconds", "module", "text", ...}.

    Example: sealmote monitor --status 10
    """
    following = Monitor(only_port(port), status)
    with until_stopped():
        for event in following.events():
            (_print_object if json else print_event)(event)


def print_event(event: Event) -> None:
    """Print one event for a person."""
    if event.kind != "line":
        word = "follows" if event.kind == "there" else "waits for"
        stdout.styled(f"[dim]-- {word} {escape(event.text)}[/]")
        return
    line = lines.parse(event.text)
    stdout.print(_coloured(line), soft_wrap=True)
    for message in line.messages:
        _print_message(inspect(message))


def _coloured(line: Line) -> Text:
    if line.status is not None:
        return Text("  ".join(f"{key}={value}" for key, value in line.status.items()), "cyan")
    if line.level is None:
        return Text(line.raw)
    text = Text(f"{line.seconds:>9} ", "dim")
    text.append(f"{line.level} ", _COLOURS[line.level])
    text.append(f"{line.module}: ", "bold")
    return text.append(line.text or "", _COLOURS[line.level])


def _print_message(found: Inspection) -> None:
    said = ", ".join(f"{label} {value}" for label, value in found.fields)
    stdout.print(Text(f"          {found.kind}: {said or found.problem}", "green"), soft_wrap=True)


def _print_object(event: Event) -> None:
    if event.kind != "line":
        print_json({"event": event.kind, "port": event.text})
        return
    line = lines.parse(event.text)
    found = {key: value for key, value in asdict(line).items() if value is not None}
    if line.level is not None:
        found["level"] = LEVELS[line.level]
    found["messages"] = [_message(message) for message in line.messages]
    print_json({"event": "line", **found})


def _message(message: bytes) -> dict[str, object]:
    found = inspect(message)
    return {"hex": message.hex(), "kind": found.kind, "fields": dict(found.fields)}
