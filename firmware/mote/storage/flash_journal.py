"""What became of the numbers that left the outbox, on flash: the board's side of every account.

    owner 8 | boot u32 | sequence u32 | SHA-256 of an acknowledgement 32 | runs 16 each | hashes 32 each |
    number of hashes u8 | CRC-32 of all before
    run:  boot u32 | first u32 | last u32 | hash u16 | cause i16

Boot and sequence are the highest number that left on the gateway's word, the hash is that of the last
acknowledgement that let anything go; before the first all three are 0, which no boot number is. A
run of numbers that were given up stays here until a statement that names it is acknowledged. Its cause
is one of `sealwire.outcome`'s, or the code of a refusal; then its hash is the acknowledgement that
refused, counted from 1 in the list of hashes, 0 for one that is not known. Integers are big-endian.

A file of a firmware that kept no hashes ends with the runs, whose last word was a u32: the same bytes.

One small file, written over as a whole: littlefs keeps what was there until the new content is
complete, and up to five runs fit in the directory entry itself. All changes are set unions or maxima,
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
    Run = tuple[int, int, int, int, bytes]

STATED_MAX = const(16)  # runs that one statement names; they and the rest have to fit one message:
_STATED_BYTES = const(492)  # of 1024, the other claims and the signature at their longest are 532
_STATED_RUN = const(17)  # a run with all of its numbers at their longest
_STATED_HASH = const(34)
_HEAD = ">8sII32s"
_HEAD_SIZE = const(48)
_RUN = ">IIIHh"  # boot, first, last, hash, cause
_RUN_SIZE = const(16)
_HASH_SIZE = const(32)
_HASHES_MAX = const(32)
_CRC_SIZE = const(4)
_RUNS_MAX = const(128)  # 2 kB; more than this only a gateway makes that refuses every other message

_log = Log("outbox")


class FlashJournal:
    """The account in the file ``path``, of the key whose kid is ``owner`` (8 bytes).

    ``highest``: (boot, sequence), the highest number that left on the gateway's word ·
    ``last_ack``: SHA-256 of the acknowledgement that last let anything go. Both None before the first.
    ``dropped``: how many numbers were given up since this object was made.
    """

    def __init__(self, path: str, owner: bytes) -> None:
        """Read the file. One that is damaged or another key's is kept beside it, and a new one begun."""
        self._path = path
        self._owner = owner
        self._runs: list[Run] = []
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
        owner, highest, last_ack, runs = said
        if owner != self._owner:
            # What it says is true of another key's numbers, and this key must not sign it.
            os.rename(self._path, "%s.%s" % (self._path, hexlify(owner).decode()))
            _log.warning("%s is another key's: a new one is begun" % self._path)
            return
        if highest[0]:
            self.highest, self.last_ack = highest, last_ack
        self._runs = runs

    @property
    def count(self) -> int:
        """How many runs are waiting to be stated."""
        return len(self._runs)

    @property
    def stated(self) -> int:
        """How many of them one statement names, the oldest first."""
        room = _STATED_BYTES
        for count, run in enumerate(self._runs[:STATED_MAX]):
            room -= _STATED_RUN + (_STATED_HASH if run[4] else 0)
            if room < 0:
                return count
        return min(len(self._runs), STATED_MAX)

    def ranges(self, limit: int) -> list[tuple[int, int, int]]:
        """Return up to ``limit`` of the runs as (boot, first, last), oldest first."""
        return [run[:3] for run in self._runs[:limit]]

    def runs(self, limit: int) -> "list[statement.Run]":
        """Return up to ``limit`` of the runs as `statement.Account` has them, oldest first."""
        return [run[:4] + (run[4] or None,) for run in self._runs[:limit]]

    @property
    def refusals(self) -> "set[bytes]":
        """SHA-256 of each acknowledgement whose refusals are still to be stated."""
        return {run[4] for run in self._runs if run[4]}

    def below(self, limit: tuple[int, int]) -> tuple[int, int] | None:
        """Return the highest number below ``limit`` that is known to have left, or None."""
        known = [(run[0], run[2]) for run in self._runs]
        if self.highest:
            known.append(self.highest)
        return max([number for number in known if number < limit], default=None)

    def add(self, runs: "list[Run]") -> None:
        """Take up numbers that were given up. Durable on return.

        After an OSError they are taken up in RAM, and the next call writes them too.
        """
        self._unite(runs)
        if not self._saved:
            self._save()

    def acknowledge(self, highest: tuple[int, int], last_ack: bytes, refused: "list[Run]") -> None:
        """Note what one acknowledgement lets go of. Durable on return; after an OSError as `add`."""
        self.highest = max(highest, self.highest or highest)
        self.last_ack = last_ack
        self._unite(refused)
        self._save()

    def forget(self, runs: "list[statement.Run]") -> None:
        """Leave out runs that an acknowledged statement has named. Durable on return.

        One of version 1, which has no causes, names whatever has these numbers.
        """
        named = [run[:3] if run[3] is None else run[:4] + (run[4] or b"",) for run in runs]
        kept = [run for run in self._runs if run not in named and run[:3] not in named]
        if len(kept) != len(self._runs):
            self._runs = kept
            self._save()

    def _unite(self, runs: "list[Run]") -> None:
        united = _merge(sorted(self._runs + runs))
        if united != self._runs:  # each wake that reads a damaged file tells of it anew
            self.dropped += _count(united) - _count(self._runs)
            self._runs = united
            self._saved = False
        while len(self._runs) > _RUNS_MAX and _coarsen(self._runs):
            pass
        while len(self.refusals) > _HASHES_MAX:
            self._forget_a_hash()

    def _forget_a_hash(self) -> None:
        """Have the last run that names its refusal say the code alone: the first are evidence."""
        for index in range(len(self._runs) - 1, -1, -1):
            run = self._runs[index]
            if run[4]:
                self._runs[index] = run[:4] + (b"",)
                return

    def _save(self) -> None:
        self._saved = False
        boot, sequence = self.highest or (0, 0)
        hashes = sorted(self.refusals)
        parts = [struct.pack(_HEAD, self._owner, boot, sequence, self.last_ack or bytes(32))]
        for run in self._runs:
            index = hashes.index(run[4]) + 1 if run[4] else 0
            parts.append(struct.pack(_RUN, run[0], run[1], run[2], index, run[3]))
        parts.extend(hashes)
        parts.append(bytes([len(hashes)]))
        body = b"".join(parts)
        with open(self._path, "wb") as file:
            file.write(body + crc32(body).to_bytes(4, "big"))
        self._saved = True  # durable: littlefs commits the new content when the file is closed


