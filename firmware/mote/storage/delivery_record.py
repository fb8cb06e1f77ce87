"""Delivery record: what became of the message identities that left the outbox.

    owner 8 | boot u32 | sequence u32 | SHA-256 of an acknowledgement 32 | ranges 16 each | hashes 32 each |
    number of hashes u8 | CRC-32 of all before
    range:  boot u32 | first u32 | last u32 | hash u16 | cause i16

Boot and sequence are the highest number that left on the gateway's word, the hash is that of the last
acknowledgement that let anything go; before the first all three are 0, which no boot number is. A
range of numbers that were given up stays here until a statement that names it is acknowledged. Its cause
is one of `sealwire.outcome`'s, or the code of a refusal; then its hash is the acknowledgement that
refused, counted from 1 in the list of hashes, 0 for one that is not known. Integers are big-endian.

A file of a firmware that kept no hashes ends with the ranges, whose last word was a u32: the same bytes.

One small file, written over as a whole: littlefs keeps what was there until the new content is
complete, and up to five ranges fit in the directory entry itself. All changes are set unions or maxima,
so doing one again after a power cut changes nothing.
"""

import errno
import os
import struct
from binascii import crc32, hexlify

from mote.log import Log
from sealwire._compat import TYPE_CHECKING, const
from sealwire.outcome import SEVERAL

if TYPE_CHECKING:
    from sealwire import statement

    # boot, first, last, cause, SHA-256 of the acknowledgement that refused or b"" (they are sorted)
    Range = tuple[int, int, int, int, bytes]

STATED_MAX = const(
    16
)  # ranges that one statement names; they and the rest have to fit one message:
_STATED_BYTES = const(492)  # of 1024, the other claims and the signature at their longest are 532
_STATED_RANGE = const(17)  # a range with all of its numbers at their longest
_STATED_HASH = const(34)
_HEAD = ">8sII32s"
_HEAD_SIZE = const(48)
_RANGE = ">IIIHh"  # boot, first, last, hash, cause
_RANGE_SIZE = const(16)
_HASH_SIZE = const(32)
_HASHES_MAX = const(32)
_CRC_SIZE = const(4)
_RANGES_MAX = const(
    128
)  # 2 kB; more than this only a gateway makes that refuses every other message

_log = Log("outbox")


class DeliveryRecord:
    """The account in the file ``path``, of the key whose kid is ``owner`` (8 bytes).

    ``highest``: (boot, sequence), the highest number that left on the gateway's word ·
    ``last_ack``: SHA-256 of the acknowledgement that last let anything go. Both None before the first.
    ``dropped``: how many numbers were given up since this object was made.
    """

    def __init__(self, path: str, owner: bytes) -> None:
        """Read the file. One that is damaged or another key's is kept beside it, and a new one begun."""
        self._path = path
        self._owner = owner
        self._ranges: list[Range] = []
        self._saved = True
        self.highest: tuple[int, int] | None = None
        self.last_ack: bytes | None = None
        self.dropped = 0
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            return  # none yet
        if data:  # else the power failed between making the file and its first content
            self._read(data)

    def _read(self, data: bytes) -> None:
        said = parse(data)
        if said is None:
            os.rename(self._path, self._path + ".damaged")
            _log.error("%s was damaged: numbers dropped before now go unstated" % self._path)
            return
        owner, highest, last_ack, ranges = said
        if owner != self._owner:
            # What it says is true of another key's numbers, and this key must not sign it.
            os.rename(self._path, "%s.%s" % (self._path, hexlify(owner).decode()))
            _log.warning("%s is another key's: a new one is begun" % self._path)
            return
        if highest[0]:
            self.highest, self.last_ack = highest, last_ack
        self._ranges = ranges

    @property
    def count(self) -> int:
        """How many ranges are waiting to be stated."""
        return len(self._ranges)

    @property
    def stated(self) -> int:
        """How many of them one statement names, the oldest first."""
        room = _STATED_BYTES
        for count, entry in enumerate(self._ranges[:STATED_MAX]):
            room -= _STATED_RANGE + (_STATED_HASH if entry[4] else 0)
            if room < 0:
                return count
        return min(len(self._ranges), STATED_MAX)

    def ranges(self, limit: int) -> list[tuple[int, int, int]]:
        """Return up to ``limit`` of the ranges as (boot, first, last), oldest first."""
        return [entry[:3] for entry in self._ranges[:limit]]

    def account_ranges(self, limit: int) -> "list[statement.Range]":
        """Return up to ``limit`` of the ranges as `statement.Account` has them, oldest first."""
        return [entry[:4] + (entry[4] or None,) for entry in self._ranges[:limit]]

    @property
    def refusals(self) -> "set[bytes]":
        """SHA-256 of each acknowledgement whose refusals are still to be stated."""
        return {entry[4] for entry in self._ranges if entry[4]}

    def below(self, limit: tuple[int, int]) -> tuple[int, int] | None:
        """Return the highest number below ``limit`` that is known to have left, or None."""
        known = [(entry[0], entry[2]) for entry in self._ranges]
        if self.highest:
            known.append(self.highest)
        return max([number for number in known if number < limit], default=None)

    def add(self, ranges: "list[Range]") -> None:
        """Take up numbers that were given up. Durable on return.

        After an OSError they are taken up in RAM, and the next call writes them too.
        """
        self._unite(ranges)
        if not self._saved:
            self._save()

    def acknowledge(
        self, highest: tuple[int, int], last_ack: bytes, refused: "list[Range]"
    ) -> None:
        """Note what one acknowledgement lets go of. Durable on return; after an OSError as `add`."""
        self.highest = max(highest, self.highest or highest)
        self.last_ack = last_ack
        self._unite(refused)
        self._save()

    def forget(self, ranges: "list[statement.Range]") -> None:
        """Leave out ranges that an acknowledged statement has named. Durable on return.

        One of version 1, which has no causes, names whatever has these numbers.
        """
        named = [
            entry[:3] if entry[3] is None else entry[:4] + (entry[4] or b"",) for entry in ranges
        ]
        kept = [entry for entry in self._ranges if entry not in named and entry[:3] not in named]
        if len(kept) != len(self._ranges):
            self._ranges = kept
            self._save()

    def _unite(self, ranges: "list[Range]") -> None:
        united = _merge(sorted(self._ranges + ranges))
        if united != self._ranges:  # each wake that reads a damaged file tells of it anew
            self.dropped += _count(united) - _count(self._ranges)
            self._ranges = united
            self._saved = False
        while len(self._ranges) > _RANGES_MAX and _coarsen(self._ranges):
            pass
        while len(self.refusals) > _HASHES_MAX:
            self._forget_a_hash()

    def _forget_a_hash(self) -> None:
        """Have the last range that names its refusal say the code alone: the first are evidence."""
        for index in range(len(self._ranges) - 1, -1, -1):
            entry = self._ranges[index]
            if entry[4]:
                self._ranges[index] = entry[:4] + (b"",)
                return

    def _save(self) -> None:
        self._saved = False
        boot, sequence = self.highest or (0, 0)
        hashes = sorted(self.refusals)
        parts = [struct.pack(_HEAD, self._owner, boot, sequence, self.last_ack or bytes(32))]
        for entry in self._ranges:
            index = hashes.index(entry[4]) + 1 if entry[4] else 0
            parts.append(struct.pack(_RANGE, entry[0], entry[1], entry[2], index, entry[3]))
        parts.extend(hashes)
        parts.append(bytes([len(hashes)]))
        body = b"".join(parts)
        with open(self._path, "wb") as file:
            file.write(body + crc32(body).to_bytes(4, "big"))
        self._saved = True  # durable: littlefs commits the new content when the file is closed


