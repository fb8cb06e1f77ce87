"""Putting checkpoints on the chain, each once, whatever happens in between.

    1. The intent is committed: this size is about to be sent.
    2. The chain's client anchors it. It looks first, so a head that is there already is not sent
       again: that is what makes a crash between 2 and 3 harmless.
    3. Where the chain has it is committed.

After a crash the open intent is taken up before anything new. A chain may replace its newest blocks:
before each anchor the newest one is looked for again, and where it stands elsewhere or nowhere, those
before it too, so that proofs name blocks that are there. Once the gateway serves, trouble with
the chain delays anchors and nothing else; the delay grows with every failure.
"""

import asyncio
import json
import logging
import random
from logging import CRITICAL, WARNING
from typing import Protocol

from sealmote.chain import Anchor, Deployment
from sealmote.chain.errors import AnchorConflictError
from sealmote.crypto import Signer
from sealmote.faults import Faults, describe
from sealmote.gateway.continuity import check_head
from sealmote.gateway.errors import RolledBackError
from sealmote.gateway.intake import Clock
from sealmote.gateway.store import Store, heads
from sealmote.gateway.supervisor import wait

_logger = logging.getLogger(__name__)

_MAX_DELAY_S = 300.0


class AnchorClient(Protocol):
    """What the anchorer needs of a chain, as `ChainClient` has it. It blocks; raises ChainError."""

    @property
    def chain_id(self) -> int:
        """The chain's number (EIP-155)."""

    @property
    def deployment(self) -> Deployment:
        """The contracts in use."""

    def open_log(self, origin: str, signer: Signer) -> object:
        """Bind the log to this account, unless it is bound to it already."""

    def head_block(self) -> int:
        """Return the number of the chain's newest block."""

    def latest_anchor(self, origin: str) -> Anchor | None:
        """Return the largest head that the chain has of a log."""

    def anchor_at(self, origin: str, size: int) -> Anchor | None:
        """Return the head of this size, None if the chain has none."""

    def anchor(self, origin: str, size: int, root: bytes) -> Anchor:
        """See to it that the chain has this head; sends nothing if it has it already.

        Raises AnchorConflictError if another root, or a larger head, is there.
        """


class Anchorer:
    """Anchors the newest checkpoint of the log `origin` at intervals."""

    def __init__(
        self, store: Store, origin: str, signer: Signer, chain: AnchorClient, clock: Clock
    ):
        self._store = store
        self._origin = origin
        self._signer = signer
        self._chain = chain
        self._clock = clock
        self._is_checked = False  # since the chain last failed us
        self._failures = 0
        self._trouble: str | None = None
        self._faults = Faults(_logger)
        self.halted: str | None = None

    def check(self) -> None:
        """Compare the log with the head that the chain has; blocks.

        Raises RolledBackError if the log is behind that head or differs, ChainError if the chain
        cannot be asked.
        """
        head = self._chain.latest_anchor(self._origin)
        if head is not None:
            self._store.read(check_head, head.size, head.root, "the chain")

    def anchor(self) -> None:
        """Finish what was intended, then anchor the newest checkpoint; blocks."""
        if not self._is_checked:
            self._chain.open_log(self._origin, self._signer)
            self.check()
            self._is_checked = True
        self._follow()
        pending = self._store.read(heads.pending_anchor)
        if pending is not None:
            self._send(pending.size, pending.root)
        newest = self._store.read(heads.newest_checkpoint)
        anchored = self._store.read(heads.newest_anchor)
        if newest is not None and newest.size > (anchored.size if anchored else 0):
            self._store.write(heads.intend_anchor, newest.size, int(self._clock())).result()
            self._send(newest.size, newest.root)

    async def run(self, period_s: float, stopping: asyncio.Event) -> None:
        """Anchor again and again until told to stop."""
        while not stopping.is_set():
            if self.halted is None:
                await self._try_once()
            await wait(stopping, self._delay(period_s))

    def status(self) -> dict[str, object]:
        """Return how the chain is doing, for `/v1/status`."""
        return {"trouble": self._trouble, "failures": self._failures}

    async def _try_once(self) -> None:
        try:
            await asyncio.to_thread(self.anchor)
        except (RolledBackError, AnchorConflictError) as error:
            self.halted = str(error)
            self._faults.report(
                "nothing is signed or accepted any more", error=error, level=CRITICAL
            )
        except Exception as error:  # noqa: BLE001  # a chain may answer anything; it delays anchors only
            self._failures, self._is_checked = self._failures + 1, False
            self._trouble = describe(error)
            self._faults.report("no anchor, try %d", self._failures, error=error, level=WARNING)
        else:
            self._failures, self._trouble = 0, None

    def _follow(self) -> None:
        """Note where the chain has our anchors by now, if it replaced the block of the newest.

        A block names the one before it: where the newest anchor's stands, all earlier ones do.
        """
        row = self._store.read(heads.newest_anchor)
        while row is not None:
            found = self._chain.anchor_at(self._origin, row.size)
            receipt = None if found is None else self._receipt(found)
            if receipt == row.receipt or not self._is_behind_us(row):
                return
            self._faults.report(
                "the chain replaced the block of the anchor of size %d", row.size, level=WARNING
            )
            latest = self._chain.latest_anchor(self._origin)
            if receipt is None and latest is not None and latest.size > row.size:
                self._store.write(heads.drop_anchor, row.size).result()  # sizes on chain only grow
            else:
                self._store.write(heads.move_anchor, row.size, receipt, int(self._clock())).result()
            row = self._store.read(heads.newest_anchor, row.size)

    def _is_behind_us(self, row: heads.AnchorRow) -> bool:
        """Say whether the node that we ask has come as far as an anchor of this chain and contract.

        A node that lags does not have the newest blocks yet, and has replaced none.
        """
        assert row.receipt is not None
        known = json.loads(row.receipt)
        place = (self._chain.chain_id, "0x" + self._chain.deployment.anchor.hex())
        return place == (known["chain_id"], known["contract"]) and (
            self._chain.head_block() >= known["block"]
        )

    def _send(self, size: int, root: bytes) -> None:
        receipt = self._receipt(self._chain.anchor(self._origin, size, root))
        self._store.write(heads.record_anchor, size, receipt, int(self._clock())).result()

    def _receipt(self, anchor: Anchor) -> str:
        """Say where the anchor stands, as proofs repeat it."""
        return json.dumps(
            {
                "chain_id": self._chain.chain_id,
                "contract": "0x" + self._chain.deployment.anchor.hex(),
                "size": anchor.size,
                "root": anchor.root.hex(),
                "transaction": "0x" + anchor.tx_hash.hex(),
                "block": anchor.block_number,
                "block_hash": "0x" + anchor.block_hash.hex(),
                "block_time": anchor.block_time,
            }
        )

    def _delay(self, period_s: float) -> float:
        """Double the period with every failure, to five minutes; drawn, so that gateways spread."""
        if not self._failures:
            return period_s
        longest = max(period_s, min(_MAX_DELAY_S, period_s * 2.0 ** min(self._failures, 20)))
        return random.uniform(longest / 2, longest)  # noqa: S311  # spreads load, guards nothing
