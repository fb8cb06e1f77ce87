"""The database file: one SQLite file with devices, log, checkpoints and anchors, made and opened safely."""

import sqlite3
from contextlib import closing
from pathlib import Path

from sealmote.gateway.errors import StoreError
from sealmote.gateway.store.migrations import STEPS, VERSION, statements
from sealmote.gateway.store.sqlite_errors import store_errors

APPLICATION_ID = int.from_bytes(b"SEMG", "big")  # PRAGMA application_id: what `file` shows

_BUSY_TIMEOUT_MS = 10_000
_CACHE_KIB = 65_536


def create(path: Path, origin: str) -> None:
    """Make a new database for the log `origin`; StoreError if the file exists."""
    if path.exists():
        raise StoreError(f"{path} exists and is left alone: choose another directory")
    with store_errors(f"cannot create {path}"), closing(_open(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        _migrate(connection, 0)
        connection.execute("INSERT INTO log VALUES (?)", (origin,))
        connection.execute("COMMIT")


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open an existing database, or raise StoreError; the connection may change threads.

    One of an earlier format becomes one of this format when it is opened for writing.
    """
    if not path.is_file():
        raise StoreError(f"{path} is missing: make the gateway first, or restore its backup")
    with store_errors(f"cannot open {path}"):
        connection = _open(path)
        if not read_only:
            _upgrade(connection)
        _check_header(path, connection)
        connection.execute(f"PRAGMA query_only = {int(read_only)}")
    return connection


def _open(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    # A commit is on the disk when it returns: with WAL, FULL syncs the log at each commit and
    # NORMAL does not (https://www.sqlite.org/pragma.html#pragma_synchronous).
    for pragma in (
        f"busy_timeout = {_BUSY_TIMEOUT_MS}",
        "journal_mode = WAL",
        "synchronous = FULL",
        "foreign_keys = ON",
        f"cache_size = -{_CACHE_KIB}",
        "trusted_schema = OFF",
        "cell_size_check = ON",  # a damaged page is an error sooner, and not rows that never were
    ):
        connection.execute(f"PRAGMA {pragma}")
    return connection


def _upgrade(connection: sqlite3.Connection) -> None:
    if not _is_earlier(*_header(connection)):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        application, version = _header(connection)
        if _is_earlier(application, version):  # and no other process was first
            _migrate(connection, version)
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise


def _is_earlier(application: int, version: int) -> bool:
    return application == APPLICATION_ID and 0 < version < VERSION


def _migrate(connection: sqlite3.Connection, version: int) -> None:
    """Take every step from this format on, within the open transaction."""
    for step in STEPS[version:]:
        for statement in statements(step):
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {VERSION}")


def _header(connection: sqlite3.Connection) -> tuple[int, int]:
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version


def _check_header(path: Path, connection: sqlite3.Connection) -> None:
    """Refuse a file that is another program's, or a later version's."""
    application, version = _header(connection)
    if application == APPLICATION_ID and version == VERSION:
        return
    connection.close()
    if application != APPLICATION_ID:
        raise StoreError(f"{path} is no gateway's database: name the gateway's own directory")
    raise StoreError(
        f"{path} has format {version}, this version of sealmote reads {VERSION}:"
        " use the version that wrote it"
    )
