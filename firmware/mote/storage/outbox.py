"""Outbox: sealed messages not yet acknowledged, on flash in segments of frames, the oldest dropped first.

A message is durable when `append` returns. It leaves on the gateway's checked word alone (`settle`),
or, oldest first, when there is no room; what leaves without being accepted is in the delivery record first.

Which frames of a segment are settled is known in RAM only: after a reboot those of an unfinished
segment are sent again, and the gateway answers "duplicate". That costs a few messages a boot.

Every number that was ever kept is in one of three places, whenever the power fails: in a segment, in the
delivery record, or at or below its highest acknowledged number. Numbers beyond those were taken by a
message that had not reached the flash; nobody but this board has ever seen it.

Messages that a former key sealed stay what they are and are sent as they are, in files of their own; the
numbers above are those of the present key alone, which does not speak for another.

A message that is dropped for room while its batch is on its way may be logged all the same. That does
no harm: a range says what the board gave up, and a number that is in the log is logged, whoever gave it up.
"""

import errno
import os
from binascii import hexlify
from hashlib import sha256

from mote.errors import OutboxError
from mote.log import Log
from mote.storage.delivery_record import DeliveryRecord
from mote.storage.segment import Kept, Segment, room_for
from mote.unimport import Unimport
from sealwire._compat import TYPE_CHECKING, const
from sealwire.outcome import DAMAGED, FOR_ROOM, REFUSED, RETRY, UNKEPT, leaf_hash

if TYPE_CHECKING:
    from mote.storage.delivery_record import Range
    from sealwire import statement

PATH = "/data/outbox"
RECORD = "account"
REFUSALS = "refusals"
_SEGMENT_MIN = const(4096)  # littlefs gives every file a block of its own
_SEGMENT_MAX = const(65000)  # 16 blocks with their pointers; a week is 20 files: little heap
_RESERVE = const(32768)  # for a configuration old and new, and littlefs's own copies
_ROOM_MIN = const(16384)
_ROOM_MAX = const(4194304)  # of larger flash chips: a boot reads all of it, some ten seconds
_ENOSPC = const(28)  # not among the names in MicroPython's errno

_log = Log("outbox")


class Settled:
    """What a batch's acknowledgement came to: the accepted messages, and how many of the others."""

    def __init__(self) -> None:
        self.accepted: list[Kept] = []
        self.retry = 0
        self.refused = 0


