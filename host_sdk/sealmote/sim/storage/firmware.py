"""Firmware of this installation: its folder, and the files of it that go on a board."""

from pathlib import Path

import sealmote
import sealwire
from sealmote.sim.errors import SimulatorMissingError

_PACKAGED = Path(sealmote.__file__).parent / "_firmware"
_CHECKOUT = Path(sealmote.__file__).parents[2] / "firmware"
_PROGRAMS = ("boot.py", "main.py")
_PACKAGES = ("sealwire", "mote")
# What loader.py imports, and what that does; a package without an `__init__` is one on MicroPython.
_LOADER = (
    "/mote/errors.py", "/mote/storage/slots.py", "/mote/storage/trial.py", "/sealwire/_compat.py",
)  # fmt: skip

# What is loaded lies close together, as main.py has it: new names stay where they come to lie.
_START = b"""import gc

gc.threshold(8192)
from mote.loader import start

exec(start(globals()))
"""


def folder() -> Path:
    """Firmware of this installation: packed into the wheel, or the checkout's own folder."""
    for candidate in (_PACKAGED, _CHECKOUT):
        if (candidate / "main.py").is_file():
            return candidate
    raise SimulatorMissingError(
        f"no firmware in {_PACKAGED} or {_CHECKOUT}: reinstall sealmote, or name its folder"
    )


def files(root: Path | None = None) -> dict[str, bytes]:
    """Board's files by their path on it: boot.py, main.py, the packages sealwire and mote.

    In a wheel `sealwire` is the package that the host uses as well; it is taken from there.
    """
    source = root or folder()
    found = {
        f"/{name}": (source / name).read_bytes() for name in _PROGRAMS if (source / name).is_file()
    }
    for package in _PACKAGES:
        found.update(_package(source / package, package))
    if "/main.py" not in found:
        raise SimulatorMissingError(f"{source} holds no main.py: it is not a firmware folder")
    return found


def loader() -> dict[str, bytes]:
    """Files of the partition `vfs` by their path in it: the loader, always of this installation."""
    every = files()
    program = (folder() / "loader.py").read_bytes()
    return {
        "/boot.py": _START, "/mote/loader.py": program, **{path: every[path] for path in _LOADER},
    }  # fmt: skip


def _package(place: Path, name: str) -> dict[str, bytes]:
    if not place.is_dir() and name == "sealwire" and place.parent == _PACKAGED:
        assert sealwire.__file__ is not None
        place = Path(sealwire.__file__).parent
    return {
        f"/{name}/{path.relative_to(place).as_posix()}": path.read_bytes()
        for path in sorted(place.rglob("*.py"))
        if "__pycache__" not in path.parts
    }
