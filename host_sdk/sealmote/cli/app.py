"""Put the subcommands together, and turn errors into a line and an exit code."""

import sys
from importlib import import_module

import typer
from rich.console import Console
from rich.markup import escape

from sealmote.errors import SealmoteError

# In the order of the help. A group has its own subcommands; a command is one function.
COMMANDS = (
    "demo",
    "sim",
    "gateway",
    "device",
    "inspect",
    "prove",
    "verify",
    "chain",
    "doctor",
    "build",
    "stock",
    "boards",
    "flash",
    "recover",
    "provision",
    "setup",
    "monitor",
)
_GROUPS = ("sim", "gateway", "device", "chain")


def build(names: tuple[str, ...] = COMMANDS) -> typer.Typer:
    """Return the command line with these subcommands."""
    app = typer.Typer(
        name="sealmote",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_top)
    for name in names:
        module = import_module(f"sealmote.cli.{name}")
        if name in _GROUPS:
            app.add_typer(module.app, name=name)
        else:
            app.command(name)(getattr(module, name))
    return app


def main() -> None:
    """Run the command line; the entry point of `sealmote`."""
    # Only what was asked for is loaded: an EVM takes a second, and `inspect` has no need of it.
    named = sys.argv[1:2]
    app = build(tuple(named)) if named and named[0] in COMMANDS else build()
    try:
        app()
    except SealmoteError as error:
        stderr = Console(stderr=True)
        stderr.print(f"[bold red]error:[/] {escape(str(error))}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        sys.exit(130)


def _top() -> None:
    """Sensor readings worth believing: sealed on the board, logged, anchored, proven."""
    # A callback keeps `sealmote NAME` a subcommand even where NAME alone was loaded.