class Outbox:
    """The directory ``path``, of at most ``max_bytes`` in segments, for the key with kid ``owner``.

    Without one, every message counts as the present key's.

    ``kept`` messages wait in it. ``last``: the highest (boot, sequence) that ever was kept or given
    up, as far as flash tells, None where nothing was.
    """

    def __init__(
        self, path: str, max_bytes: int, owner: bytes = b"", head: list[int] | None = None
    ) -> None:
        """Take stock of what is there; with ``head`` (see there) only of what is needed."""
        self._path = path
        self._refusals = path + "/" + REFUSALS
        self._max_bytes = max_bytes
        self._owner = owner
        self._segment_bytes = min(_SEGMENT_MAX, max(_SEGMENT_MIN, max_bytes // 8))
        self._segments: list[Segment] = []  # oldest first
        self._cursor = (0, 0)  # segment number and frame from which the next batch is taken
        self.kept = 0
        _make_directory(path)
        self.deliveries = DeliveryRecord(path + "/" + RECORD, owner or bytes(8))
        names = [name for name in os.listdir(path) if name.endswith(".seg")]
        for name in sorted(names):
            self._segments.append(Segment(path + "/" + name, int(name[:-4], 16), found=True))
        if head is not None and self.head[1] == head[1]:
            self.kept = head[0]  # and every segment is read when its turn comes
        else:
            for segment in list(self._segments):
                self._know(segment)
                self.kept += segment.left
                self._remove_if_done(segment)
        known = [seg.last for seg in self._segments if seg.last and not seg.former]
        known.extend(
            [(entry[0], entry[2]) for entry in self.deliveries.ranges(self.deliveries.count)]
        )
        if self.deliveries.highest:
            known.append(self.deliveries.highest)
        self.last: tuple[int, int] | None = max(known) if known else None

    @property
    def head(self) -> list[int]:
        """What spares the next life after deep sleep the reading of it all: [kept, newest's size]."""
        tail = self._segments[-1] if self._segments else None
        # Which are settled in a file that stays is forgotten, so that these wait again.
        kept = self.kept + sum([segment.settled for segment in self._segments])
        return [kept, 0 if tail is None else -1 if tail.torn or tail.former else tail.size]

    def append(self, boot: int, sequence: int, sealed: bytes) -> None:
        """Keep a message. Durable on return.

        Raises `OutboxError` when the flash cannot take it even with everything older dropped; its
        number is in the delivery record then.
        """
        try:
            self._append(boot, sequence, sealed)
        except OSError as error:
            self.give_up(boot, sequence)
            raise OutboxError("the flash does not take a message: %s; free some space" % error)

    def give_up(self, boot: int, sequence: int) -> None:
        """Account for a number that no message will carry to the gateway."""
        self.last = (boot, sequence)
        self._account([(boot, sequence, sequence, UNKEPT, b"")])

    def peek(self, count: int, max_bytes: int) -> list[Kept]:
        """Return up to ``count`` messages of together at most ``max_bytes``, but one at least.

        Messages that were answered "retry" come round again after all others of that time.
        """
        batch = self._collect(count, max_bytes)
        if not batch:
            self._cursor = (0, 0)
            batch = self._collect(count, max_bytes)
        return batch

    def acknowledged_to(self, stated: int) -> tuple[int, int] | None:
        """Return the highest (boot, sequence) up to which nothing waits, None before the first.

        Every number up to it was acknowledged, or is in the first ``stated`` ranges of the delivery
        record, or in an acknowledged statement, or never reached the flash.
        """
        open_ones = [entry[:2] for entry in self.deliveries.ranges(stated + 1)[stated:]]
        waiting = self._first_waiting()
        if waiting:
            open_ones.append(waiting)
        if not open_ones:
            return self.last
        boot, sequence = min(open_ones)
        return (boot, sequence - 1) if sequence else self.deliveries.below((boot, 0))

    def settle(
        self, batch: list[Kept], results: dict[bytes, tuple[int, int | None]], answer: bytes
    ) -> Settled:
        """Let go of what ``results`` settle in ``batch``: those of ``answer``, a checked acknowledgement.

        They are `ack.Outcome.result` and its code, by leaf hash. What leaves is in the delivery record,
        durably, before its message goes, and so is an answer that refuses. A message without
        a result stays.
        """
        settled = Settled()
        digest = sha256(answer).digest()
        refused: list[Kept] = []
        ranges: list[Range] = []
        for kept in batch:
            result, code = results.get(leaf_hash(kept.message), (RETRY, None))
            if result == RETRY:
                settled.retry += 1
            elif result == REFUSED:
                refused.append(kept)
                number = kept.sequence
                if not kept.segment.former:
                    assert code is not None
                    ranges.append((kept.boot, number, number, code, digest))
            else:
                settled.accepted.append(kept)
        settled.refused = len(refused)
        leaving = refused + settled.accepted
        if refused:
            self._keep_refusal(digest, answer)
        if leaving:
            self._leave(leaving, ranges, digest)
        if settled.retry:
            self.pass_over(batch)
        return settled

    def stated(self, ranges: "list[statement.Range]") -> None:
        """Forget ranges that an acknowledged statement has named, and the answers that refused them."""
        before = self.deliveries.refusals
        self.deliveries.forget(ranges)
        done = before - self.deliveries.refusals
        if done:
            with Unimport():
                from mote.storage import kept_refusals  # here and below: refusals are rare

                kept_refusals.drop(self._refusals, done)

    def pass_over(self, batch: list[Kept]) -> None:
        """Go on behind a batch: what is left of it comes round again after all others of that time."""
        self._cursor = (batch[-1].segment.number, batch[-1].index + 1)
        if not self._collect(1, 0):
            # Begin again here, not when the end is reached next: new messages may keep it away.
            self._cursor = (0, 0)

    def _append(self, boot: int, sequence: int, sealed: bytes) -> None:
        size = room_for(sealed)
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
                self.last = (boot, sequence)
                _log.debug("kept %d/%d" % (boot, sequence))
                return

    def _know(self, segment: Segment) -> None:
        """Read a segment that an earlier boot left, unless it has been read."""
        if segment.scanned:
            return
        lost = segment.scan(self._owner)
        if segment.damaged:
            _log.warning("%s: %d damaged messages passed over" % (segment.path, segment.damaged))
        if lost and not segment.former:
            self._account([entry + (DAMAGED, b"") for entry in lost])

    def _account(self, ranges: "list[Range]") -> None:
        try:
            self.deliveries.add(ranges)
        except OSError:
            _log.warning("numbers that were given up are accounted for in RAM only: %r" % ranges)

    def _first_waiting(self) -> tuple[int, int] | None:
        for segment in self._segments:
            self._know(segment)
            if segment.former:
                continue
            frames = segment.unsettled(0)
            for _, boot, sequence, _ in frames:
                frames.close()
                return boot, sequence
        return None

    def _bytes(self) -> int:
        return sum([segment.size for segment in self._segments])

    def _segment_for(self, size: int) -> Segment:
        number = 1
        if self._segments:
            last = self._segments[-1]
            if not last.torn and not last.former and last.size + size <= self._segment_bytes:
                return last
            number = last.number + 1
        segment = Segment("%s/%08x.seg" % (self._path, number), number)
        self._segments.append(segment)
        return segment

    def _collect(self, count: int, max_bytes: int) -> list[Kept]:
        batch: list[Kept] = []
        number, frame = self._cursor
        for segment in self._segments:
            if segment.number < number:
                continue
            self._know(segment)
            start = frame if segment.number == number else 0
            frames = segment.unsettled(start)
            for index, boot, sequence, sealed in frames:
                max_bytes -= len(sealed)
                if len(batch) == count or (batch and max_bytes < 0):
                    frames.close()
                    return batch
                batch.append(Kept(segment, index, boot, sequence, bytes(sealed)))
        return batch

    def _leave(self, leaving: list[Kept], ranges: "list[Range]", ack_hash: bytes) -> None:
        """Let go of what an acknowledgement settles; ``ranges``: what it refused, for the record."""
        own = [(kept.boot, kept.sequence) for kept in leaving if not kept.segment.former]
        try:
            if own:
                self.deliveries.acknowledge(max(own), ack_hash, ranges)
        except OSError as error:
            if error.errno != _ENOSPC:
                raise
            # As in _drop_oldest: what leaves makes the room for its own account.
            self._let_go(leaving)
            self.deliveries.add([])
        self._let_go(leaving)

    def _keep_refusal(self, digest: bytes, answer: bytes) -> None:
        with Unimport():
            from mote.storage import kept_refusals

            try:
                kept = kept_refusals.keep(self._refusals, digest, answer, self.deliveries.refusals)
            except OSError:
                kept = False
        if not kept:
            _log.warning(
                "no room for the refusal %s: only its hash is stated" % hexlify(digest).decode()
            )

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
            os.remove(segment.path)  # first: if that fails, its number is not given to another
            self._segments.remove(segment)

    def _drop_oldest(self) -> None:
        """Make room: give up the oldest segment, its numbers into the delivery record first."""
        segment = self._segments[0]
        self._know(segment)
        count = 0
        ranges: list[Range] = []
        for _, boot, number, _ in segment.unsettled(0):
            count += 1
            first = number
            if ranges and ranges[-1][0] == boot and ranges[-1][2] == number - 1:
                first = ranges.pop()[
                    1
                ]  # hundreds of single ones are more than the heap has room for
            ranges.append((boot, first, number, FOR_ROOM, b""))
        try:
            if not segment.former:
                self.deliveries.add(ranges)
            self._remove(segment)
        except OSError as error:
            if error.errno != _ENOSPC:
                raise
            # No room even for the account: the segment makes it. Only a cut right here loses it.
            self._remove(segment)
            self.deliveries.add([])
        _log.warning("dropped %d" % count)

    def _remove(self, segment: Segment) -> None:
        os.remove(segment.path)
        self._segments.remove(segment)
        self.kept -= segment.left

    def _forsake(self, segment: Segment) -> None:
        """After a failed append: its end may be torn, so nothing follows; begun for it, it goes.

        A file that was found and not read since a wake holds messages, though none is counted yet.
        """
        if segment.scanned and not segment.left:
            self._segments.remove(segment)
            if segment.path[segment.path.rfind("/") + 1 :] in os.listdir(self._path):
                os.remove(segment.path)


def room(path: str) -> int:
    """Return how many bytes an outbox at ``path`` may take of its filesystem: all but a reserve.

    What is in it already counts as free.
    """
    _make_directory(path)
    stat = os.statvfs(path)
    size, free = stat[0], stat[4]
    # Files take whole blocks in littlefs. Refusals keep theirs, whatever the outbox has to hold.
    names = [name for name in os.listdir(path) if not name.startswith(REFUSALS)]
    taken = sum([-(-os.stat(path + "/" + name)[6] // size) for name in names])
    return min(max((free + taken) * size - _RESERVE, _ROOM_MIN), _ROOM_MAX)


def _make_directory(path: str) -> None:
    try:
        os.mkdir(path)
    except OSError as error:
        if error.errno != errno.EEXIST:
            raise OutboxError("%s cannot be made (%s): free some space" % (path, error))
