"""`sealmote sim`: boards without hardware."""

import errno
import secrets
from contextlib import AsyncExitStack
from dataclasses import replace
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from sealmote.board import provision
from sealmote.cli import sim_board, sim_sensors
from sealmote.cli.common.output import print_fields, stdout
from sealmote.cli.common.until_stopped import run_until_stopped
from sealmote.provisioning import target
from sealmote.sim import (
    Board,
    Conditions,
    Fault,
    Host,
    Network,
    NtpServer,
    Weather,
)
from sealmote.sim.environment.faults import explain

app = typer.Typer(
    help="Run the board's firmware, unchanged, on a simulated board.", no_args_is_help=True
)

app.command("board")(sim_board.board)

Folder = Annotated[Path, typer.Argument(help="The board's folder.")]
_WIFI = Network("sealmote", "correct horse")
_NTP_PORT = 12300  # the real one, 123, is the superuser's


class Algorithm(StrEnum):
    """What a board's key signs with."""

    ES256 = "ES256"
    ES256K = "ES256K"


@app.command()
def create(
    folder: Folder,
    gateway: Annotated[str, typer.Option(help="URL of the gateway that it sends to.")] = (
        "http://127.0.0.1:8470"
    ),
    alg: Annotated[Algorithm, typer.Option(help="What its key signs with.")] = Algorithm.ES256,
    period: Annotated[int, typer.Option(min=1, help="Seconds between readings.")] = 10,
    count: Annotated[int, typer.Option(min=0, help="How many readings; 0 for ever.")] = 0,
    sensor: sim_sensors.SensorOption = None,
    drivers: sim_sensors.DriversOption = None,
    speed: Annotated[float, typer.Option(min=0, help="How fast the weather runs.")] = 60.0,
) -> None:
    """Make a board: flash, firmware, configuration, and its key.

    The gateway's keys are asked of the gateway and pinned on the board.

    Example: sealmote sim create board-1 --gateway http://127.0.0.1:8470
    """
    pin = target.ask(gateway.rstrip("/"))
    sensors = sim_sensors.parse(sensor)
    board = Board.create(
        folder, wifi=[_WIFI], sensors=sensors, weather=Weather.recorded(speed=speed)
    )
    board.install(
        config={
            "wifi": {"ssid": _WIFI.ssid, "password": _WIFI.password},
            "gateway": pin.config(),
            "ntp": {"host": "127.0.0.1", "port": _NTP_PORT},
            "sample": {
                "period_s": period,
                "count": count,
                "sensors": sim_sensors.drivers(sensors),
            },
            "alg": alg.value,
        }
    )
    sim_sensors.install_drivers(board, drivers)
    made = provision.identity(board, alg.value)
    (folder / "board.cosekey").write_bytes(made.key.cose())
    fields = {
        "MAC": made.mac.hex(":"),
        "thumbprint": made.key.thumbprint().hex(),
        "public key": str(folder / "board.cosekey"),
        "pinned gateway": f"{pin.origin}, key {pin.key.thumbprint().hex()}",
    }
    print_fields(f"a board in {folder}", fields.items())


@app.command(epilog=explain())
def run(
    folder: Folder,
    fault: Annotated[
        list[str] | None,
        typer.Option(help="KIND:KEY=VALUE,... something that goes wrong; see below. Repeatable."),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            help="The same seed, board and gateway give the same run. Never for real keys."
        ),
    ] = None,
    virtual: Annotated[
        bool,
        typer.Option(help="On a virtual clock: nothing sleeps for real, a month takes minutes."),
    ] = False,
) -> None:
    """Switch a board on and show its serial line until Ctrl-C, which cuts its power.

    Times of a fault are in seconds from the switching on: at=, for= how long, every= again after so
    long, off= how long the power stays away. Without a seed, faults draw one and name it.

    Example: sealmote sim run board-1 --virtual --seed 7
    --fault gateway-down:at=600,for=3600 --fault power-cut:at=900,off=30 --fault switch-off:at=7200
    """
    faults = tuple(Fault.parse(spec) for spec in fault or ())
    if faults and seed is None:
        seed = secrets.randbelow(1 << 32)
        print_fields("faults", [("seed", str(seed))])
    conditions = Conditions(virtual=virtual, seed=seed, faults=faults)
    run_until_stopped(_run(Board.open(folder), conditions))


@app.command("exec")
def execute(
    folder: Folder,
    code: Annotated[str, typer.Argument(help="MicroPython to run instead of main.py.")],
) -> None:
    """Run a snippet on a board that is off, as mpremote would, and show what it prints.

    Example: sealmote sim exec board-1 'import os; print(os.listdir("/"))'
    """
    typer.echo(Board.open(folder).exec(code), nl=False)


async def _run(board: Board, conditions: Conditions) -> None:
    async with AsyncExitStack() as held:
        if conditions.virtual:
            conditions = await _serve_virtual_time(held, board, conditions)
        else:
            await _serve_time(held)
        held.enter_context(board)
        board.start(conditions)
        async for line in board.serial.stream():
            stdout.say(line)


async def _serve_time(held: AsyncExitStack) -> None:
    """Tell boards on this machine the time, unless another `sealmote sim run` does so already."""
    try:
        await held.enter_async_context(NtpServer("127.0.0.1", _NTP_PORT))
    except OSError as error:
        if error.errno != errno.EADDRINUSE:
            raise


async def _serve_virtual_time(
    held: AsyncExitStack, board: Board, conditions: Conditions
) -> Conditions:
    """Tell one board the time of its own world; returns the conditions under which it finds out."""
    server = NtpServer(clock=lambda: board.shared_state.now_us * 1000)
    ntp = await held.enter_async_context(server)
    return replace(conditions, hosts=(Host("127.0.0.1", _NTP_PORT, ntp.port),))
