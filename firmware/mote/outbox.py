"""What is sealed and not yet acknowledged, on flash: segments of frames, the oldest dropped first.

A message is durable when `append` returns. It leaves on the gateway's checked word alone (`settle`),
or, oldest first, when there is no room; what leaves without being accepted is in the ledger first.

Which frames of a segment are settled is known in RAM only: after a reboot those of an unfinished
segment are sent again, and the gateway answers "duplicate". That costs a few messages a boot and
saves a flash write for each acknowledgement.
"""

import os

from sealwire import ack, cose
from sealwire._compat import TYPE_CHECKING, const

from .errors import OutboxError
from .ledger import FOR_ROOM, Ledger
from .log import Log
from .segment import HEADER_SIZE, Kept, Segment

if TYPE_CHECKING:
    from sealwire.ack import Outcome

_LEDGER = "dropped"
_SEGMENT_MIN = const(4096)  # littlefs gives every file a block of its own
_SEGMENT_MAX = const(16384)
_ENOSPC = const(28)  # not among the names in MicroPython's errno

_log = Log("outbox")


class Settled:
    """What a batch's acknowledgement came to: the accepted messages, and how many of the others."""

    def __init__(self) -> None:
        self.accepted: list[Kept] = []
        self.retry = 0
        self.refused = 0


