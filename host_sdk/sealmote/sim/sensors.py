"""Models of the sensor chips that can be on a simulated board's I2C bus: built in, or brought by plugins.

A model is a file that runs on the board's side (`sim/device/_sim/sensors`). What the host needs to know
of a chip stands in its class there, and is read from it here (docs/guides/virtual-board.md).
"""

import pkgutil
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any, Final

from sealmote import plugins
from sealmote.common.fault_log import describe
from sealmote.sim.device._sim import sensors as built_in
from sealmote.sim.environment import faults
from sealmote.sim.errors import HardwareError

_BUILT_IN: Final = Path(next(iter(built_in.__path__)))
_ADDRESSES: Final = range(0x08, 0x78)  # all others are reserved (I2C-bus specification, 3.1.12)


@dataclass(frozen=True)
class SensorModel:
    """What a chip's model declares.

    description: its first line · addresses: those that it can have, the usual one first · options: numbers
    that can be chosen for it, with their defaults · faults: those of `faults.OF_SENSORS` that it can have ·
    driver: the module on the board that reads it · file: the model · driver_file: a plugin's driver.
    """

    name: str
    description: str
    addresses: tuple[int, ...]
    options: Mapping[str, int]
    faults: tuple[str, ...]
    driver: str
    file: Path
    driver_file: Path | None = None

    def location(self) -> dict[str, str]:
        """Where the board's side finds it: a module among its own, or a file's in a folder of the host."""
        folder = "" if self.file.parent == _BUILT_IN else str(self.file.parent.resolve())
        return {"module": self.file.stem, "folder": folder}


def find(name: str) -> SensorModel:
    """Return the model of a chip. HardwareError if there is none, PluginError if its plugin is broken."""
    known = _built_in()
    if name in known:
        return known[name]
    brought = plugins.find(plugins.SENSORS)
    if name not in brought:
        raise HardwareError(
            f"no sensor is called {name!r}: there are {', '.join((*known, *brought))}; a package may bring "
            "others (docs/guides/plugins.md)"
        )
    offered = brought[name].load(plugins.SensorPlugin)
    if not offered.driver.is_file():
        raise HardwareError(
            f"the driver of {brought[name].packages}, {offered.driver}, is no file: install"
            " the package again, or one that has it among its package data"
        )
    for found in read(offered.model, offered.driver):
        if found.name == name:
            return found
    raise HardwareError(f"{offered.model} of {brought[name].packages} has no model of {name!r}")


def names() -> list[str]:
    """Names of all chips, built in and brought; no plugin is loaded."""
    return [*_built_in(), *plugins.find(plugins.SENSORS)]


@cache
def _built_in() -> dict[str, SensorModel]:
    """Models in the folder; a file whose name begins with an underscore is part of another."""
    found = pkgutil.iter_modules([str(_BUILT_IN)])
    files = [_BUILT_IN / f"{one.name}.py" for one in found if not one.name.startswith("_")]
    return {model.name: model for file in files for model in read(file)}


@cache
def read(file: Path, driver_file: Path | None = None) -> tuple[SensorModel, ...]:
    """Read what the models in a file declare. HardwareError if it cannot be imported, or has none."""
    try:
        return tuple(_declared(one, file, driver_file) for one in _imported(file).MODELS)
    except HardwareError:
        raise
    except Exception as error:  # somebody else's code, and whatever it declares
        raise HardwareError(f"{file} is no sensor model: {describe(error)}") from error


def _imported(file: Path) -> ModuleType:
    package = built_in.__name__ if file.parent == _BUILT_IN else "sealmote_sensor_model"
    spec = spec_from_file_location(f"{package}.{file.stem}", file)
    if spec is None or spec.loader is None:
        raise HardwareError(f"{file} is no sensor model: its name ends in .py")
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _declared(model: Any, file: Path, driver_file: Path | None) -> SensorModel:
    found = SensorModel(
        name=model.NAME,
        description=(model.__doc__ or model.NAME).split("\n", 1)[0],
        addresses=tuple(model.ADDRESSES),
        options=dict(getattr(model, "OPTIONS", {})),
        faults=tuple(getattr(model, "FAULTS", ())),
        driver=driver_file.stem if driver_file else getattr(model, "DRIVER", model.NAME),
        file=file,
        driver_file=driver_file,
    )
    for wrong, values in (
        ("its addresses are numbers between 0x08 and 0x77", _outside(found.addresses, _ADDRESSES)),
        ("its faults are some of those of sensors", _outside(found.faults, faults.OF_SENSORS)),
        (
            "its options have whole numbers",
            [v for v in found.options.values() if type(v) is not int],
        ),
    ):
        if values:
            raise HardwareError(f"{file} is no sensor model: {wrong}, not {values[0]!r}")
    if not found.addresses:
        raise HardwareError(f"{file} is no sensor model: {found.name} has no address")
    return found


def _outside(values: Iterable[object], allowed: Iterable[object]) -> list[object]:
    return [value for value in values if value not in list(allowed)]
