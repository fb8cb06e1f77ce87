"""The option `--sensor` of `sealmote sim`: chips on a simulated board's I2C bus."""

from pathlib import Path
from typing import Annotated, Final

import typer

from sealmote.sim import Board, HardwareError, Sensor, sensors
from sealmote.sim.hardware import Chip

_NONE: Final = "none"
_USUAL: Final = "bme280"


def _checked(specs: list[str] | None) -> list[str] | None:
    try:
        for sensor in parse(specs):
            sensor.check()
    except HardwareError as error:
        raise typer.BadParameter(str(error)) from error
    return specs


SensorOption = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME[:KEY=NUMBER,...]",
        callback=_checked,
        help="What is on its I2C bus, with address=, sda=, scl= and what it has of its own; its chip has a "
        f"thermometer anyway. Repeatable; {_NONE} for nothing, {_USUAL} if left out. There are "
        f"{', '.join(sensors.names())}.",
    ),
]

DriversOption = Annotated[
    Path | None,
    typer.Option(
        metavar="DIR",
        exists=True,
        file_okay=False,
        help="Folder with drivers of your own: its .py files go to /lib.",
    ),
]


def parse(specs: list[str] | None, chip: Chip = "esp32") -> list[Sensor]:
    """Return the sensors that were asked for. HardwareError if one cannot be."""
    return [] if specs == [_NONE] else [Sensor.parse(spec, chip) for spec in specs or [_USUAL]]


def drivers(wired: list[Sensor]) -> list[str]:
    """Return `sample.sensors` of a configuration: the drivers that read them, and the chip's own."""
    return [*dict.fromkeys(sensor.model.driver for sensor in wired), "chip"]


def install_drivers(board: Board, folder: Path | None) -> None:
    """Put drivers into /lib of a board: those of plugins for its chips, and the .py files of a folder."""
    files = [sensor.model.driver_file for sensor in board.hardware.sensors]
    for file in (*filter(None, files), *(sorted(folder.glob("*.py")) if folder else ())):
        board.write_file(f"/lib/{file.name}", file.read_bytes())
