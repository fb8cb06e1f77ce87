"""Hardware description of this board, read from the file that the host wrote for this start.

The names are those of `sealmote.sim.hardware`, which documents and validates them.
"""

import binascii
import json

import uos

_PATH_VARIABLE = "SEALMOTE_SIM_HARDWARE"
_CONTROL_VARIABLE = "SEALMOTE_SIM_CONTROL"


def _load() -> dict[str, object]:
    path = uos.getenv(_PATH_VARIABLE)
    if path is None:
        raise RuntimeError(_PATH_VARIABLE + " is not set: boards are started by sealmote.sim.Board")
    with open(path) as file:
        found: dict[str, object] = json.load(file)
    return found


_spec = _load()


def control() -> int:
    """Look up the number of the open file on which the host listens."""
    return int(uos.getenv(_CONTROL_VARIABLE) or -1)


def text(name: str) -> str:
    """Look up a string of the hardware file."""
    value = _spec[name]
    assert isinstance(value, str)
    return value


def integer(name: str) -> int:
    """Look up an integer of the hardware file."""
    value = _spec[name]
    assert isinstance(value, int)
    return value


def flag(name: str) -> bool:
    """Look up a truth value of the hardware file."""
    value = _spec[name]
    assert isinstance(value, bool)
    return value


def binary(name: str) -> bytes:
    """Byte string, hexadecimal in the hardware file."""
    return binascii.unhexlify(text(name))


def record(name: str) -> dict[str, object]:
    """JSON object of the hardware file."""
    value = _spec[name]
    assert isinstance(value, dict)
    return value


def records(name: str) -> list[dict[str, object]]:
    """JSON array of objects of the hardware file."""
    value = _spec[name]
    assert isinstance(value, list)
    return value
