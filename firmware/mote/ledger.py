"""What became of the numbers that left the outbox, on flash: the board's side of every account.

    owner 8 | boot u32 | sequence u32 | SHA-256 of an acknowledgement 32 | runs | CRC-32 of all before

Boot and sequence are the highest number that left on the gateway's word, the hash is that of the last
acknowledgement that let anything go; before the first all three are 0, which no boot number is. A
run of numbers that the outbox gave up is boot, first, last and code, u32 each; it stays here until a
statement that names it is acknowledged. Integers are big-endian.

One small file, written over as a whole: littlefs keeps what was there until the new content is
complete, and up to five runs fit in the directory entry itself. All changes are set unions or maxima,
so doing one again after a power cut changes nothing.
"""

import errno
import os
import struct
from binascii import crc32, hexlify

from sealwire._compat import const

from .log import Log

FOR_ROOM = const(0)  # dropped by the board; any other code is the gateway's final refusal
STATED_MAX = const(16)  # runs that one statement names: they and the rest have to fit one message
_HEAD = ">8sII32s"
_HEAD_SIZE = const(48)
_RUN = ">IIII"  # boot, first, last, code
_RUN_SIZE = const(16)
_CRC_SIZE = const(4)
_RUNS_MAX = const(128)  # 2 kB; more than this only a gateway makes that refuses every other message

_log = Log("outbox")


class Ledger:
    """The account in the file ``path``, of the key whose kid is ``owner`` (8 bytes).

    ``highest``: (boot, sequence), the highest number that left on the gateway's word ·
    ``last_ack``: SHA-256 of the acknowledgement that last let anything go. Both None before the first.
    ``dropped``: how many numbers were given up since this object was made.
    """

    def __init__(self, path: str, owner: bytes) -> None:
        """Read the file. One that is damaged or another key's is kept beside it, and a new one begun."""
        self._path = path
        self._owner = owner
        self._runs: list[tuple[int, int, int, int]] = []
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
        body = data[:-_CRC_SIZE]
        sound = len(body) >= _HEAD_SIZE and (len(body) - _HEAD_SIZE) % _RUN_SIZE == 0
        if not sound or crc32(body).to_bytes(4, "big") != data[-_CRC_SIZE:]:
            os.rename(self._path, self._path + ".damaged")
            _log.error("%s was damaged: numbers dropped before now go unstated" % self._path)
            return
        owner, boot, sequence, last_ack = struct.unpack_from(_HEAD, body, 0)
        if owner != self._owner:
            # What it says is true of another key's numbers, and this key must not sign it.
            os.rename(self._path, "%s.%s" % (self._path, hexlify(owner).decode()))
            _log.warning("%s is another key's: a new one is begun" % self._path)
            return
        if boot:
            self.highest, self.last_ack = (boot, sequence), last_ack
        for offset in range(_HEAD_SIZE, len(body), _RUN_SIZE):
            boot, first, last, code = struct.unpack_from(_RUN, body, offset)
            self._runs.append((boot, first, last, code))

    @property
    def count(self) -> int:
        """How many runs are waiting to be stated."""
        return len(self._runs)

    def ranges(self, limit: int) -> list[tuple[int, int, int]]:
        """Return up to ``limit`` of the runs as (boot, first, last), oldest first."""
        return [run[:3] for run in self._runs[:limit]]

    def below(self, limit: tuple[int, int]) -> tuple[int, int] | None:
        """Return the highest number below ``limit`` that is known to have left, or None."""
        known = [(boot, last) for boot, _, last, _ in self._runs]
        if self.highest:
            known.append(self.highest)
        return max([number for number in known if number < limit], default=None)

    def add(self, runs: list[tuple[int, int, int, int]]) -> None:
        """Take up numbers that were given up: (boot, first, last, code) each. Durable on return.

        After an OSError they are taken up in RAM, and the next call writes them too.
        """
        self._unite(runs)
        if not self._saved:
            self._save()

    def acknowledge(
        self, highest: tuple[int, int], last_ack: bytes, refused: list[tuple[int, int, int, int]]
    ) -> None:
        """Note what one acknowledgement lets go of. Durable on return; after an OSError as `add`."""
        self.highest = max(highest, self.highest or highest)
        self.last_ack = last_ack
        self._unite(refused)
        self._save()

    def forget(self, ranges: list[tuple[int, int, int]]) -> None:
        """Leave out ranges that an acknowledged statement has carried. Durable on return."""
        kept = [run for run in self._runs if run[:3] not in ranges]
        if len(kept) != len(self._runs):
            self._runs = kept
            self._save()

    def _unite(self, runs: list[tuple[int, int, int, int]]) -> None:
        united = _merge(sorted(self._runs + runs))
        if united != self._runs:  # each wake that reads a damaged file tells of it anew
            self.dropped += _count(united) - _count(self._runs)
            self._runs = united
            self._saved = False
        while len(self._runs) > _RUNS_MAX and _coarsen(self._runs):
            pass

    def _save(self) -> None:
        self._saved = False
        boot, sequence = self.highest or (0, 0)
        parts = [struct.pack(_HEAD, self._owner, boot, sequence, self.last_ack or bytes(32))]
        parts.extend([struct.pack(_RUN, *run) for run in self._runs])
        body = b"".join(parts)
        with open(self._path, "wb") as file:
            file.write(body + crc32(body).to_bytes(4, "big"))
        self._saved = True  # durable: littlefs commits the new content when the file is closed


def _count(runs: list[tuple[int, int, int, int]]) -> int:
    return sum([last - first + 1 for _, first, last, _ in runs])


def _merge(runs: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    merged: list[tuple[int, int, int, int]] = []
    for boot, first, last, code in runs:
        if merged:
            before = merged[-1]
            same = before[0] == boot and before[3] == code
            if same and first <= before[2] + 1:
                merged[-1] = (boot, before[1], max(last, before[2]), code)
                continue
        merged.append((boot, first, last, code))
    return merged


def _coarsen(runs: list[tuple[int, int, int, int]]) -> bool:
    """Join the two oldest runs of one boot, with what lies between: what is logged stays logged."""
    for index in range(len(runs) - 1):
        boot, first, last, code = runs[index]
        if runs[index + 1][0] == boot:
            runs[index] = (boot, first, max(last, runs[index + 1][2]), code)
            del runs[index + 1]
            return True
    return False