def parse(data: bytes) -> "tuple[bytes, tuple[int, int], bytes, list[Run]] | None":
    """Return a file's owner, highest number, hash and runs; None if it is damaged."""
    body = data[:-_CRC_SIZE]
    if len(body) < _HEAD_SIZE or crc32(body).to_bytes(4, "big") != data[-_CRC_SIZE:]:
        return None
    # Runs are of 16 bytes, hashes of 32: a byte beyond them says how many of the latter there are.
    end = len(body) - (_HASH_SIZE * body[-1] + 1 if len(body) % _RUN_SIZE else 0)
    owner, boot, sequence, last_ack = struct.unpack_from(_HEAD, body, 0)
    hashes = [b""] + [body[at : at + _HASH_SIZE] for at in range(end, len(body) - 1, _HASH_SIZE)]
    runs: list[Run] = []
    for at in range(_HEAD_SIZE, end, _RUN_SIZE):
        number, first, last, index, cause = struct.unpack_from(_RUN, body, at)
        runs.append((number, first, last, cause, hashes[index]))
    return owner, (boot, sequence), last_ack, runs


def _count(runs: "list[Run]") -> int:
    return sum([run[2] - run[1] + 1 for run in runs])


def _merge(runs: "list[Run]") -> "list[Run]":
    merged: list[Run] = []
    for run in runs:
        if merged and _alike(merged[-1], run) and run[1] <= merged[-1][2] + 1:
            merged[-1] = _joined(merged[-1], run)
        else:
            merged.append(run)
    return merged


def _alike(one: "Run", other: "Run") -> bool:
    return one[0] == other[0] and one[3:] == other[3:]


def _joined(one: "Run", other: "Run") -> "Run":
    """Return the run over both and what lies between; of what they do not share of a cause, nothing."""
    boot, first, last, cause, refusal = one
    if cause != other[3]:
        cause, refusal = SEVERAL, b""
    elif refusal != other[4]:
        refusal = b""
    return boot, first, max(last, other[2]), cause, refusal


def _coarsen(runs: "list[Run]") -> bool:
    """Join the two oldest runs of one boot, of one cause if any are: what is logged stays logged."""
    for same in (_alike, _of_one_boot):
        for index in range(len(runs) - 1):
            if same(runs[index], runs[index + 1]):
                runs[index] = _joined(runs[index], runs.pop(index + 1))
                return True
    return False


def _of_one_boot(one: "Run", other: "Run") -> bool:
    return one[0] == other[0]
