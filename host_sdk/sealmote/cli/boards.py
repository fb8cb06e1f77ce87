"""`sealmote boards`: what is plugged in."""

from dataclasses import asdict
from typing import Annotated

import typer
from rich.table import Table

from sealmote.board import discovery
from sealmote.board.discovery import Found
from sealmote.board.port import ports
from sealmote.cli.common.output import JsonOption, print_json, stderr, stdout

PortsOption = Annotated[
    list[str] | None, typer.Option("--port", "-p", help="Ask this port only; may be repeated.")
]


_KEY_DIGITS = 16  # that a line has room for; --json has all


def boards(port: PortsOption = None, json: JsonOption = False) -> None:
    """Show the boards that are plugged in: port, chip, flash, MAC, and what runs on them.

    A running Sealmote is asked while it works. Another application is interrupted, and a silent board asked
    by its bootloader: these are reset. Further ports: SEALMOTE_PORTS=/dev/pts/3,...

    Example: sealmote boards
    """
    found = discovery.boards(ports.choose(port) if port else ports.plugged_in())
    if json:
        print_json([asdict(one) for one in found])
    elif found:
        stdout.print(_table(found))
        for one in found:
            if one.fault:
                stderr.say(f"{one.port}: {one.fault}")
    else:
        stdout.say("no boards: plug one in with a cable that carries data, or name its --port")
    raise typer.Exit(0 if all(one.fault is None for one in found) else 1)


def _table(found: list[Found]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("port", "chip", "flash", "MAC", "runs", "key"):
        table.add_column(heading, overflow="fold")
    for one in found:
        flash = f"{one.flash_size // 2**20} MiB" if one.flash_size else "?"
        cells = (
            one.port,
            one.chip,
            flash,
            one.mac,
            one.runs or (one.fault and "see below"),
            one.key and f"{one.key[:_KEY_DIGITS]}…",
        )
        table.add_row(*(str(cell) if cell else "–" for cell in cells))
    return table