class Outbox:
    """The directory ``path``, of at most ``max_bytes`` in segments. ``kept`` messages wait in it."""

    def __init__(self, path: str, max_bytes: int) -> None:
        self._path = path
        self._max_bytes = max_bytes
        self._segment_bytes = min(_SEGMENT_MAX, max(_SEGMENT_MIN, max_bytes // 8))
        self._segments: list[Segment] = []  # oldest first
        self._cursor = (0, 0)  # segment number and frame from which the next batch is taken
        self.kept = 0
        _make_directory(path)
        self.ledger = Ledger(path + "/" + _LEDGER)
        for name in sorted(os.listdir(path)):
            if name.endswith(".seg"):
                self._take_stock(Segment(path + "/" + name, int(name[:-4], 16)))

    def append(self, boot: int, sequence: int, sealed: bytes) -> None:
        """Keep a message. Durable on return.

        Raises `OutboxError` when the flash cannot take it even with everything older dropped; its
        number is in the ledger then.
        """
        try:
            self._append(boot, sequence, sealed)
        except OSError as error:
            self.give_up(boot, sequence)
            raise OutboxError("the flash does not take a message: %s; free some space" % error)

    def give_up(self, boot: int, sequence: int) -> None:
        """Account for a number that no message will carry to the gateway."""
        try:
            self.ledger.add([(boot, sequence, FOR_ROOM)])
        except OSError:
            _log.warning("%d/%d is accounted for in RAM only" % (boot, sequence))

    def peek(self, count: int, max_bytes: int) -> list[Kept]:
        """Return up to ``count`` messages of together at most ``max_bytes``, but one at least.

        Messages that were answered "retry" come round again after all others of that time.
        """
        batch = self._collect(count, max_bytes)
        if not batch:
            self._cursor = (0, 0)
            batch = self._collect(count, max_bytes)
        return batch

    def settle(self, batch: list[Kept], outcomes: "list[Outcome]") -> Settled:
        """Let go of what ``outcomes``, from a checked acknowledgement, settle in ``batch``.

        Refused numbers are in the ledger, durably, before their messages leave. A message without
        an outcome stays.
        """
        by_leaf = {outcome.leaf: outcome for outcome in outcomes}
        settled = Settled()
        refused: list[Kept] = []
        numbers: list[tuple[int, int, int]] = []
        for kept in batch:
            outcome = by_leaf.get(cose.leaf_hash(kept.message))
            if outcome is None or outcome.result == ack.RETRY:
                settled.retry += 1
            elif outcome.result == ack.REFUSED:
                refused.append(kept)
                numbers.append((kept.boot, kept.sequence, outcome.code or FOR_ROOM))
            else:
                settled.accepted.append(kept)
        settled.refused = len(refused)
        self.ledger.add(numbers)
        self._let_go(refused)
        self._let_go(settled.accepted)
        if settled.retry:
            self._cursor = (batch[-1].segment.number, batch[-1].index + 1)
            if not self._collect(1, 0):
                # Begin again here, not when the end is reached next: new messages may keep it away.
                self._cursor = (0, 0)
        return settled

    def _append(self, boot: int, sequence: int, sealed: bytes) -> None:
        size = HEADER_SIZE + len(sealed)
        while self._segments and self._bytes() + size > self._max_bytes:
            self._drop_oldest()
        while True:
            segment = self._segment_for(size)
            try:
                segment.append(boot, sequence, sealed)
            except OSError as error:
                self._forsake(segment)
                if error.errno != _ENOSPC or not self._segments:
                    raise
                self._drop_oldest()
            else:
                self.kept += 1
                _log.debug("kept %d/%d" % (boot, sequence))
                return

    def _take_stock(self, segment: Segment) -> None:
        segment.scan()
        if segment.damaged:
            _log.warning("%s: %d damaged messages passed over" % (segment.path, segment.damaged))
        self._segments.append(segment)
        self.kept += segment.left
        self._remove_if_done(segment)

    def _bytes(self) -> int:
        return sum([segment.size for segment in self._segments])

    def _segment_for(self, size: int) -> Segment:
        number = 1
        if self._segments:
            last = self._segments[-1]
            if not last.torn and last.size + size <= self._segment_bytes:
                return last
            number = last.number + 1
        segment = Segment("%s/%08x.seg" % (self._path, number), number)
        self._segments.append(segment)
        return segment

    def _collect(self, count: int, max_bytes: int) -> list[Kept]:
        batch: list[Kept] = []
        number, frame = self._cursor
        for segment in self._segments:
            if segment.number < number or not segment.left:
                continue
            start = frame if segment.number == number else 0
            frames = segment.unsettled(start)
            for index, boot, sequence, sealed in frames:
                max_bytes -= len(sealed)
                if len(batch) == count or (batch and max_bytes < 0):
                    frames.close()
                    return batch
                batch.append(Kept(segment, index, boot, sequence, bytes(sealed)))
        return batch

    def _let_go(self, leaving: list[Kept]) -> None:
        for kept in leaving:
            segment = kept.segment
            # A segment may have been dropped for room while its batch was on the way.
            if segment in self._segments and not segment.is_settled(kept.index):
                segment.settle(kept.index)
                self.kept -= 1
                self._remove_if_done(segment)

    def _remove_if_done(self, segment: Segment) -> None:
        if not segment.left:
            self._segments.remove(segment)
            os.remove(segment.path)

    def _drop_oldest(self) -> None:
        """Make room: give up the oldest segment, its numbers into the ledger first."""
        segment = self._segments[0]
        numbers = [(boot, n, FOR_ROOM) for _, boot, n, _ in segment.unsettled(0)]
        try:
            self.ledger.add(numbers)
            self._remove(segment)
        except OSError as error:
            if error.errno != _ENOSPC:
                raise
            # No room even for the account: the segment makes it. Only a cut right here loses it.
            self._remove(segment)
            self.ledger.add([])
        _log.warning("dropped %d" % len(numbers))

    def _remove(self, segment: Segment) -> None:
        os.remove(segment.path)
        self._segments.remove(segment)
        self.kept -= segment.left

    def _forsake(self, segment: Segment) -> None:
        """After a failed append: its end may be torn, so nothing follows; begun for it, it goes."""
        if not segment.left:
            self._segments.remove(segment)
            if segment.path[segment.path.rfind("/") + 1 :] in os.listdir(self._path):
                os.remove(segment.path)


def _make_directory(path: str) -> None:
    try:
        os.stat(path)
    except OSError:
        os.mkdir(path)
