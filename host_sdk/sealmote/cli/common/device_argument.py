"""A device named by its key thumbprint, or by a unique prefix of it."""

from collections.abc import Callable, Iterable
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
    return whole_thumbprint(
        text, lambda: (one.thumbprint for one in gateway.list_devices()), "`sealmote device list`"
    )


def whole_thumbprint(text: str, known: Callable[[], Iterable[bytes]], where: str) -> bytes:
    """Return the thumbprint that a text is, or that it begins alone of those ``known``.

    ``known`` is asked for a beginning only; ``where`` says where people see them. Raises SourceError.
    """
    start = text.removeprefix("0x").removesuffix("…").removesuffix("...").lower()
    if not set(start) <= set("0123456789abcdef") or not _LEAST <= len(start) <= _DIGITS:
        raise SourceError(
            f"{text!r} is no thumbprint, nor {_LEAST} or more of its first digits: see {where}"
        )
    if len(start) == _DIGITS:
        return bytes.fromhex(start)
    found = [one for one in known() if one.hex().startswith(start)]
    if not found:
        raise SourceError(f"no device begins with {start}: see {where}")
    if len(found) > 1:
        raise SourceError(f"{len(found)} devices begin with {start}: give more of its digits")
    return found[0]
