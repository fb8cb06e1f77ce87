"""Cut the power in the middle of a recorded flash operation, switch on again, and look what is left.

The flash at a cut is put together from the record: all operations before it, and the torn one. That
is the flash that a board leaves which is cut there for real (tests/campaigns compares the two), and
costs nothing but the boot that comes after.
"""

import os
import random
import re
from dataclasses import dataclass, field
from pathlib import Path

from tools.campaign.peer import Mailbox, Number, Peer
from tools.campaign.workload import BOOTED, KEPT, Recording, conditions

from sealmote.sim import Board, Fault, ForkServer, SimError
from sealmote.sim.line.output import SerialLine
from sealmote.sim.storage import partitions

FLASH = "flash.bin"

_EMPTIED = re.compile(r" uplink: acknowledged \d+ kept=0$")
_RECOVERS_WITHIN_S = 1800  # of the board's time: its longest back-off is 300 s
_ANSWERS_WITHIN_S = 120.0  # of real time
_SECOND_CUT_WITHIN = 40  # operations of the recovery
_CHANGING = partitions.partition("trial").address  # nothing below it is ever written


@dataclass(frozen=True, order=True)
class Cut:
    """Power fails in operation `operation` (from 1 on), torn as `variant` has it.

    `second` is the operation of the recovery in which it fails once more, None for not at all.
    """

    operation: int
    variant: int
    second: int | None = None

    @property
    def seed(self) -> bytes:
        """Seed of the torn operation."""
        return b"%d/%d" % (self.operation, self.variant)


@dataclass
class Verdict:
    """What one cut came to; a sound board leaves the sets empty and `bricked` too."""

    cut: Cut
    cuts: int = 1
    lost: set[Number] = field(default_factory=set)
    reused: set[Number] = field(default_factory=set)
    bricked: str = ""

    @property
    def sound(self) -> bool:
        """Whether nothing was found."""
        return not (self.lost or self.reused or self.bricked)


class Bench:
    """A board that is put back into the moment of one cut after another."""

    def __init__(
        self, folder: Path, recording: Recording, fork_server: ForkServer, peer: Peer
    ) -> None:
        self._board = Board.open(folder, launcher=fork_server)
        self._recording = recording
        self._peer = peer
        self._flash = bytearray(recording.flash)
        self._done = 0

    def attempt(self, cut: Cut) -> Verdict:
        """Try a cut, none of whose operation came before that of the last one."""
        self.prepare(cut)
        return self._try(cut)

    def prepare(self, cut: Cut) -> None:
        """Write the flash as the cut leaves it, and set the board's clock to that moment."""
        recording = self._recording
        assert cut.operation > self._done
        while self._done < cut.operation - 1:
            recording.operations[self._done].apply(self._flash)
            self._done += 1
        torn = recording.operations[self._done]
        place = slice(torn.address, torn.address + len(torn.after))
        before = self._flash[place]
        torn.tear(self._flash, cut.seed)
        _write(self._board.flash_path, self._flash)
        self._flash[place] = before
        now_us = recording.times_us[self._done]
        self._board.shared_state.set(recording.lives, now_us, cut.operation)

    def _try(self, cut: Cut) -> Verdict:
        verdict = Verdict(cut)
        recording, number = self._recording, cut.operation
        sealed = recording.sealed_before(number)
        box = Mailbox(self._board.flash_path, self._board.shared_state, sealed=dict(sealed))
        box.received = recording.received_before(number)
        self._peer.turn_to(box)
        kept = recording.kept_before(number)
        thumbprint = recording.thumbprint_before(number)
        try:
            if cut.second is not None:
                kept |= self._recover(thumbprint, set(sealed), verdict, cut.second)
            kept |= self._recover(thumbprint, set(sealed) | kept, verdict, None)
            verdict.lost = _missing(box, kept)
            if verdict.lost:  # what was dropped after the boot's statement stands in the next one
                kept |= self._recover(thumbprint, set(sealed) | kept, verdict, None)
                verdict.lost = _missing(box, kept)
        except (SimError, _BrickedError) as error:
            verdict.bricked = f"{error}\n" + "\n".join(self._board.serial.history[-20:])
        if box.unsound:
            verdict.bricked = f"sent what is not sound: {box.unsound[0]}"
        verdict.reused |= box.reused
        return verdict

    def _recover(
        self, thumbprint: str | None, sealed: set[Number], verdict: Verdict, second: int | None
    ) -> set[Number]:
        """Switch on, and wait until all is sent or the power fails again; what was kept since."""
        faults = [Fault("switch-off", at=_RECOVERS_WITHIN_S)]
        if second is not None:
            faults.append(Fault("power-cut", op=second))
        board = self._board
        board.serial = SerialLine()
        seed = verdict.cut.operation * 1000 + verdict.cut.variant
        with board:
            board.start(conditions(self._peer, tuple(faults), seed=seed))
            kept, again = self._listen(board, thumbprint, second is not None)
            if second is not None and not board.serial.powered:
                verdict.cuts += 1
        verdict.reused |= again | kept & sealed
        return kept

    def _listen(
        self, board: Board, thumbprint: str | None, may_fail: bool
    ) -> tuple[set[Number], set[Number]]:
        """Return the numbers that the board kept messages under, and those of them it kept twice."""
        kept: set[Number] = set()
        again: set[Number] = set()
        booted = False
        for line in board.serial.lines(_ANSWERS_WITHIN_S):
            if found := KEPT.search(line):
                number = (int(found[1]), int(found[2]))
                (again if number in kept else kept).add(number)
            elif found := BOOTED.search(line):
                booted = True
                if thumbprint not in (None, found[2]):
                    raise _BrickedError("the board has another key than before")
            elif booted and kept and _EMPTIED.search(line):
                return kept, again
        if may_fail:
            return kept, again
        raise _BrickedError("the board did not get to sending all that it keeps")


class _BrickedError(Exception):
    """The board does not work any more."""


def _missing(box: Mailbox, kept: set[Number]) -> set[Number]:
    """Return what has neither come nor been named as dropped in a statement that has."""
    runs = [run for received in box.received for run in received.dropped]
    return {
        (boot, number)
        for boot, number in kept - box.numbers()
        if not any(boot == run[0] and run[1] <= number <= run[2] for run in runs)
    }


def _write(path: Path, flash: bytearray) -> None:
    descriptor = os.open(path, os.O_WRONLY)
    try:
        os.pwrite(descriptor, memoryview(flash)[_CHANGING:], _CHANGING)
    finally:
        os.close(descriptor)


def plan(operations: int, cuts: int, seed: int, second_share: float = 0.05) -> list[Cut]:
    """Spread cuts evenly over all operations, each time torn otherwise; some are cut again."""
    dice = random.Random(seed)  # noqa: S311 - a campaign that can be repeated, no secret
    found = []
    for number in range(cuts):
        variant, operation = divmod(number, operations)
        if cuts < operations:
            operation = number * operations // cuts
        second = dice.randint(1, _SECOND_CUT_WITHIN) if dice.random() < second_share else None
        found.append(Cut(operation + 1, variant, second))
    return sorted(found, key=lambda cut: (cut.operation, cut.variant))
