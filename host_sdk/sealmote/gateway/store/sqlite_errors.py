"""SQLite's error codes as StoreError, with the next step (https://www.sqlite.org/rescode.html)."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sealmote.gateway.errors import DamagedError, StoreError

_NEXT_STEPS = {
    sqlite3.SQLITE_FULL: "make room on the disk",
    sqlite3.SQLITE_READONLY: "run as the folder's owner, on a file system that can be written",
    sqlite3.SQLITE_CANTOPEN: "run as the folder's owner; see that the disk has room",
    sqlite3.SQLITE_BUSY: "another program holds the database: close it",
    sqlite3.SQLITE_CORRUPT: "restore the newest backup",
    sqlite3.SQLITE_NOTADB: "restore the newest backup",
}


def failure(what: str, error: sqlite3.Error) -> StoreError:
    """Return the error of something that could not be done with the database, as in "cannot read it"."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # the primary code of an extended one
    found = StoreError(f"{what}: {error}; {_NEXT_STEPS.get(code, 'check disk and database')}")
    found.__cause__ = error
    return found


@contextmanager
def store_errors(what: str) -> Iterator[None]:
    """Turn whatever SQLite says into a StoreError, as in "cannot read it"."""
    try:
        yield
    except sqlite3.Error as error:
        raise failure(what, error) from error


@contextmanager
def whole_pages(what: str) -> Iterator[None]:
    """Turn what SQLite says of a damaged page into a DamagedError; all else stays as it is."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & 0xFF
        if code not in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
            raise
        raise DamagedError(what, f"a page of the database: {error}") from error
