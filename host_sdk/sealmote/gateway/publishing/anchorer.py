"""Anchorer: puts checkpoints on the chain, each once, whatever happens in between.

    1. The intent is committed: this size is about to be sent.
    2. The chain's client anchors it. It looks first, so a head that is there already is not sent
       again: that is what makes a crash between 2 and 3 harmless.
    3. Where the chain has it is committed.

After a crash the open intent is taken up before anything new. A chain may replace its newest blocks:
before each anchor the newest one is looked for again, and where it stands elsewhere or nowhere, those
before it too, so that proofs name blocks that are there.

Only the chain remembers a head that every copy here has lost: until it has been asked once since the
start, the log could fork, so that nothing is accepted or signed. From then on trouble with the chain
delays anchors and nothing else; the delay grows with every failure.
"""

import asyncio
import logging
import random
from contextlib import suppress
from logging import CRITICAL, WARNING

from sealmote.api.answers import ChainStatus
from sealmote.chain.errors import AnchorConflictError, NodeError, NodeReplyError
from sealmote.chain.protocols import AnchorClaim, AnchorService
from sealmote.common.fault_log import FaultLog, describe
from sealmote.crypto import Signer
from sealmote.gateway.clock import Clock
from sealmote.gateway.errors import DamagedError, RolledBackError
from sealmote.gateway.publishing.rollback_check import check_head, receipt_of, to_receipt
from sealmote.gateway.store import Store, tree_heads
from sealmote.gateway.supervisor import wait

_logger = logging.getLogger(__name__)

_MAX_DELAY_S = 300.0
_MAX_WAITING_S = 10.0
_START_S = 5.0  # that a start waits for the chain


