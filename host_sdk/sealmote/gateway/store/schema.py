"""The database: one SQLite file that holds devices, log, checkpoints and anchors.

A leaf's number is its place in the log and never changes. A message is accepted by becoming a
leaf, so there is no accepted message outside the log. Sequence numbers that are missing are
derived from the leaves when somebody asks; nothing counts them a second time.
"""

import sqlite3
from pathlib import Path

from sealmote.gateway.errors import StoreError
from sealmote.gateway.store.sqlite_errors import failure

APPLICATION_ID = int.from_bytes(b"SEMG", "big")  # PRAGMA application_id: what `file` shows
VERSION = 2

_BUSY_TIMEOUT_MS = 10_000
_CACHE_KIB = 65_536

# What format 2 added to format 1.
_CHALLENGES = """
CREATE TABLE challenges (
    challenge INTEGER PRIMARY KEY,
    device INTEGER NOT NULL REFERENCES devices,
    nonce BLOB NOT NULL CHECK (length(nonce) BETWEEN 8 AND 64),
    asked INTEGER NOT NULL,
    given INTEGER,                     -- when an acknowledgement first carried it
    answered INTEGER REFERENCES leaves,
    UNIQUE (device, nonce)
) STRICT;
CREATE INDEX open_challenges ON challenges (device) WHERE answered IS NULL;
"""

_TABLES = """
CREATE TABLE log (
    origin TEXT NOT NULL
) STRICT;

CREATE TABLE devices (
    device INTEGER PRIMARY KEY,
    thumbprint BLOB NOT NULL UNIQUE CHECK (length(thumbprint) = 32),  -- RFC 9679
    kid BLOB NOT NULL CHECK (length(kid) = 8),
    alg INTEGER NOT NULL,
    key BLOB NOT NULL,                 -- public COSE_Key
    owner BLOB CHECK (length(owner) = 20),
    registration BLOB,                 -- the key's own signature over its terms; NULL: unproven
    added INTEGER NOT NULL,            -- every time: Unix seconds
    revoked INTEGER
) STRICT;
CREATE INDEX devices_by_kid ON devices (kid);

CREATE TABLE leaves (
    number INTEGER PRIMARY KEY CHECK (number >= 0),
    hash BLOB NOT NULL UNIQUE CHECK (length(hash) = 32),  -- RFC 9162 section 2.1.1
    kind INTEGER NOT NULL,             -- leaves.KIND
    raw BLOB NOT NULL,                 -- the entry: a device's message, or the gateway's evidence
    received INTEGER NOT NULL,
    log_by INTEGER NOT NULL,           -- promised: a checkpoint covers it by then
    device INTEGER REFERENCES devices, -- from here on NULL for evidence
    boot INTEGER,
    sequence INTEGER,
    signed BLOB CHECK (length(signed) = 32),  -- SHA-256 of the Sig_structure
    sealed INTEGER,                    -- the board's claim (iat), NULL while its clock was unset
    UNIQUE (device, boot, sequence)    -- one identity, one leaf
) STRICT;
CREATE INDEX leaves_by_device ON leaves (device);

-- Two messages of one device under one identity; the leaf holds both.
CREATE TABLE evidence (
    number INTEGER PRIMARY KEY REFERENCES leaves,
    first INTEGER NOT NULL REFERENCES leaves,
    signed BLOB NOT NULL CHECK (length(signed) = 32),  -- the second message's
    UNIQUE (first, signed)             -- a pair is kept once
) STRICT;

-- Roots of full subtrees of 256**level leaves. Level 0 is leaves.hash.
CREATE TABLE nodes (
    level INTEGER NOT NULL CHECK (level > 0),
    number INTEGER NOT NULL,
    hash BLOB NOT NULL CHECK (length(hash) = 32),
    PRIMARY KEY (level, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE checkpoints (
    size INTEGER PRIMARY KEY,
    root BLOB NOT NULL CHECK (length(root) = 32),
    note BLOB NOT NULL,                -- C2SP tlog-checkpoint
    issued INTEGER NOT NULL
) STRICT;

-- Written before the transaction is sent; completed when the chain has it.
CREATE TABLE anchors (
    size INTEGER PRIMARY KEY REFERENCES checkpoints,
    intended INTEGER NOT NULL,
    recorded INTEGER,
    receipt TEXT CHECK ((receipt IS NULL) = (recorded IS NULL))  -- JSON: where the chain has it
) STRICT;
"""


def create(path: Path, origin: str) -> None:
    """Make a new database for the log `origin`; StoreError if the file exists."""
    if path.exists():
        raise StoreError(f"{path} exists and is left alone: choose another directory")
    try:
        connection = _open(path)
        try:
            connection.executescript(
                f"PRAGMA application_id = {APPLICATION_ID}; BEGIN; {_TABLES} {_CHALLENGES}"
                f"PRAGMA user_version = {VERSION}; COMMIT;"
            )
            connection.execute("INSERT INTO log VALUES (?)", (origin,))
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise failure(f"cannot create {path}", error) from error


def connect(path: Path, *, read_only: bool) -> sqlite3.Connection:
    """Open an existing database, or raise StoreError; the connection may change threads.

    One of format 1 becomes one of this format when it is opened for writing.
    """
    if not path.is_file():
        raise StoreError(f"{path} is missing: make the gateway first, or restore its backup")
    try:
        connection = _open(path)
        if not read_only:
            _upgrade(connection)
        _check_header(path, connection)
        connection.execute(f"PRAGMA query_only = {int(read_only)}")
    except sqlite3.Error as error:
        raise failure(f"cannot open {path}", error) from error
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
    if _header(connection) != (APPLICATION_ID, 1):
        return
    connection.execute("BEGIN IMMEDIATE")
    try:
        if _header(connection) == (APPLICATION_ID, 1):  # and no other process was first
            for statement in filter(str.strip, _CHALLENGES.split(";")):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {VERSION}")
        connection.execute("COMMIT")
    except sqlite3.Error:
        connection.execute("ROLLBACK")
        raise


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
