"""Put the subcommands together, and turn errors into a line and an exit code."""

import sys

import typer

from sealmote.cli import chain, demo, device, doctor, gateway, inspect, prove, sim, verify
from sealmote.cli.output import stderr
from sealmote.errors import SealmoteError

app = typer.Typer(
    name="sealmote",
    help="Sensor readings worth believing: sealed on the board, logged, anchored, proven.",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
)

app.command("demo")(demo.demo)
app.add_typer(sim.app, name="sim")
app.add_typer(gateway.app, name="gateway")
app.add_typer(device.app, name="device")
app.command("inspect")(inspect.inspect)
app.command("prove")(prove.prove)
app.command("verify")(verify.verify)
app.add_typer(chain.app, name="chain")
app.command("doctor")(doctor.doctor)


def main() -> None:
    """Run the command line; the entry point of `sealmote`."""
    try:
        app()
    except SealmoteError as error:
        stderr.print(f"[bold red]error:[/] {error}", highlight=False, soft_wrap=True)
        sys.exit(1)
    except KeyboardInterrupt:
        stderr.print("stopped")
        sys.exit(130)
