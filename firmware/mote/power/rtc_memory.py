"""RTC memory: a record that outlives deep sleep, watchdog and software resets, not a loss of power.

    magic 4 | CRC-32 of the rest | young u8 | bad u8 | bites u16 | the application's own bytes

MicroPython guards RTC memory by a magic word only, so what is there is believed by its CRC alone.
This module imports nothing of the application: safe mode has to work when that is broken.
"""

import struct
from binascii import crc32

import machine

from sealwire._compat import const

_MAGIC = b"SMr2"
_HEAD = ">4sI"
_LIVES = ">BBH"
_HEAD_SIZE = const(8)
_LIVES_SIZE = const(4)
_BAD_MAX = const(255)
_BITES_MAX = const(65535)


class Retained:
    """The record as it was read; `save` writes it as it is now.

    ``young``: the life before this one had neither grown old nor ended in order · ``bad``: how many
    before it went the same way, one after another · ``bites``: resets by the watchdog since power was
    lost · ``state``: the application's, b"" for none.
    """

    def __init__(self) -> None:
        """Read RTC memory. After a loss of power, or if it is damaged, nothing is remembered."""
        self.young = False
        self.bad = 0
        self.bites = 0
        self.state = b""
        data = machine.RTC().memory()
        if machine.reset_cause() == machine.PWRON_RESET or len(data) < _HEAD_SIZE + _LIVES_SIZE:
            return
        magic, crc = struct.unpack_from(_HEAD, data, 0)
        body = data[_HEAD_SIZE:]
        if magic == _MAGIC and crc32(body) == crc:
            young, self.bad, self.bites = struct.unpack_from(_LIVES, body, 0)
            self.young = bool(young)
            self.state = bytes(body[_LIVES_SIZE:])

    def save(self) -> None:
        """Write the record; it is retained on return."""
        bad, bites = min(self.bad, _BAD_MAX), min(self.bites, _BITES_MAX)
        body = struct.pack(_LIVES, self.young, bad, bites) + self.state
        machine.RTC().memory(struct.pack(_HEAD, _MAGIC, crc32(body)) + body)
