"""SQLite file of an embedded chain: py-evm's key-value store, each block one transaction.

Promises: what `block()` wrote is durable when it returns (synchronous=FULL), and after a crash either all
of it is there or none. The file is held by one process at a time, through SQLite's exclusive lock, which
the operating system takes back when the process dies.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from eth.db.atomic import AtomicDB
from eth.db.backends.base import BaseDB

from sealmote.chain.errors import ChainBusyError, ChainFileError

# "SMch", so that no other SQLite file is taken for a chain (PRAGMA application_id).
_APPLICATION_ID = 0x534D6368
_VERSION = 1
_SCHEMA = """
CREATE TABLE entries (key BLOB PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID, STRICT;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID, STRICT;
"""


class Store(BaseDB):
    """A mapping of bytes to bytes in a SQLite file. Not safe for two threads at once."""

    def __init__(self, path: Path):
        """Open or make the file; ChainBusyError if another process has it, ChainFileError if bad."""
        self.path = path
        self._connection = _open(path)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()

    @contextmanager
    def block(self) -> Iterator[None]:
        """Make everything that is written within durable as one, or nothing if it raises."""
        self._execute("BEGIN")
        try:
            yield
            self._execute("COMMIT")
        except BaseException:
            if self._connection.in_transaction:  # SQLite ends some failures itself, as a full disk
                self._connection.execute("ROLLBACK")
            raise

    def atomic(self) -> AtomicDB:
        """Return the view that py-evm works on."""
        return AtomicDB(self)

    def fact(self, name: str) -> str | None:
        """Return what was noted under a name."""
        row = self._execute("SELECT value FROM facts WHERE name = ?", (name,)).fetchone()
        return None if row is None else str(row[0])

    def note(self, name: str, value: str) -> None:
        """Note a fact about the chain."""
        self._execute("INSERT INTO facts VALUES (?, ?)", (name, value))

    def __getitem__(self, key: bytes) -> bytes:
        """Return a value; KeyError if there is none."""
        row = self._execute("SELECT value FROM entries WHERE key = ?", (key,)).fetchone()
        if row is None:
            raise KeyError(key)
        return bytes(row[0])

    def __setitem__(self, key: bytes, value: bytes) -> None:
        """Put a value."""
        self._execute(
            "INSERT INTO entries VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def __delitem__(self, key: bytes) -> None:
        """Take a value out; KeyError if there is none."""
        if self._execute("DELETE FROM entries WHERE key = ?", (key,)).rowcount == 0:
            raise KeyError(key)

    def _exists(self, key: bytes) -> bool:
        row = self._execute("SELECT 1 FROM entries WHERE key = ?", (key,)).fetchone()
        return row is not None

    def _execute(self, statement: str, parameters: tuple[object, ...] = ()) -> sqlite3.Cursor:
        try:
            return self._connection.execute(statement, parameters)
        except sqlite3.Error as error:
            raise _explained(error, self.path) from error


def _open(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        raise ChainFileError(f"cannot open the embedded chain {path}: {error}") from error
    try:
        _prepare(connection, path)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error):
            raise _explained(error, path) from error
        raise
    return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA locking_mode = EXCLUSIVE")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("BEGIN EXCLUSIVE")  # kept until the file is closed
    application = connection.execute("PRAGMA application_id").fetchone()[0]
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    if (application, version) == (0, 0) and _is_empty(connection):
        for statement in _SCHEMA.strip().splitlines():
            connection.execute(statement)
        connection.execute(f"PRAGMA application_id = {_APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {_VERSION}")
    elif (application, version) != (_APPLICATION_ID, _VERSION):
        raise ChainFileError(
            f"{path} is an SQLite file, but no embedded chain of version {_VERSION}:"
            " name another path, or remove it if you need nothing in it"
        )
    connection.execute("COMMIT")


def _is_empty(connection: sqlite3.Connection) -> bool:
    return bool(connection.execute("SELECT count(*) = 0 FROM sqlite_schema").fetchone()[0])


def _explained(error: sqlite3.Error, path: Path) -> ChainBusyError | ChainFileError:
    if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
        return ChainBusyError(
            f"the embedded chain {path} is held by another process: stop that one, or let it serve"
            " the chain (`sealmote chain serve`) and connect to its http address"
        )
    return ChainFileError(
        f"cannot use the embedded chain {path}: {error}; make room on the disk if it is full,"
        " otherwise restore the file from a backup, or remove it and deploy anew"
    )
