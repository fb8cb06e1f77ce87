"""Assemble the subcommands; turn errors into a message and an exit code."""

import errno
import inspect
import sys
from collections.abc import Iterable
from importlib import import_module
from importlib.metadata import version
from io import TextIOWrapper
from typing import Annotated

import typer

from sealmote import extras, plugins
from sealmote.cli.common.output import escape, stderr, stdout
from sealmote.common.fault_log import describe
from sealmote.errors import SealmoteError
from sealmote.plugins import Plugin, PluginError

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
_READ_ONLY = "run it as the owner of that folder, or name another one"
_NEXT_STEPS = {
    errno.ENOSPC: "make room on the disk",
    errno.EDQUOT: "make room on the disk",
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _READ_ONLY,
    errno.EPERM: _READ_ONLY,
    errno.ENOENT: "name a file or folder that is there",
    errno.EMFILE: "close programs, or allow more open files (`ulimit -n 4096`)",
    errno.ENFILE: "close programs, or allow more open files (`ulimit -n 4096`)",
}
_GROUPS = ("sim", "gateway", "device", "chain")
_EXTRAS = {"sim": "sim"}  # of a command that lacks others too: the one that brings everything


def build(names: tuple[str, ...] = COMMANDS, plugged_in: Iterable[Plugin] = ()) -> typer.Typer:
    """Return the command line with these subcommands, and those of plugins."""
    app = typer.Typer(
        name="sealmote",
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
    )
    app.callback()(_top)
    for name in names:
        _add(app, name)
    for plugin in plugged_in:
        _add_plugin(app, plugin)
    for part in (app, *(group.typer_instance for group in app.registered_groups)):
        for command in part.registered_commands if part else ():
            command.help = command.help or _paragraphs(inspect.getdoc(command.callback) or "")
    return app


def _paragraphs(text: str) -> str:
    """Return a docstring with each paragraph on one line, for the terminal to break where it ends."""
    return "\n\n".join(" ".join(part.split("\n")) for part in text.split("\n\n"))


def _add(app: typer.Typer, name: str) -> None:
    try:
        module = import_module(f"sealmote.cli.{name}")
    except ModuleNotFoundError as error:
        _add_unusable(app, name, extras.explain(error, _EXTRAS.get(name)), "Not installed.")
        return
    if name in _GROUPS:
        app.add_typer(module.app, name=name)
    else:
        app.command(name)(getattr(module, name))


def _add_plugin(app: typer.Typer, plugin: Plugin) -> None:
    try:
        app.add_typer(plugin.load(typer.Typer), name=plugin.name)
    except PluginError as error:
        _add_unusable(app, plugin.name, error, "Not usable.")


def _add_unusable(app: typer.Typer, name: str, why: SealmoteError, head: str) -> None:
    """Add a command that says why it is not there."""

    def unusable() -> None:
        raise why

    anything = {"allow_extra_args": True, "ignore_unknown_options": True}
    app.command(name, help=f"{head} {escape(str(why))}", context_settings=anything)(unusable)


def _for(named: str | None) -> typer.Typer:
    """Return the command line for what was asked.

    Only that is loaded: an EVM takes a second, and `inspect` has no need of it. A plugin cannot take the
    place of a command.
    """
    if named in COMMANDS:
        return build((named,))
    found = plugins.find(plugins.COMMANDS)
    if named in found:
        return build((), [found[named]])
    for name in COMMANDS:
        if name in found:
            taken = found.pop(name)
            stderr.say(
                f"left out: {name!r} of {taken.packages}, for sealmote has a command of that name"
            )
    return build(plugged_in=found.values())


def main() -> None:
    """Run the command line; the entry point of `sealmote`."""
    app = _for(sys.argv[1] if len(sys.argv) > 1 else None)
    for stream in (sys.stdout, sys.stderr):  # a terminal without Unicode shows escapes
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    try:
        app()
    except SealmoteError as error:
        _fail(str(error))
    except ModuleNotFoundError as error:
        _fail(str(extras.explain(error)))
    except OSError as error:
        _fail(_explained(error))
    except KeyboardInterrupt:
        sys.exit(130)


def _print_version(asked: bool) -> None:
    if asked:
        stdout.say(f"sealmote {version('sealmote')}")
        raise typer.Exit


def _fail(why: str) -> None:
    text = "\n".join(map(escape, why.split("\n")))  # some name a command on a line of its own
    stderr.styled(f"[bold red]error:[/] {text}")
    sys.exit(1)


def _explained(error: OSError) -> str:
    """Say what the system would not do, and what helps."""
    next_step = _NEXT_STEPS.get(error.errno or 0, "look at the disk, and at what was named")
    return f"{describe(error)}: {next_step}"


def _top(
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=_print_version, help="Show the version."),
    ] = False,
) -> None:
    """Sensor readings worth believing: sealed on the board, logged, anchored, proven."""
    # A callback keeps `sealmote NAME` a subcommand even where NAME alone was loaded.
