"""Status listener: waits for the line `status` on USB while the board works."""

import asyncio
import sys

from mote.unimport import Unimport
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from mote.device import Device

_LINE_MAX = const(8)


async def keep(device: "Device") -> None:
    """Answer for ever, or to the end of input where a line has one. What is no question is ignored."""
    reader = asyncio.StreamReader(sys.stdin.buffer)
    line = b""
    while True:
        byte: bytes = await reader.read(1)  # no more: a UART's read waits for all that it is asked
        if not byte:
            return
        if byte not in b"\r\n":
            line = (line + byte)[:_LINE_MAX]
            continue
        if line == b"status":
            _answer(device)
        line = b""


def _answer(device: "Device") -> None:
    with Unimport():
        from mote import status

        status.report(device)
