"""The trial record: which of the two application file systems is good, and whether the other is on trial.

It lies in the partition `trial`, in two slots (`mote.storage.slots`), so a power cut at any
moment leaves the state before a write or the one after it:

    version u8 | good u8: 0 for vfs_a, 1 for vfs_b | phase u8 | starts u8: how many the trial has left

    NONE       the good file system runs
    DUE        `begin` was called: the next start is the trial's first
    RUNNING    the other one has been started and was not confirmed; each start costs one
    FAILED     no start was left, or it does not mount: the good one runs again

A blank partition is a board as it was flashed: vfs_a is good and nothing is on trial. The loader, which
is in no update, writes `start` and `fail`; an update `begin`; the application on trial `confirm`.
"""

from mote.errors import TrialError
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from mote.storage.slots import Slots

LABELS = ("vfs_a", "vfs_b")
PARTITION = "trial"
STARTS = const(
    3
)  # fewer than the bad boots that safe mode counts, so that the good one need not rest

NONE = const(0)
DUE = const(1)
RUNNING = const(2)
FAILED = const(3)

_VERSION = const(1)
_SIZE = const(4)


class Trial:
    """The record as it was read, and what may become of it; every method's write is durable on return.

    ``good``: index into `LABELS` · ``phase``: NONE, DUE, RUNNING or FAILED · ``starts``: left.
    """

    def __init__(self, slots: "Slots") -> None:
        """Read it. Raises `TrialError` where it is not one that this firmware writes."""
        self._slots = slots
        self.good, self.phase, self.starts = 0, NONE, 0
        found = slots.payload
        if found is None:
            return
        if len(found) != _SIZE or found[0] != _VERSION or found[1] > 1 or found[2] > FAILED:
            raise TrialError("the record of the trial is none: run `sealmote recover`")
        self.good, self.phase, self.starts = found[1], found[2], found[3]

    @property
    def other(self) -> int:
        """The file system that is not the good one: what an update writes, and what a trial runs."""
        return 1 - self.good

    def start(self) -> int:
        """Count this start; return which file system is to run."""
        if self.phase not in (DUE, RUNNING):
            return self.good
        if not self.starts:
            self.fail()
            return self.good
        self._write(self.good, RUNNING, self.starts - 1)
        return self.other

    def fail(self) -> None:
        """End the trial: from here on the good file system runs."""
        self._write(self.good, FAILED, 0)

    def begin(self, starts: int = STARTS) -> None:
        """Put the other file system on trial, from the next start on, for so many starts at the most.

        A board that sleeps needs one for each wake until it is confirmed. Raises `TrialError` while a
        trial runs: the good file system is then the other one, and nothing may be written to it.
        """
        if self.phase == RUNNING:
            raise TrialError("what runs is itself on trial: it has to be confirmed first")
        self._write(self.good, DUE, starts)

    def confirm(self) -> None:
        """Make the file system on trial, which runs, the good one."""
        if self.phase == RUNNING:
            self._write(self.other, NONE, 0)

    def _write(self, good: int, phase: int, starts: int) -> None:
        record = bytes((_VERSION, good, phase, starts))
        (self._slots.write if self._slots.generation else self._slots.create)(record)
        self.good, self.phase, self.starts = good, phase, starts
