"""Setup console: listens on USB while the board has no whole configuration.

Improv's type byte of a command is 0x03, which as Ctrl-C ends whatever runs, and a port's interrupt
handler looks for it the moment that it arrives, long before a program has seen the frame begin. So it
is switched off here, and this module raises KeyboardInterrupt for one outside a frame itself.
"""

import asyncio
import gc
import json
import sys
import time

import machine
import micropython

from mote import VERSION
from mote.configuration import config, store
from mote.errors import ConfigError
from mote.log import Log
from mote.power import safe_mode
from mote.setup.improv import Frames
from mote.setup.improv_service import Service
from sealwire._compat import const

_CTRL_C = const(3)
_NO_KEY = const(-1)
_STALLED_MS = const(1000)  # between two bytes of a frame
_FAREWELL_MS = const(500)  # for the last answer to leave
_LINE_MAX = const(16)

_log = Log("setup")


def answer() -> None:
    """Listen until the board has all that it needs, then restart it. Returns at the end of input.

    Returns at once if the configuration lacks no section: what is wrong in it, a person has to fix.
    """
    try:
        lacking = store.missing(store.sections())
    except ConfigError:
        return
    if not lacking:
        return
    safe_mode.end()  # a boot that waits for a person needs no explanation
    micropython.kbd_intr(_NO_KEY)
    try:
        _log.info(
            "waiting for %s: run `sealmote provision` on the computer, or use any Improv tool for Wi-Fi;"
            " Ctrl-C gives the REPL" % " and ".join(lacking)
        )
        done = asyncio.run(_listen())
    finally:
        micropython.kbd_intr(_CTRL_C)
    if done:
        machine.reset()


async def _listen() -> bool:
    """Return whether the board has all that it needs; False at the end of input."""
    service = Service(sys.stdout.buffer.write)
    frames, line = Frames(), bytearray()
    reader = asyncio.StreamReader(sys.stdin.buffer)
    heard = time.ticks_ms()
    while True:
        try:
            byte: bytes = await asyncio.wait_for_ms(reader.read(1), _FAREWELL_MS)
        except asyncio.TimeoutError:
            if service.done:
                return True
            continue
        if not byte:
            return False
        now = time.ticks_ms()
        if time.ticks_diff(now, heard) > _STALLED_MS:
            frames.drop()
        heard = now
        _take(byte[0], frames, line, service)


def _take(byte: int, frames: Frames, line: bytearray, service: Service) -> None:
    if byte == _CTRL_C and not frames.inside:
        raise KeyboardInterrupt
    outside = not frames.inside
    frame = frames.feed(byte)
    if frame:
        line[:] = b""
        service.take(frame)
    elif outside and byte in b"\r\n":
        if bytes(line) == b"status":
            _report_status()
        line[:] = b""
    elif outside and len(line) < _LINE_MAX:
        line.append(byte)


def _report_status() -> None:
    lacking = store.missing(store.sections())
    known = {"version": VERSION, "setup": lacking, "config": config.PATH, "heap": gc.mem_free()}
    print(json.dumps(known))
