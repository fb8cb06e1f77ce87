"""A disk without room, a folder that cannot be written: a line in the log, an answer, a message."""

import logging
import os
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from commands import SEALMOTE, run_sealmote
from patience import PATIENCE_S
from sealmote.common.fault_log import PERIOD_S, FaultLog
from sealmote.gateway import Gateway, StoreError
from sealmote.gateway.store.session import Transaction
from sealmote.gateway.store.sqlite_errors import failure


def fill_disk(gateway: Gateway) -> None:
    """Let the database grow no more: SQLite answers as on a full disk."""

    def cap(transaction: Transaction) -> None:
        pages = transaction.value("PRAGMA page_count")
        transaction.execute(f"PRAGMA max_page_count = {pages}")

    gateway._store.write(cap).result(PATIENCE_S)


def test_a_full_disk_is_an_answer_and_one_line(
    directory: Path, make_live: Any, make_board: Any, caplog: pytest.LogCaptureFixture
) -> None:
    file = directory / "gateway.toml"  # no checkpoint meanwhile, which would fail as well
    quick = file.read_text().replace("merge_delay_s = 120", "merge_delay_s = 7200")
    file.write_text(quick.replace("checkpoint_period_s = 0.05", "checkpoint_period_s = 3600"))
    live = make_live(directory)
    board = make_board()
    live.gateway.add_device(board.signer.public, unproven=True)
    fill_disk(live.gateway)
    replies = []
    for number in range(60):
        body = b"".join(board.seal(256 * number + at, value=at) for at in range(40))
        replies.append(
            live.request("POST", "/v1/readings", body, Content_Type="application/cbor-seq")
        )
        if len(replies) > 3 and replies[-4].status == 503:
            break
    assert replies[-1].status == 503
    assert "keep what was not acknowledged" in replies[-1].json["next_step"]
    lines = [record for record in caplog.records if "cannot serve" in record.getMessage()]
    assert len(lines) == 1
    assert lines[0].exc_info is None
    assert "database or disk is full; make room on the disk" in lines[0].getMessage()


@pytest.mark.parametrize(
    ("code", "next_step"),
    [
        (sqlite3.SQLITE_FULL, "make room"),
        (sqlite3.SQLITE_READONLY, "folder's owner"),
        (sqlite3.SQLITE_IOERR, "check disk"),
        (sqlite3.SQLITE_CANTOPEN | 2 << 8, "folder's owner"),
        (sqlite3.SQLITE_CORRUPT, "backup"),
    ],
)
def test_what_the_database_says_has_a_next_step(code: int, next_step: str) -> None:
    error = sqlite3.OperationalError("it says this")
    error.sqlite_errorcode = code
    found = failure("cannot read it", error)
    assert isinstance(found, StoreError)
    assert str(found).startswith("cannot read it: it says this; ")
    assert next_step in str(found)


def test_a_fault_is_one_line_a_minute(caplog: pytest.LogCaptureFixture) -> None:
    now = [0.0]
    faults = FaultLog(logging.getLogger("sealmote.test"), lambda: now[0])
    for number in range(1000):
        faults.report("no room for %s", number, error=OSError(28, "No space left on device"))
    faults.report("no room for %s", 7, error=ValueError("of another kind"))
    now[0] = PERIOD_S
    faults.report("no room for %s", "\x1b[2J\n", error=OSError(28, "No space left", "a/b"))
    assert [record.getMessage() for record in caplog.records] == [
        "no room for 0: No space left on device",
        "no room for 7: ValueError: of another kind",
        "no room for \\x1b[2J\\n: No space left (a/b) (999 more since the last such line)",
    ]


@pytest.mark.skipif(sys.platform != "linux", reason="/dev/full and /proc are Linux's")
@pytest.mark.parametrize(
    "arguments",
    [
        ("gateway", "create", "/proc/gw", "--origin", "example.org/x"),
        ("gateway", "run", "/proc/gw"),
        ("sim", "board", "/proc/board"),
        ("chain", "serve", "/proc/chain.sqlite"),
        ("demo", "--out", "/proc/demo"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_folder_that_cannot_be_written_is_a_message(arguments: tuple[str, ...]) -> None:
    ended = run_sealmote(*arguments)
    assert ended.returncode in (1, 2), ended.stdout
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="the limit on a file's size is POSIX")
@pytest.mark.parametrize(
    "arguments",
    [
        ("gateway", "create", "{folder}/gw", "--origin", "example.org/x"),
        ("sim", "board", "{folder}/board"),
        ("chain", "deploy", "--rpc", "embedded:{folder}/c", "--dev-account", "-o", "{folder}/d"),
    ],
    ids=lambda arguments: " ".join(arguments[:2]),
)
def test_a_disk_without_room_is_a_message(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    """No file may grow: each write fails, as on a full disk."""
    command = [str(SEALMOTE), *(argument.format(folder=tmp_path) for argument in arguments)]
    limited = f"ulimit -f 0; exec {' '.join(command)}"
    ended = subprocess.run(
        ["sh", "-c", limited],
        capture_output=True,
        text=True,
        timeout=PATIENCE_S,
        check=False,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert ended.returncode == 1, ended.stderr
    assert "Traceback" not in ended.stderr
    assert len(ended.stderr.strip().splitlines()) == 1, ended.stderr
