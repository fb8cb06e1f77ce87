"""`sealmote sim board`: boards behind ports, for esptool, mpremote, and everything that uses them."""

import asyncio
from contextlib import AsyncExitStack
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from sealmote.cli import sim_sensors
from sealmote.cli.common.output import JsonOption, print_fields, print_json, stderr
from sealmote.cli.common.until_stopped import run_until_stopped
from sealmote.sim import Board, Conditions, Host, Network, NtpServer, Sensor, Weather
from sealmote.sim.errors import BoardFilesError, HardwareError, SimulatorMissingError
from sealmote.sim.hardware import Chip

if TYPE_CHECKING:
    from sealmote.sim.virtual import Port, VirtualBoard


class Wiring(StrEnum):
    """What DTR and RTS of a port reach."""

    UART = "uart"
    USB = "usb"


_TIME: Final = ("pool.ntp.org", 123)  # whom boards ask for the time, unless told otherwise
_LOOKS_EVERY_S: Final = 0.2
_BOARDS_MAX: Final = 64


def board(
    folder: Annotated[Path, typer.Argument(help="The board's folder; made where there is none.")],
    chip: Annotated[Chip, typer.Option(help="What a new board is built around.")] = "esp32",
    boards: Annotated[
        int,
        typer.Option(
            min=1, max=_BOARDS_MAX, help="That many, in folders 1, 2, … below the board's."
        ),
    ] = 1,
    rfc2217: Annotated[
        int | None,
        typer.Option(
            metavar="PORT",
            min=0,
            max=65535 - _BOARDS_MAX,
            help="Not a pty but a server of RFC 2217, on this TCP port or, with 0, a free one; the "
            "second board's is the next.",
        ),
    ] = None,
    wiring: Annotated[
        Wiring,
        typer.Option(
            help="What DTR and RTS reach over RFC 2217: uart, a USB bridge and two transistors; usb, "
            "the chip's own USB (esptool --before usb-reset)."
        ),
    ] = Wiring.UART,
    sensor: sim_sensors.SensorOption = None,
    ssid: Annotated[str, typer.Option(help="The Wi-Fi in the air.")] = "sealmote",
    password: Annotated[str, typer.Option(help="Its password.")] = "correct horse",  # noqa: S107 - of no real network
    json: JsonOption = False,
) -> None:
    """Plug in a board without hardware: a port that esptool flashes and mpremote talks to.

    A new board is bare. It runs MicroPython from the very bytes that are flashed, and stays what it is
    in its folder. Shown are the ports; Ctrl-C pulls the cable. The time is told to boards that ask
    pool.ntp.org.

    Example: sealmote sim board b1 --chip esp32c3

    then: esptool --port PORT write-flash 0 esp32c3.hex; mpremote connect PORT
    """
    folders = [folder / str(n) for n in range(1, boards + 1)] if boards > 1 else [folder]
    wired = sim_sensors.parse(sensor, chip)
    made = [_open_or_make(one, chip, wired, Network(ssid, password)) for one in folders]
    if sensor is not None:
        _check_sensors(made, wired)
    run_until_stopped(_plug_in(made, rfc2217, wiring, json=json))


def _open_or_make(folder: Path, chip: Chip, sensors: list[Sensor], wifi: Network) -> Board:
    try:
        found = Board.open(folder)
    except BoardFilesError:
        if folder.exists() and any(folder.iterdir()):
            raise
        return Board.create(
            folder,
            chip=chip,
            sensors=sensors,
            wifi=[wifi],
            bare=True,
            weather=Weather.recorded(speed=60.0),
        )
    if found.hardware.chip != chip:
        raise HardwareError(
            f"the board in {folder} is an {found.hardware.chip}: say --chip {found.hardware.chip}, or "
            "choose another folder"
        )
    return found


def _check_sensors(boards: list[Board], wanted: list[Sensor]) -> None:
    for one in boards:
        if list(one.hardware.sensors) != wanted:
            raise HardwareError(
                f"the board in {one.folder} has other sensors: leave --sensor out, or choose another folder"
            )


async def _plug_in(made: list[Board], rfc2217: int | None, wiring: Wiring, *, json: bool) -> None:
    try:  # here, for esptool takes longer to load than other subcommands take to run
        from sealmote.sim.virtual import PtyPort, Rfc2217Port, VirtualBoard  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if error.name != "termios":
            raise
        raise SimulatorMissingError(
            "boards behind ports need Linux or macOS, on Windows WSL"
        ) from error

    def port(number: int) -> "Port":
        if rfc2217 is None:
            return PtyPort()
        return Rfc2217Port(rfc2217 + number if rfc2217 else 0, wiring.value)

    async with AsyncExitStack() as held:
        time = await held.enter_async_context(NtpServer())
        conditions = Conditions(hosts=(Host(*_TIME, time.port),))
        plugged = [
            held.enter_context(VirtualBoard(one, port(number), conditions))
            for number, one in enumerate(made)
        ]
        _show(plugged, json=json)
        await _watch(plugged)


def _show(plugged: "list[VirtualBoard]", *, json: bool) -> None:
    found = [
        {
            "port": one.port,
            "chip": one.board.hardware.chip,
            "mac": one.board.mac.hex(),
            "folder": str(one.board.folder),
        }
        for one in plugged
    ]
    if json:
        print_json(found)
        return
    for fields in found:
        print_fields(fields["port"], [(name, fields[name]) for name in ("chip", "mac", "folder")])
    ports = ",".join(one.port for one in plugged)
    print_fields("for `sealmote boards`, `flash` and others", [("SEALMOTE_PORTS", ports)])


async def _watch(plugged: "list[VirtualBoard]") -> None:
    """Say what keeps a board from running what was flashed, each time that it changes."""
    said: dict[str, str | None] = {}
    while True:
        for one in plugged:
            fault = one.fault
            if one.downloading:
                continue
            if fault != said.get(one.port) and fault is not None:
                stderr.say(f"{one.port} runs nothing: {fault}")
            said[one.port] = fault
        await asyncio.sleep(_LOOKS_EVERY_S)
