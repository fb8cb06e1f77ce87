"""Segment: one file of the outbox, a reference twice and then frames; appended to, never changed.

    reference:  length u16 | CRC-32 u32 | message
    frame:      length u16 | CRC-32 u32 | boot u32 | sequence u32 | message as its delta

The reference is the file's first message, from which every frame is a delta (`delta`): a board's
readings are alike, and a week of them has to fit. It stands there twice, so that no single fault of
the flash costs more than one message. A length is that of what follows the CRC, which covers it;
integers are big-endian.

A frame that a power cut tore ends the file: nothing is appended after it. One that rotted in the
middle is passed over, and its number told by those around it.
"""

import os
import struct
from collections import namedtuple

from mote.storage import delta
from mote.storage.frame import IDENTITY, frame
from mote.unimport import Unimport
from sealwire._compat import TYPE_CHECKING
from sealwire.sealer import MAX_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Generator

# One message as the outbox hands it out: where it lies, its number, its bytes.
Kept = namedtuple("Kept", ("segment", "index", "boot", "sequence", "message"))


def room_for(message: bytes) -> int:
    """Return how many bytes a message takes at the most: as the first of a file."""
    return 3 * len(message) + 48


class Segment:
    """The file at ``path``, and which of its frames are settled, which is known in RAM only.

    ``size`` in bytes · ``left``: sound frames that are not settled · ``damaged``: frames that cannot
    be read · ``torn``: the file ends within a frame · ``last``: the highest sound (boot, sequence) ·
    ``former``: its messages are those of a key that the board had before. Of a file that was
    ``found``, all but ``size`` is known when it is ``scanned``.
    """

    def __init__(self, path: str, number: int, found: bool = False) -> None:
        self.path = path
        self.number = number
        self.scanned = not found
        self.size: int = os.stat(path)[6] if found else 0
        self.left = 0
        self.damaged = 0
        self.torn = self.former = False
        self.last: tuple[int, int] | None = None
        self._settled = 0  # bit i: frame i is settled
        self._reference: bytes | None = None  # read when the first frame is appended

    def scan(self, owner: bytes) -> list[tuple[int, int, int]]:
        """Take stock of a file that an earlier boot left; all of its sound frames count as left.

        ``owner``: the kid of the board's key, or b"" where it does not matter.
        Returns the numbers of damaged frames as (boot, first, last), as far as they can be told.
        """
        with Unimport():
            from mote.storage.segment_scan import scan

            return scan(self, owner)

    def append(self, boot: int, sequence: int, message: bytes) -> None:
        """Add a message at the end. Durable on return; after an OSError the end may be torn."""
        self.torn = True  # until it is known not to be
        data = b""
        if not self.size:
            self._reference = message
            data = 2 * frame(message)
        elif self._reference is None:
            with Unimport():
                from mote.storage.frame_reader import read_reference

                with open(self.path, "rb") as file:
                    self._reference = read_reference(file)[0]
        assert self._reference is not None  # a segment without one is torn or has nothing left
        body = struct.pack(IDENTITY, boot, sequence) + delta.encode(message, self._reference)
        data += frame(body)
        with open(self.path, "ab") as file:
            file.write(data)
            file.flush()  # durable: littlefs commits the file here, data before metadata
        self.torn = False
        self.size += len(data)
        self.last = (boot, sequence)
        self.left += 1

    def unsettled(self, start: int) -> "Generator[tuple[int, int, int, bytearray]]":
        """Yield (index, boot, sequence, message) from frame ``start`` on. Exhaust or close the iterator."""
        with Unimport():
            from mote.storage.delta import decode
            from mote.storage.frame_reader import frames, read_reference
        index = -1
        with open(self.path, "rb") as file:
            reference, end = read_reference(file)
            for number, encoded, _ in frames(file, end, self.size):
                index += 1
                if not encoded or not reference or index < start or self.is_settled(index):
                    continue
                yield index, number[0], number[1], decode(encoded, reference, MAX_MESSAGE)

    @property
    def settled(self) -> int:
        """How many frames need no sending any more."""
        return bin(self._settled).count("1")  # noqa: FURB161 - no bit_count on MicroPython

    def is_settled(self, index: int) -> bool:
        """Say whether a frame needs no sending any more."""
        return bool(self._settled >> index & 1)

    def settle(self, index: int) -> None:
        """Note that a frame needs no sending any more; twice is once."""
        if not self.is_settled(index):
            self._settled |= 1 << index
            self.left -= 1
