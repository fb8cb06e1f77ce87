"""The one thread that writes: many requests, one transaction, one fsync.

Jobs that arrive while a transaction is being committed wait and share the next one, so the
cost of an fsync is divided by the load. A job's future resolves after the commit that made its
changes durable, never before. The queue is bounded: more work than it holds is refused at once.
"""

import queue
import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from contextlib import suppress
from typing import Any, Generic, TypeVar

from sealmote.common.fault_log import describe
from sealmote.gateway.errors import BusyError, StoreError
from sealmote.gateway.store.session import Transaction
from sealmote.gateway.store.sqlite_errors import failure

T = TypeVar("T")
Job = Callable[[Transaction], T]

_MAX_BATCH = 64  # jobs in one transaction; a request is one job


class _Pending(Generic[T]):
    """A job and the promise to its caller."""

    def __init__(self, job: Job[T]):
        self.future: Future[T] = Future()
        self._job = job
        self._result: T | None = None
        self._error: Exception | None = None

    def run(self, connection: sqlite3.Connection) -> None:
        """Do the job within the open transaction; what a refused job changed is undone."""
        connection.execute("SAVEPOINT job")
        try:
            self._result = self._job(Transaction(connection))
        except sqlite3.Error:  # it may have ended the transaction, and with it the other jobs' work
            raise
        except Exception as error:  # noqa: BLE001  # the caller's to judge; other jobs go on
            self._error = error
            connection.execute("ROLLBACK TO job")
        connection.execute("RELEASE job")

    def resolve(self) -> None:
        if self._error is not None:
            self.future.set_exception(self._error)
        else:
            self.future.set_result(self._result)  # type: ignore[arg-type]  # run() has set it


class Writer:
    """Runs jobs in the order of their arrival on one connection, which it owns."""

    def __init__(self, connection: sqlite3.Connection, capacity: int):
        self._connection = connection
        self._queue: queue.Queue[_Pending[Any] | None] = queue.Queue(capacity)
        self._thread = threading.Thread(target=self._run, name="sealmote-writer", daemon=True)
        self._closed = False
        self.ended: str | None = None  # with what the thread ended, unless it was told to
        self._thread.start()

    def submit(self, job: Job[T]) -> Future[T]:
        """Queue a job; its future resolves when it is durable. BusyError if the queue is full."""
        if self._closed:
            raise StoreError("the store is closed: open the gateway again")
        if self.ended is not None:
            raise StoreError(f"the writer ended with {self.ended}: start the gateway again")
        pending = _Pending(job)
        try:
            self._queue.put_nowait(pending)
        except queue.Full:
            raise BusyError("the write queue is full: try again in a few seconds") from None
        if self.ended is not None:  # since it was asked: nobody takes from the queue any more
            self._refuse_rest()
        return pending.future

    def close(self) -> None:
        """Finish what is queued, then close the connection."""
        if self._closed:
            return
        self._closed = True
        if self.ended is None:
            self._queue.put(None)
        self._thread.join()
        self._connection.close()

    def _run(self) -> None:
        try:
            self._work()
        except BaseException as error:  # noqa: BLE001  # whoever waits has to hear of it
            self.ended = describe(error)
            self._refuse_rest()

    def _refuse_rest(self) -> None:
        """Tell everyone who is in the queue that nobody will do their job."""
        with suppress(queue.Empty):
            while True:
                pending = self._queue.get_nowait()
                if pending is not None and pending.future.set_running_or_notify_cancel():
                    pending.future.set_exception(StoreError(f"the writer ended with {self.ended}"))

    def _work(self) -> None:
        while batch := self._next_batch():
            self._commit([pending for pending in batch if pending is not None])
            if batch[-1] is None:
                return

    def _next_batch(self) -> list[_Pending[Any] | None]:
        """Wait for a job and take what else is there; None at the end says to stop."""
        batch = [self._queue.get()]
        while batch[-1] is not None and len(batch) < _MAX_BATCH:
            try:
                batch.append(self._queue.get_nowait())
            except queue.Empty:
                break
        return batch

    def _commit(self, batch: list[_Pending[Any]]) -> None:
        batch = [pending for pending in batch if pending.future.set_running_or_notify_cancel()]
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            for pending in batch:
                pending.run(self._connection)
            self._connection.execute("COMMIT")  # DURABLE from here: SQLite has synced the WAL
        except BaseException as error:
            self._abandon(batch, error)
            if not isinstance(error, Exception):
                raise
        else:
            for pending in batch:
                pending.resolve()

    def _abandon(self, batch: list[_Pending[Any]], error: BaseException) -> None:
        """Undo the transaction and tell every caller in it; the thread goes on if it can be undone."""
        reported = (
            failure("nothing was written", error) if isinstance(error, sqlite3.Error) else error
        )
        try:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")
        finally:
            for pending in batch:
                pending.future.set_exception(reported)
