"""One file of the outbox: a reference twice, then frames; appended to, never changed.

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
from binascii import crc32
from collections import namedtuple

from sealwire._compat import TYPE_CHECKING, const
from sealwire.sealer import MAX_MESSAGE

from . import delta

if TYPE_CHECKING:
    from collections.abc import Generator
    from io import BufferedReader

_HEAD = ">HI"
_HEAD_SIZE = const(6)
_NUMBER = ">II"
_NUMBER_SIZE = const(8)
_KID_BEFORE = const(24)  # the header's kid lies within so many bytes of a message
_BODY_MAX = const(8 + 1024 + 16)  # unlike messages make a delta a little longer than themselves

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
        self._count = 0
        self._reference: bytes | None = None  # read when the first frame is appended

    def scan(self, owner: bytes) -> list[tuple[int, int, int]]:
        """Take stock of a file that an earlier boot left; all of its sound frames count as left.

        ``owner``: the kid of the board's key, or b"" where it does not matter.
        Returns the numbers of damaged frames as (boot, first, last), as far as they can be told.
        """
        self.scanned = True
        self._count = self.left = 0
        lost: list[tuple[int, int, int]] = []
        rotten: list[tuple[int, int]] = []  # the numbers that a row of damaged frames claims
        with open(self.path, "rb") as file:
            reference, end = _read_reference(file)
            self.former = reference is not None and owner not in reference[:_KID_BEFORE]
            for number, delta_of, after in _frames(file, end, self.size):
                end = after
                self._count += 1
                if delta_of is None:
                    self.damaged += 1
                    rotten.append(number)
                    continue
                if rotten:
                    lost.extend(_between(self.last, rotten, number))
                    rotten = []
                self.last = number
                if reference is None:
                    self.damaged += 1
                    lost.append((number[0], number[1], number[1]))
                else:
                    self.left += 1
        if rotten:
            lost.extend(_between(self.last, rotten, None))
        self.torn = self.torn or end != self.size  # a failed append may have come before
        return lost

    def append(self, boot: int, sequence: int, message: bytes) -> None:
        """Add a message at the end. Durable on return; after an OSError the end may be torn."""
        self.torn = True  # until it is known not to be
        data = b""
        if not self.size:
            self._reference = message
            data = 2 * _framed(message)
        elif self._reference is None:
            with open(self.path, "rb") as file:
                self._reference = _read_reference(file)[0]
        assert self._reference is not None  # a segment without one is torn or has nothing left
        body = struct.pack(_NUMBER, boot, sequence) + delta.encode(message, self._reference)
        data += _framed(body)
        with open(self.path, "ab") as file:
            file.write(data)
            file.flush()  # durable: littlefs commits the file here, data before metadata
        self.torn = False
        self.size += len(data)
        self.last = (boot, sequence)
        self._count += 1
        self.left += 1

    def unsettled(self, start: int) -> "Generator[tuple[int, int, int, memoryview]]":
        """Yield (index, boot, sequence, message) from frame ``start`` on.

        The message lies in a buffer that the next step overwrites. Exhaust or close the iterator.
        """
        buffer = bytearray(MAX_MESSAGE)
        index = -1
        with open(self.path, "rb") as file:
            reference, end = _read_reference(file)
            for number, encoded, _ in _frames(file, end, self.size):
                index += 1
                if not encoded or not reference or index < start or self.is_settled(index):
                    continue
                size = delta.decode(encoded, reference, buffer)
                yield index, number[0], number[1], memoryview(buffer)[:size]

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


def _framed(body: bytes) -> bytes:
    return struct.pack(_HEAD, len(body), crc32(body)) + body


def _body_at(file: "BufferedReader", at: int, buffer: bytearray) -> memoryview | None:
    """Return the body of the frame at an offset, in ``buffer``; None unless it is whole and sound."""
    raw = bytearray(_HEAD_SIZE)
    file.seek(at)
    if file.readinto(raw) != _HEAD_SIZE:
        return None
    length, crc = struct.unpack(_HEAD, raw)
    if not 0 < length <= len(buffer):
        return None
    body = memoryview(buffer)[:length]
    if file.readinto(body) != length or crc32(body) != crc:
        return None
    return body


def _read_reference(file: "BufferedReader") -> tuple[bytes | None, int]:
    """Return the reference and where the frames begin; without a sound one, None and a guess."""
    buffer = bytearray(MAX_MESSAGE)
    first = _body_at(file, 0, buffer)
    if first is not None:
        return bytes(first), 2 * (_HEAD_SIZE + len(first))
    # The second copy follows the first, whose length may be what rotted.
    for length in range(1, MAX_MESSAGE + 1):
        second = _body_at(file, _HEAD_SIZE + length, buffer)
        if second is not None and len(second) == length:
            return bytes(second), 2 * (_HEAD_SIZE + length)
    return None, 0


def _frames(
    file: "BufferedReader", at: int, size: int
) -> "Generator[tuple[tuple[int, int], memoryview | None, int]]":
    """Yield (boot, sequence), the delta and the end of each frame; no delta where it is damaged."""
    buffer = bytearray(_BODY_MAX)
    while at < size:
        body = _body_at(file, at, buffer)
        if body is not None:
            number, encoded = _split(body)
            at += _HEAD_SIZE + len(body)
            yield number, encoded, at
            continue
        claimed, after = _pass_over(file, at, size)
        if claimed:
            yield claimed, None, after or at
        if after is None:
            return  # nothing sound follows: torn
        at = after


def _split(body: memoryview) -> tuple[tuple[int, int], memoryview]:
    boot, sequence = struct.unpack_from(_NUMBER, body, 0)
    return (boot, sequence), body[_NUMBER_SIZE:]


def _pass_over(
    file: "BufferedReader", at: int, size: int
) -> tuple[tuple[int, int] | None, int | None]:
    """Return what a damaged frame claims as its number, and where the next begins.

    None for what is not there: the end of the file is near, or it is torn.
    """
    raw = bytearray(_HEAD_SIZE + _NUMBER_SIZE)
    file.seek(at)
    if file.readinto(raw) != len(raw):
        return None, None
    length, _ = struct.unpack_from(_HEAD, raw, 0)
    claimed = struct.unpack_from(_NUMBER, raw, _HEAD_SIZE)
    buffer = bytearray(_BODY_MAX)
    end = at + _HEAD_SIZE + length
    if end == size or _body_at(file, end, buffer) is not None:
        return claimed, end
    # The length itself is damaged: look for the next frame whose CRC holds.
    for end in range(at + 1, min(at + _HEAD_SIZE + 2 * _BODY_MAX, size)):
        if _body_at(file, end, buffer) is not None:
            return claimed, end
    return claimed, None


def _between(
    before: tuple[int, int] | None, claims: list[tuple[int, int]], after: tuple[int, int] | None
) -> list[tuple[int, int, int]]:
    """Return the run of numbers of damaged frames between two sound ones; numbers ascend in a file.

    Their own claims only confirm what the neighbours say: a number that is too high would make the
    board answer for all below it.
    """
    count = len(claims)
    if before and after and before[0] == after[0]:
        run = (before[0], before[1] + 1, after[1] - 1)
        return [run] if run[1] <= run[2] else []
    if before and _agree(claims, before[0], before[1] + 1):
        return [(before[0], before[1] + 1, before[1] + count)]
    if after and after[1] >= count and _agree(claims, after[0], after[1] - count):
        return [(after[0], after[1] - count, after[1] - 1)]
    return []


def _agree(claims: list[tuple[int, int]], boot: int, first: int) -> bool:
    """Say whether each claim has the boot, or else the number, of a run that begins at ``first``."""
    return all(claims[i][0] == boot or claims[i][1] == first + i for i in range(len(claims)))
