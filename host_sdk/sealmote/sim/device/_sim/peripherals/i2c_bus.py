"""I2C wires: which chips answer on a pair of pins.

The host names each chip's model by its module: one of `_sim.sensors`, or a plugin's file in a folder of the
host (`sealmote.sim.sensors`).
"""

import sys

from _sim import hardware, surroundings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from _sim.surroundings import Model


def _text(sensor: dict[str, object], name: str) -> str:
    value = sensor[name]
    assert isinstance(value, str)
    return value


def _module(name: str, folder: str) -> object:
    if not folder:
        return __import__("_sim.sensors." + name, None, None, ("MODELS",))
    sys.path.insert(0, folder)
    try:
        found = __import__(name)
    finally:
        del sys.path[0]
    del sys.modules[name]  # the board may have a driver of the same name
    return found


def _made(sensor: dict[str, object]) -> "Model":
    module = _module(_text(sensor, "module"), _text(sensor, "folder"))
    options = sensor["options"]
    assert isinstance(options, dict)
    for model in module.MODELS:  # type: ignore[attr-defined]  # the host has looked
        if sensor["kind"] == model.NAME:
            made: Model = model(surroundings, **options)
            return made
    raise RuntimeError("no model of " + _text(sensor, "kind"))


def _wire() -> "dict[tuple[object, object], dict[int, Model]]":
    """Chips by address, by the pair of pins (sda, scl) that they are soldered to."""
    wired: dict[tuple[object, object], dict[int, Model]] = {}
    for sensor in hardware.records("sensors"):
        address = sensor["address"]
        assert isinstance(address, int)
        wired.setdefault((sensor["sda"], sensor["scl"]), {})[address] = _made(sensor)
    return wired


_wired = _wire()


def devices(sda: int, scl: int) -> "dict[int, Model]":
    """Chips on a pair of pins."""
    return _wired.get((sda, scl), {})
