"""Publisher of checkpoints: signs the log's tree head at intervals, each time further on.

A head is published in this order, and a crash between two steps leaves nothing undone that
anybody has seen:

    1. signed and committed with the leaves that it covers: durable
    2. written to the file `published`, which backups of the database do not bring back
    3. shown: /checkpoint, tiles and proofs
"""

import asyncio
import logging
import os
import time
from collections.abc import Callable
from concurrent.futures import Executor
from logging import CRITICAL
from pathlib import Path

from sealmote.common.fault_log import FaultLog, describe
from sealmote.crypto import Signer
from sealmote.gateway.clock import Clock
from sealmote.gateway.errors import DamagedError, RolledBackError
from sealmote.gateway.publishing.rollback_check import check_head, check_note, check_own_heads
from sealmote.gateway.store import Store, tree, tree_heads
from sealmote.gateway.store.session import Reader, Transaction
from sealmote.gateway.supervisor import wait
from sealmote.log import checkpoint
from sealmote.log.note import NoteKey

_logger = logging.getLogger(__name__)


class Publisher:
    """Keeps the promise of every acknowledgement: a checkpoint by `log_by`."""

    def __init__(
        self,
        store: Store,
        origin: str,
        signer: Signer,
        file: Path,
        clock: Clock,
        uptime: Clock = time.monotonic,
    ):
        self._store = store
        self._origin = origin
        self._signer = signer
        self._file = file
        self._clock = clock
        self._uptime = uptime
        self._kept_at = uptime()  # when every leaf until then was under a published head
        self._trouble: str | None = None
        self._faults = FaultLog(_logger)
        self.published: tree_heads.Checkpoint | None = None
        self.halted: str | None = None

    def recover(self) -> None:
        """Take up where the last process stopped; blocks.

        Raises RolledBackError if the database is behind what was published, or differs from it, and
        DamagedError if its newest checkpoint is not what was signed. Where the disk has lost some of the
        log, what is left can be served; nothing is signed on it.
        """
        try:
            self._store.read(check_own_heads)
            self._store.read(self._check_file)
        except DamagedError as error:
            self._halt(error)
        newest = self._store.read(tree_heads.newest_checkpoint)
        if newest is not None:
            check_note(newest, NoteKey(self._origin, self._signer.public))
            self._show(newest)

    def publish(self) -> None:
        """Sign and publish the log's head if it has grown; blocks until that is durable."""
        newest = self._store.write(self._sign).result()
        if newest is not None and newest != self.published:
            self._show(newest)

    async def run(
        self,
        period_s: float,
        stopping: asyncio.Event,
        worker: Executor,
        may_sign: Callable[[], bool] = lambda: True,
    ) -> None:
        """Publish again and again in the thread of `worker` until told to stop.

        What fails is tried again. A step that has begun is finished: it must not go on when the
        directory is another's.
        """
        while not stopping.is_set():
            if self.halted is None and may_sign():
                await self._try_once(worker)
            await wait(stopping, period_s)

    def doubt(self, within_s: float) -> str | None:
        """Say why no head may be published within `within_s`, None as long as nothing speaks against it.

        The last try failed, or the one that has begun does not end.
        """
        if self._trouble is not None:
            return f"the log's head cannot be published: {self._trouble}"
        silent_s = self._uptime() - self._kept_at
        if silent_s > within_s:
            return (
                f"no head of the log has been published for {silent_s:.0f} s: look at disk and load"
            )
        return None

    async def _try_once(self, worker: Executor) -> None:
        try:
            await asyncio.get_running_loop().run_in_executor(worker, self.publish)
        except (RolledBackError, DamagedError) as error:
            self._halt(error)
        except Exception as error:  # noqa: BLE001  # the intake is shut meanwhile
            self._trouble = describe(error)
            self._faults.report("no checkpoint, and no reading is accepted", error=error)
        else:
            self._trouble, self._kept_at = None, self._uptime()

    def _halt(self, error: Exception) -> None:
        self.halted = str(error)
        self._faults.report("nothing is signed or accepted any more", error=error, level=CRITICAL)

    def _sign(self, transaction: Transaction) -> tree_heads.Checkpoint | None:
        """Return the newest checkpoint, one of everything before it in this transaction."""
        size = tree.size(transaction)
        newest = tree_heads.newest_checkpoint(transaction)
        if size == (newest.size if newest else 0):
            return newest
        if newest is not None:
            check_head(transaction, newest.size, newest.root, "the newest checkpoint")
        head = checkpoint.Checkpoint(self._origin, size, tree.root(transaction, size))
        note = checkpoint.sign(head, self._signer)
        signed = tree_heads.Checkpoint(size, head.root, note, int(self._clock()))
        tree_heads.add_checkpoint(transaction, signed)
        return signed

    def _show(self, signed: tree_heads.Checkpoint) -> None:
        _replace(self._file, signed.note)
        self.published = signed

    def _check_file(self, reader: Reader) -> None:
        if not self._file.exists():
            return
        key = NoteKey(self._origin, self._signer.public)
        head = checkpoint.verify(self._file.read_bytes(), key)
        check_head(reader, head.size, head.root, f"the file {self._file}")


def _replace(path: Path, content: bytes) -> None:
    """Put `content` into the file, all or nothing; durable on return."""
    fresh = path.with_suffix(".new")
    with fresh.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    fresh.replace(path)
    if os.name == "posix":
        descriptor = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(descriptor)  # the new name, too
        finally:
            os.close(descriptor)
