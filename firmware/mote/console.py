"""The line `status` on USB is answered by a line of JSON; the board goes on working meanwhile.

    {"version": "0.1.0", "boot": 3, "sequence": 17, "key": "<thumbprint in hex>", "kept": 2,
     "time": 1795358220, "uptime": 61, "heap": 41200, "last": "W   58.120 wifi: home lost: ..."}

``sequence`` is the next number, ``kept`` counts messages, ``time`` is in Unix seconds or null,
``uptime`` in seconds, ``heap`` in bytes free, ``last`` the newest line of level W or E, or null.
"""

import asyncio
import gc
import json
import sys
from binascii import hexlify

from sealwire._compat import TYPE_CHECKING, const

from . import VERSION, log, uptime

if TYPE_CHECKING:
    from .parts import Parts

_LINE_MAX = const(8)


async def keep(parts: "Parts") -> None:
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
            _tell(parts)
        line = b""


def _tell(parts: "Parts") -> None:
    identity = parts.identity
    known = {
        "version": VERSION,
        "boot": identity.boot,
        "sequence": identity.sequence,
        "key": hexlify(identity.public.thumbprint()).decode(),
        "kept": parts.outbox.kept,
        "time": parts.clock.now(),
        "uptime": uptime.seconds(),
        "heap": gc.mem_free(),
        "last": log.last,
    }
    print(json.dumps(known))
