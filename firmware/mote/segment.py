"""One file of the outbox: frames, appended, never changed.

    length u16 | CRC-32 u32 | boot u32 | sequence u32 | message      big-endian

The CRC covers all that follows it. A frame that a power cut tore ends the file: nothing is appended
after it. A frame that rotted in the middle is passed over by its length, and its number told by those
around it.
"""

import os
import struct
from binascii import crc32
from collections import namedtuple

from sealwire._compat import TYPE_CHECKING, const
from sealwire.message import MAX_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Generator
    from io import BufferedReader

_HEADER = ">HIII"
_CRC_AT = const(2)
_BODY_AT = const(6)
HEADER_SIZE = const(14)

# One message as the outbox hands it out: where it lies, its number, its bytes.
Kept = namedtuple("Kept", ("segment", "index", "boot", "sequence", "message"))


class Segment:
    """The file at ``path``, and which of its frames are settled, which is known in RAM only.

    ``size`` in bytes · ``left``: sound frames that are not settled · ``damaged``: frames that failed
    their CRC · ``torn``: the file ends within a frame · ``last``: the highest sound (boot, sequence).
    """

    def __init__(self, path: str, number: int) -> None:
        self.path = path
        self.number = number
        self.size = 0
        self.left = 0
        self.damaged = 0
        self.torn = False
        self.last: tuple[int, int] | None = None
        self._settled = 0  # bit i: frame i is settled
        self._count = 0

    def scan(self) -> list[tuple[int, int, int]]:
        """Take stock of a file that an earlier boot left; all of its sound frames count as left.

        Returns the numbers of damaged frames as (boot, first, last), as far as they can be told.
        """
        self.size = os.stat(self.path)[6]
        end = 0
        lost: list[tuple[int, int, int]] = []
        rotten: list[int] = []  # the boots that a row of damaged frames claims
        with open(self.path, "rb") as file:
            for header, sound in _walk(file, bytearray(MAX_MESSAGE)):
                end += HEADER_SIZE + header[0]
                self._count += 1
                self.left += sound
                self.damaged += not sound
                if not sound:
                    rotten.append(header[2])
                    continue
                number = (header[2], header[3])
                if rotten:
                    lost.extend(_between(self.last, rotten, number))
                    rotten = []
                self.last = number
        if rotten:
            lost.extend(_between(self.last, rotten, None))
        self.torn = end != self.size
        return lost

    def append(self, boot: int, sequence: int, message: bytes) -> None:
        """Add a message at the end. Durable on return; after an OSError the end may be torn."""
        frame = bytearray(HEADER_SIZE + len(message))
        struct.pack_into(_HEADER, frame, 0, len(message), 0, boot, sequence)
        frame[HEADER_SIZE:] = message
        struct.pack_into(">I", frame, _CRC_AT, crc32(memoryview(frame)[_BODY_AT:]))
        self.torn = True  # until it is known not to be
        with open(self.path, "ab") as file:
            file.write(frame)
            file.flush()  # durable: littlefs commits the file here, data before metadata
        self.torn = False
        self.size += len(frame)
        self.last = (boot, sequence)
        self._count += 1
        self.left += 1

    def unsettled(self, start: int) -> "Generator[tuple[int, int, int, memoryview]]":
        """Yield (index, boot, sequence, message) from frame ``start`` on.

        The message lies in a buffer that the next step overwrites. Exhaust or close the iterator.
        """
        buffer = bytearray(MAX_MESSAGE)
        index = 0
        with open(self.path, "rb") as file:
            for header, sound in _walk(file, buffer):
                if sound and index >= start and not self.is_settled(index):
                    yield index, header[2], header[3], memoryview(buffer)[: header[0]]
                index += 1

    def is_settled(self, index: int) -> bool:
        """Say whether a frame needs no sending any more."""
        return bool(self._settled >> index & 1)

    def settle(self, index: int) -> None:
        """Note that a frame needs no sending any more; twice is once."""
        if not self.is_settled(index):
            self._settled |= 1 << index
            self.left -= 1


def _walk(
    file: "BufferedReader", buffer: bytearray
) -> "Generator[tuple[tuple[int, int, int, int], bool]]":
    """Yield (length, crc, boot, sequence) and whether the CRC holds, for each whole frame."""
    raw = bytearray(HEADER_SIZE)
    while file.readinto(raw) == HEADER_SIZE:
        header = struct.unpack(_HEADER, raw)
        length = header[0]
        if not 0 < length <= MAX_MESSAGE:
            return
        body = memoryview(buffer)[:length]
        if file.readinto(body) != length:
            return
        yield header, crc32(body, crc32(memoryview(raw)[_BODY_AT:])) == header[1]


def _between(
    before: tuple[int, int] | None, boots: list[int], after: tuple[int, int] | None
) -> list[tuple[int, int, int]]:
    """Return the run of numbers of damaged frames between two sound ones; numbers ascend in a file.

    Their own numbers are not believed: one that is too high would make the board answer for all below.
    """
    if before and after and before[0] == after[0]:
        run = (before[0], before[1] + 1, after[1] - 1)
        return [run] if run[1] <= run[2] else []
    count = len(boots)
    if before and boots.count(before[0]) == count:
        return [(before[0], before[1] + 1, before[1] + count)]
    if after and boots.count(after[0]) == count and after[1] >= count:
        return [(after[0], after[1] - count, after[1] - 1)]
    return []
