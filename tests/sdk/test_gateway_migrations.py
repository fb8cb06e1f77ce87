"""Databases of every format that a gateway has had: opened by this one, nothing of them is lost.

`databases/format-N.sql` is what a gateway of that format wrote: two devices, one of them revoked, readings,
one without a time, a statement, evidence of an equivocation, checkpoints and anchors; from format 2 on an
answered and an open challenge. A new format adds its own: the file's `.dump`, below its two numbers (PRAGMA
application_id, user_version) and the gateway's public keys.
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from sealmote.gateway import StoreError, fsck
from sealmote.gateway.reports import device_report
from sealmote.gateway.store import Store, challenges, devices, migrations, queries, schema
from sealmote.gateway.store.queries import Filter
from sealmote.log.note import NoteKey
from sealwire.keys import PublicKey

DATABASES = Path(__file__).parent / "databases"
FORMATS = range(1, migrations.VERSION + 1)
_ADDED = {2: {"challenges"}}  # tables, by the format that brought them


def source(version: int) -> str:
    return (DATABASES / f"format-{version}.sql").read_text(encoding="utf-8")


def keys(version: int) -> dict[str, str]:
    line = next(line for line in source(version).splitlines() if line.startswith("-- keys: "))
    found: dict[str, str] = json.loads(line.removeprefix("-- keys: "))
    return found


def contents(path: Path) -> dict[str, list[Any]]:
    """Return all rows of all tables."""
    with closing(sqlite3.connect(path)) as database:
        tables = database.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        return {name: database.execute(f"SELECT * FROM {name}").fetchall() for (name,) in tables}


def structure(path: Path) -> set[tuple[str, str]]:
    with closing(sqlite3.connect(path)) as database:
        rows = database.execute("SELECT name, sql FROM sqlite_schema WHERE sql IS NOT NULL")
        return {(name, " ".join(sql.split())) for name, sql in rows}


@pytest.fixture(params=FORMATS)
def version(request: pytest.FixtureRequest) -> int:
    found: int = request.param
    return found


@pytest.fixture
def path(tmp_path: Path, version: int) -> Path:
    """A database of an earlier format, as it lay on the disk."""
    file = tmp_path / "gateway.sqlite"
    with closing(sqlite3.connect(file)) as database:
        database.executescript(source(version))
    return file


@pytest.fixture
def store(path: Path) -> Iterator[Store]:
    with closing(Store(path, 4)) as opened:
        yield opened


def test_it_has_the_structure_of_a_new_one_and_all_its_rows(
    path: Path, version: int, tmp_path: Path
) -> None:
    before = contents(path)
    Store(path, 4).close()
    schema.create(tmp_path / "new.sqlite", keys(version)["origin"])
    assert structure(path) == structure(tmp_path / "new.sqlite")
    added = {
        name for number in range(version + 1, migrations.VERSION + 1) for name in _ADDED[number]
    }
    assert contents(path) == before | {name: [] for name in added}
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (migrations.VERSION,)


def test_all_of_it_is_sound(store: Store, version: int, tmp_path: Path) -> None:
    known = keys(version)
    ack_key = PublicKey.parse(bytes.fromhex(known["ack_key"]))
    log_key = NoteKey.parse(known["log_vkey"])
    checked = store.read(fsck.check, ack_key, log_key, tmp_path / "published")
    found = [one for one in checked.findings if one.where != "published"]  # a file beside it
    assert found == []
    assert (checked.devices, checked.leaves) == (2, 7)
    assert checked.checkpoints >= 3


def test_it_is_read_and_asked_as_any(store: Store) -> None:
    assert store.origin() == "sealmote.example/test"
    active, revoked = store.read(devices.list_all)
    assert (active.revoked, revoked.revoked is not None) == (None, True)
    assert len(store.read(queries.readings, Filter()).leaves) == 5
    asked = store.write(challenges.ask, active.thumbprint, None, 2_000_000_000).result()
    report = store.read(device_report.report, active.thumbprint)
    assert report is not None
    assert report.challenges[0].nonce == asked.nonce
    assert len(report.evidence) == 1


def test_a_step_that_fails_leaves_the_database_as_it_was(
    path: Path, version: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = contents(path)
    broken = (*migrations.STEPS, "CREATE TABLE extra (it);\nCREATE TABLE extra (it);")
    monkeypatch.setattr(schema, "STEPS", broken)
    monkeypatch.setattr(schema, "VERSION", len(broken))
    with pytest.raises(StoreError, match=r"cannot open .*extra already exists"):
        Store(path, 4)
    assert contents(path) == before
    with closing(sqlite3.connect(path)) as database:
        assert database.execute("PRAGMA user_version").fetchone() == (version,)


def test_a_reader_changes_no_earlier_database(path: Path, version: int) -> None:
    """A process that only looks waits for one that may write."""
    if version == migrations.VERSION:
        schema.connect(path, read_only=True).close()
        return
    with pytest.raises(StoreError, match=f"has format {version}"):
        schema.connect(path, read_only=True)


def test_every_format_has_its_database() -> None:
    assert {int(file.stem.split("-")[1]) for file in DATABASES.iterdir()} == set(FORMATS)
