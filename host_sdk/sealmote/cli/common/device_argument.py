"""A device named by its key thumbprint, or by a unique prefix of it."""

from typing import Annotated, Final

import typer

from sealmote.cli.common.byte_argument import SourceError
from sealmote.gateway import Gateway

Thumbprint = Annotated[
    str,
    typer.Argument(help="The thumbprint, as `sealmote device list` shows it; its start if unique."),
]

_DIGITS: Final = 64  # SHA-256 in hexadecimal
_LEAST: Final = 4


def find_device(gateway: Gateway, text: str) -> bytes:
    """Return the whole thumbprint (32 bytes) of a gateway's device; SourceError unless it is one."""
    start = text.removeprefix("0x").removesuffix("…").removesuffix("...").lower()
    if not set(start) <= set("0123456789abcdef") or not _LEAST <= len(start) <= _DIGITS:
        raise SourceError(
            f"{text!r} is no thumbprint, nor {_LEAST} or more of its first digits:"
            " see `sealmote device list`"
        )
    if len(start) == _DIGITS:
        return bytes.fromhex(start)
    found = [
        one.thumbprint for one in gateway.list_devices() if one.thumbprint.hex().startswith(start)
    ]
    if not found:
        raise SourceError(f"no device begins with {start}: see `sealmote device list`")
    if len(found) > 1:
        raise SourceError(f"{len(found)} devices begin with {start}: give more of its digits")
    return found[0]
