"""Formats of the database: the tables of the first, and the step from each format to the next.

The format is the number of the last step (PRAGMA user_version). A step that was released is never changed:
a new format is one step more, and tests/sdk/databases/ has a database of each format.

A leaf's number is its place in the log and never changes. A message is accepted by becoming a leaf, so
there is no accepted message outside the log. Sequence numbers that are missing are derived from the leaves
when somebody asks; nothing counts them a second time.
"""

import sqlite3
from collections.abc import Iterator

_LOG = """
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

STEPS = (_LOG, _CHALLENGES)
"""Statements that make format 1 of nothing, format 2 of format 1, and so on."""

VERSION = len(STEPS)


def statements(step: str) -> Iterator[str]:
    """Yield a step's statements, each of which ends its line: a script would end the open transaction."""
    statement = ""
    for line in step.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
