"""Store: the gateway's database. Nothing outside this package touches SQL.

session     what a read or a write is given: a reader, a transaction
schema      the file: making it, opening it safely
migrations  the tables, format by format
sqlite_errors  what SQLite's errors mean
integrity   whether a row is what was written
writer      one thread, one transaction for many requests, one fsync
devices     the registry
leaves      appending to the log
challenges  what was asked of boards, and what answered it
tree        the log's hashes
tree_heads  checkpoints and anchors
queries     reading
audit       what `fsck` reads beside all that
"""

import sqlite3
import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar

from sealmote.gateway.errors import DamagedError
from sealmote.gateway.store import schema
from sealmote.gateway.store.session import Reader, Transaction
from sealmote.gateway.store.sqlite_errors import store_errors
from sealmote.gateway.store.writer import Writer

P = ParamSpec("P")
T = TypeVar("T")
Query = Callable[Concatenate[Reader, P], T]
Job = Callable[Concatenate[Transaction, P], T]


class Store:
    """An open database: one writer, and a reading connection for each thread that reads.

    What other processes commit is seen by the next read. Functions of this package's modules are
    passed to `read` and `write`, which give them a reader or a transaction.
    """

    def __init__(self, path: Path, queue_limit: int):
        """Open an existing database; StoreError if it is missing, foreign or of a later format."""
        self._path = path
        self._writer = Writer(schema.connect(path, read_only=False), queue_limit)
        self._local = threading.local()
        self._readers: list[sqlite3.Connection] = []

    def write(self, job: Job[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Queue `job(transaction, ...)` for the writer.

        The future resolves once what the job wrote is durable. BusyError if too much is waiting.
        """
        return self._writer.submit(lambda transaction: job(transaction, *args, **kwargs))

    def read(self, query: Query[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Return `query(reader, ...)`: all of it sees one committed state. Blocks."""
        connection = self._connection()
        with store_errors(f"cannot read {self._path}"):
            connection.execute("BEGIN")
            try:
                return query(Reader(connection), *args, **kwargs)
            finally:
                connection.execute("ROLLBACK")

    def writer_ended(self) -> str | None:
        """Say with what the writing thread ended, None while it works."""
        return self._writer.ended

    def origin(self) -> str:
        """Return the origin of the log that this database is."""
        return self.read(_origin)

    def close(self) -> None:
        """Finish what is queued and close every connection; no thread may be reading."""
        self._writer.close()
        for connection in self._readers:
            connection.close()

    def _connection(self) -> sqlite3.Connection:
        connection: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if connection is None:
            connection = schema.connect(self._path, read_only=True)
            self._local.connection = connection
            self._readers.append(connection)
        return connection


def _origin(reader: Reader) -> str:
    origins = reader.column("SELECT origin FROM log")
    if len(origins) != 1:
        raise DamagedError("the database", f"it names {len(origins)} logs and not one")
    return str(origins[0])
