"""The frame of a segment file: length, CRC-32, body (`segment` has the format)."""

import struct
from binascii import crc32

from sealwire._compat import const

HEAD = ">HI"
HEAD_SIZE = const(6)
IDENTITY = ">II"  # boot and sequence, how a message's body begins
IDENTITY_SIZE = const(8)


def frame(body: bytes) -> bytes:
    """Return a body with its length and CRC before it."""
    return struct.pack(HEAD, len(body), crc32(body)) + body