class Anchorer:
    """Anchors the newest checkpoint of the log `origin` at intervals."""

    def __init__(
        self, store: Store, origin: str, signer: Signer, chain: AnchorService, clock: Clock
    ):
        self._store = store
        self._origin = origin
        self._signer = signer
        self._chain = chain
        self._clock = clock
        self._is_checked = False  # since the chain last failed us
        self._failures = 0
        self._trouble: str | None = None
        self._waiting: str | None = "it is being asked"
        self._faults = FaultLog(_logger)
        self.halted: str | None = None
        self.chain_time: int | None = None  # of the newest block that was seen, Unix seconds

    def doubt(self) -> str | None:
        """Say why nothing may be accepted or signed yet, None once the chain has been asked."""
        if self._waiting is None:
            return None
        return (
            "only the chain can tell whether this is the newest copy of the log, and it has not"
            f" answered since the start ({self._waiting}): readings are taken once it has"
        )

    async def start(self) -> None:
        """Check the log, once. If no node answers in time, nothing may be accepted yet.

        Raises RolledBackError as `check` does, and ChainError for what no node's answer fixes.
        """
        looking = asyncio.create_task(asyncio.to_thread(self.check))
        done, _ = await asyncio.wait({looking}, timeout=_START_S)
        if not done:
            looking.add_done_callback(lambda ended: ended.cancelled() or ended.exception())
            return  # what it finds, the first round finds
        try:
            looking.result()
        except NodeError as error:
            self._note_failure(error)

    def check(self) -> None:
        """Compare the log with the head that the chain has; blocks.

        Raises RolledBackError if the log is behind that head or differs, ChainError if the chain
        cannot be asked, or only by a node that has not come as far as our newest anchor.
        """
        self._check_node()
        head = self._chain.latest_tree_head(self._origin)
        if head is not None:
            self._store.read(check_head, *head, "the chain")
        self._waiting = None

    def anchor(self) -> None:
        """Finish what was intended, then anchor the newest checkpoint; blocks."""
        if not self._is_checked:
            self.check()  # before anything that could fail for want of ether
            if not self._chain.is_open(self._origin, self._signer.public):
                self._chain.open_log(self._origin, self._signer)
            self._is_checked = True
        self._follow()
        pending = self._store.read(tree_heads.pending_anchor)
        if pending is not None:
            self._send(pending.size, pending.root)
        newest = self._store.read(tree_heads.newest_checkpoint)
        anchored = self._store.read(tree_heads.newest_anchor)
        if newest is not None and newest.size > (anchored.size if anchored else 0):
            self._store.write(tree_heads.intend_anchor, newest.size, int(self._clock())).result()
            self._send(newest.size, newest.root)

    async def run(self, period_s: float, stopping: asyncio.Event) -> None:
        """Anchor again and again until told to stop."""
        while not stopping.is_set():
            if self.halted is None:
                await self._try_once()
            await wait(stopping, self._delay(period_s))

    def status(self) -> ChainStatus:
        """Return how the chain is doing, for `/v1/status`."""
        return ChainStatus(self._trouble, self._failures)

    async def _try_once(self) -> None:
        try:
            await asyncio.to_thread(self.anchor)
        except (RolledBackError, AnchorConflictError) as error:
            self.halted = str(error)
            self._faults.report(
                "nothing is signed or accepted any more", error=error, level=CRITICAL
            )
        except Exception as error:  # noqa: BLE001  # a chain may answer anything; it delays anchors only
            self._note_failure(error)
        else:
            self._note_success()

    def _note_failure(self, error: Exception) -> None:
        self._failures, self._is_checked = self._failures + 1, False
        self._trouble = describe(error)
        if self._waiting is not None:
            self._waiting = self._trouble
        self._faults.report("no anchor, try %d", self._failures, error=error, level=WARNING)

    def _note_success(self) -> None:
        self._failures, self._trouble = 0, None

    def _follow(self) -> None:
        """Note where the chain has our anchors by now, if it replaced the block of the newest.

        A block names the one before it: where the newest anchor's stands, all earlier ones do.
        """
        row = self._store.read(tree_heads.newest_anchor)
        while row is not None and self._is_missed(row):
            found = self._chain.anchor_at(self._origin, row.size)
            receipt = None if found is None else to_receipt(found)
            if receipt == row.receipt:
                return
            self._faults.report(
                "the chain replaced the block of the anchor of size %d", row.size, level=WARNING
            )
            latest = self._chain.latest_tree_head(self._origin)
            if receipt is None and latest is not None and latest[0] > row.size:
                self._store.write(
                    tree_heads.drop_anchor, row.size
                ).result()  # sizes on chain only grow
            else:
                self._store.write(
                    tree_heads.move_anchor, row.size, receipt, int(self._clock())
                ).result()
            row = self._store.read(tree_heads.newest_anchor, row.size)

    def _check_node(self) -> None:
        """Raise NodeReplyError if the node lags: it knows less of the log than we do."""
        row, known = self._store.read(tree_heads.newest_anchor), None
        with suppress(DamagedError):  # then the chain tells where it stands, and it is noted anew
            known = None if row is None else self._noted(row)
        head = self._chain.newest_block()
        anchored = 0 if known is None else known.block
        if head.number < anchored:
            raise NodeReplyError(
                f"the node has come to block {head.number} only, and the newest anchor is in block"
                f" {anchored}: wait until it has caught up, or name another node"
            )
        self.chain_time = head.time

    def _noted(self, row: tree_heads.AnchorRow) -> AnchorClaim | None:
        """Return where we noted an anchor, None if that was on another chain or contract.

        DamagedError if the note is not as it was written.
        """
        known = receipt_of(row)
        return known if self._chain.is_of(known) else None

    def _is_missed(self, row: tree_heads.AnchorRow) -> bool:
        """Say whether an anchor of this chain and contract no longer stands where we noted it.

        A node that lags does not have the newest blocks yet, and has replaced none.
        """
        try:
            known = self._noted(row)
        except DamagedError as error:
            self._faults.report("the chain is asked for it", error=error, level=WARNING)
            return True
        if known is None:
            return False
        if self._chain.stands(known):
            return False
        return self._chain.newest_block().number >= known.block

    def _send(self, size: int, root: bytes) -> None:
        anchor = self._chain.anchor(self._origin, size, root)
        self.chain_time = max(self.chain_time or 0, anchor.claim.block_time)
        receipt = to_receipt(anchor)
        self._note_success()  # before the anchor shows: whoever sees it sees no trouble beside it
        self._store.write(tree_heads.record_anchor, size, receipt, int(self._clock())).result()

    def _delay(self, period_s: float) -> float:
        """Double the period with every failure, to five minutes; drawn, so that gateways spread.

        While boards wait for the chain's first answer it is asked every few seconds.
        """
        if not self._failures:
            return period_s
        most = _MAX_DELAY_S if self._waiting is None else _MAX_WAITING_S
        longest = min(most, period_s * 2.0 ** min(self._failures, 20))
        if self._waiting is None:
            longest = max(period_s, longest)
        return random.uniform(longest / 2, longest)  # noqa: S311  # spreads load, guards nothing