def parse(data: bytes) -> "tuple[bytes, tuple[int, int], bytes, list[Range]] | None":
    """Return a file's owner, highest number, hash and ranges; None if it is damaged."""
    body = data[:-_CRC_SIZE]
    if len(body) < _HEAD_SIZE or crc32(body).to_bytes(4, "big") != data[-_CRC_SIZE:]:
        return None
    # Runs are of 16 bytes, hashes of 32: a byte beyond them says how many of the latter there are.
    end = len(body) - (_HASH_SIZE * body[-1] + 1 if len(body) % _RANGE_SIZE else 0)
    owner, boot, sequence, last_ack = struct.unpack_from(_HEAD, body, 0)
    hashes = [b""] + [body[at : at + _HASH_SIZE] for at in range(end, len(body) - 1, _HASH_SIZE)]
    ranges: list[Range] = []
    for at in range(_HEAD_SIZE, end, _RANGE_SIZE):
        number, first, last, index, cause = struct.unpack_from(_RANGE, body, at)
        ranges.append((number, first, last, cause, hashes[index]))
    return owner, (boot, sequence), last_ack, ranges


def _count(ranges: "list[Range]") -> int:
    return sum([entry[2] - entry[1] + 1 for entry in ranges])


def _merge(ranges: "list[Range]") -> "list[Range]":
    merged: list[Range] = []
    for entry in ranges:
        if merged and _alike(merged[-1], entry) and entry[1] <= merged[-1][2] + 1:
            merged[-1] = _joined(merged[-1], entry)
        else:
            merged.append(entry)
    return merged


def _alike(one: "Range", other: "Range") -> bool:
    return one[0] == other[0] and one[3:] == other[3:]


def _joined(one: "Range", other: "Range") -> "Range":
    """Return the range over both and what lies between; of what they do not share of a cause, nothing."""
    boot, first, last, cause, refusal = one
    if cause != other[3]:
        cause, refusal = SEVERAL, b""
    elif refusal != other[4]:
        refusal = b""
    return boot, first, max(last, other[2]), cause, refusal


def _coarsen(ranges: "list[Range]") -> bool:
    """Join the two oldest ranges of one boot, of one cause if any are: what is logged stays logged."""
    for same in (_alike, _of_one_boot):
        for index in range(len(ranges) - 1):
            if same(ranges[index], ranges[index + 1]):
                ranges[index] = _joined(ranges[index], ranges.pop(index + 1))
                return True
    return False


def _of_one_boot(one: "Range", other: "Range") -> bool:
    return one[0] == other[0]
