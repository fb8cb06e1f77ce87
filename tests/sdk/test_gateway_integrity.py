"""A database that was altered, or that a failing disk gives back otherwise: it is not served as good."""

import csv
import io
import json
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from commands import run_sealmote
from sealmote.gateway import Gateway
from sealmote.gateway.store import schema
from sealwire import ack, message
from sealwire.cose import leaf_hash

READINGS = 6


@pytest.fixture
def boards(directory: Path, make_live: Any, make_board: Any) -> list[Any]:
    """Two boards, whose readings 0 … 2 are the leaves 0 … 2 and 3 … 5 of a gateway that is stopped."""
    made = [make_board(), make_board()]
    live = make_live(directory)
    for board in made:
        live.gateway.add_device(board.signer.public, unproven=True)
        live.post(*(board.seal(number) for number in range(3)))
    live.wait_published(READINGS)
    live.stop()
    return made


def alter(directory: Path, *statements: str) -> None:
    """Do what anybody can who reaches the file."""
    with closing(sqlite3.connect(directory / "gateway.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA foreign_keys = OFF")
        for statement in statements:
            connection.execute(statement)


def raw_of(directory: Path, leaf: int) -> bytes:
    with closing(sqlite3.connect(directory / "gateway.sqlite")) as connection:
        (raw,) = connection.execute("SELECT raw FROM leaves WHERE number = ?", (leaf,)).fetchone()
    return bytes(raw)


def rewrite(directory: Path, leaf: int, change: Callable[[bytes], bytes]) -> None:
    raw = raw_of(directory, leaf)
    assert change(raw) != raw
    alter(directory, f"UPDATE leaves SET raw = x'{change(raw).hex()}' WHERE number = {leaf}")


def richer(raw: bytes) -> bytes:
    """Make 99.99 of 21.50."""
    return raw.replace((2150).to_bytes(2, "big"), (9999).to_bytes(2, "big"))


SWAP = (
    "UPDATE devices SET thumbprint = randomblob(32) WHERE device = 1",
    "UPDATE devices SET thumbprint = (SELECT thumbprint FROM kept WHERE device = 1) WHERE device = 2",
    "UPDATE devices SET thumbprint = (SELECT thumbprint FROM kept WHERE device = 2) WHERE device = 1",
    "DROP TABLE kept",
)


def swap_thumbprints(directory: Path) -> None:
    alter(directory, "CREATE TABLE kept AS SELECT device, thumbprint FROM devices", *SWAP)


def damaged_leaves(live: Any) -> list[int]:
    page = live.get("/v1/readings").json
    served = {reading["leaf"] for reading in page["readings"]}
    named = [one["leaf"] for one in page["damaged"]]
    assert served.isdisjoint(named)
    assert served | set(named) == set(range(READINGS))
    return named


def findings(directory: Path) -> list[dict[str, str]]:
    ended = run_sealmote("gateway", "fsck", str(directory), "--json")
    found = json.loads(ended.stdout)
    assert ended.returncode == (1 if found["findings"] else 0), ended.stderr
    assert found["sound"] == (not found["findings"])
    return list(found["findings"])


@pytest.mark.usefixtures("boards")
def test_a_sound_folder_is_said_to_be(directory: Path, make_live: Any) -> None:
    assert findings(directory) == []
    ended = run_sealmote("gateway", "fsck", str(directory))
    assert ended.returncode == 0
    assert re.fullmatch(r"2 devices, 6 leaves, \d checkpoints?: all sound\n", ended.stdout)
    live = make_live(directory)
    assert live.get("/v1/status").json["damaged"] == []
    assert damaged_leaves(live) == []


@pytest.mark.usefixtures("boards")
def test_a_changed_value_is_not_served(
    directory: Path, make_live: Any, caplog: pytest.LogCaptureFixture
) -> None:
    rewrite(directory, 1, richer)
    live = make_live(directory)
    assert damaged_leaves(live) == [1]
    text = live.get("/v1/readings", Accept="text/csv").body.decode()
    assert "99.99" not in text
    lines = list(csv.DictReader(io.StringIO(text)))
    assert [line["leaf"] for line in lines if line["name"] == "temperature"] == list("02345")
    assert [line["leaf"] for line in lines if line["name"] == "damaged"] == ["1"]
    for path in ("/v1/proofs/1", "/tile/entries/000.p/6", "/tile/0/000.p/6"):
        refused = live.get(path)
        assert refused.status == 500
        assert "leaf 1 is damaged" in refused.json["detail"]
    assert live.get("/v1/proofs/0").status == 200
    assert ["leaf 1 is damaged" in one for one in live.get("/v1/status").json["damaged"]] == [True]
    assert any("leaf 1 is damaged" in record.getMessage() for record in caplog.records)
    assert [one["where"] for one in findings(directory)] == ["leaf 1"]


def test_every_column_that_is_read_is_held_to_the_bytes(
    directory: Path, make_live: Any, boards: list[Any]
) -> None:
    for change in (
        "hash = randomblob(32)", "kind = 2", "boot = 7", "sequence = 70", "sealed = 1700000000",
        "signed = randomblob(32)", "device = 2, boot = 8", "received = log_by + 1", "device = NULL",
    ):  # fmt: skip
        before = (directory / "gateway.sqlite").read_bytes()
        alter(directory, f"UPDATE leaves SET {change} WHERE number = 1")
        assert "leaf 1" in [one["where"] for one in fsck(directory)], change
        (directory / "gateway.sqlite").write_bytes(before)
    alter(directory, "UPDATE leaves SET device = 2, boot = 9 WHERE number = 1")
    live = make_live(directory)
    assert damaged_leaves(live) == [1]
    mine = live.get(f"/v1/readings?device={boards[1].name}").json
    assert [reading["leaf"] for reading in mine["readings"]] == [3, 4, 5]
    assert [one["leaf"] for one in mine["damaged"]] == [1]


def fsck(directory: Path) -> list[dict[str, str]]:
    with Gateway.open(directory) as gateway:
        return [one._asdict() for one in gateway.check().findings]


def test_swapped_thumbprints_attribute_nothing_to_another_device(
    directory: Path, make_live: Any, boards: list[Any]
) -> None:
    swap_thumbprints(directory)
    live = make_live(directory)
    assert damaged_leaves(live) == list(range(READINGS))
    known = live.get("/v1/devices").json
    assert (known["devices"], len(known["damaged"])) == ([], 2)
    for board in boards:
        assert live.get(f"/v1/devices/{board.name}").status == 500
    body = boards[0].seal(3)
    refused = live.request("POST", "/v1/readings", body, Content_Type="application/cose")
    assert refused.status == 500
    assert "thumbprint is not its key's" in refused.json["detail"]
    assert len(live.get("/v1/status").json["damaged"]) == 2 + READINGS
    assert {one["where"] for one in findings(directory)} >= {f"leaf {n}" for n in range(READINGS)}


def test_a_signature_that_is_another_keys_is_found(
    directory: Path, boards: list[Any], make_board: Any
) -> None:
    """Bytes, hash and columns agree with each other, and nobody but the device could sign them."""
    forged = bytearray(boards[0].seal(1, value=9999))
    forged[-1] ^= 1
    with Gateway.open(directory) as gateway:
        (device, *_) = gateway.list_devices()
    assert device.thumbprint == boards[0].signer.public.thumbprint()
    rewrite_whole(directory, 1, bytes(forged))
    found = {one["where"]: one["what"] for one in fsck(directory)}
    assert found["leaf 1"] == "its signature is not by its device's key"
    assert "the checkpoint of 6 leaves" in found


def rewrite_whole(directory: Path, leaf: int, raw: bytes) -> None:
    signed = sha256(message.parse(raw).sign1.sig_structure()).hexdigest()
    alter(
        directory,
        f"UPDATE leaves SET raw = x'{raw.hex()}', hash = x'{leaf_hash(raw).hex()}',"
        f" signed = x'{signed}' WHERE number = {leaf}",
    )


def test_a_damaged_leaf_makes_no_equivocation_of_an_honest_message(
    directory: Path, make_live: Any, boards: list[Any]
) -> None:
    alter(directory, "UPDATE leaves SET signed = randomblob(32) WHERE number = 1")
    rewrite(directory, 2, richer)
    live = make_live(directory)
    again = [boards[0].seal(number) for number in range(4)]
    results = [result for result, _ in live.results(*again)]
    assert results == [ack.DUPLICATE, ack.RETRY, ack.RETRY, ack.ACCEPTED]
    assert live.get("/v1/status").json["evidence"] == 0


def test_a_changed_bit_in_a_hash_of_the_tree_is_found(
    directory: Path, make_live: Any, make_board: Any
) -> None:
    board = make_board()
    live = make_live(directory)
    live.gateway.add_device(board.signer.public, unproven=True)
    for start in (0, 256):
        live.post(*(board.seal(number) for number in range(start, start + 256)))
    live.wait_published(512)
    alter(directory, "UPDATE nodes SET hash = randomblob(32) WHERE level = 1 AND number = 0")
    refused = live.get("/tile/1/000.p/2")
    assert refused.status == 500
    assert "hash 0 of tile level 1 is damaged" in refused.json["detail"]
    assert live.get("/tile/0/000").status == 200
    refused = live.get("/v1/proofs/300")
    assert refused.status == 500
    assert "the tree of 512 leaves is damaged" in refused.json["detail"]
    assert len(live.get("/v1/readings?limit=100").json["readings"]) == 100
    assert "hash 0 of tile level 1" in [one["where"] for one in fsck(directory)]


@pytest.mark.usefixtures("boards")
@pytest.mark.parametrize(
    ("statement", "where"),
    [
        ("UPDATE checkpoints SET note = randomblob(200)", "the checkpoint of 6 leaves"),
        ("UPDATE devices SET kid = randomblob(8) WHERE device = 1", "device "),
        (
            "UPDATE devices SET owner = randomblob(20), registration = x'00' WHERE device = 1",
            "device ",
        ),
        ("DELETE FROM leaves WHERE number = 2", "leaf 2"),
        ("INSERT INTO nodes VALUES (1, 0, randomblob(32))", "tile level 1"),
        ("INSERT INTO evidence VALUES (2, 1, randomblob(32))", "leaf 2"),
        ("INSERT INTO challenges VALUES (1, 1, randomblob(8), 1, 1, 2)", "the challenge "),
    ],
)
def test_what_else_is_altered_is_named(directory: Path, statement: str, where: str) -> None:
    alter(directory, statement)
    assert any(one["where"].startswith(where) for one in fsck(directory)), fsck(directory)


def test_an_honest_device_is_neither_accused_nor_answered_for_by_a_row(
    directory: Path, make_live: Any, boards: list[Any]
) -> None:
    alter(
        directory,
        "INSERT INTO evidence VALUES (2, 1, randomblob(32))",
        "INSERT INTO challenges VALUES (1, 1, randomblob(8), 1, 1, 2)",
        "UPDATE leaves SET boot = NULL WHERE number = 1",
    )
    shown = make_live(directory).get(f"/v1/devices/{boards[0].name}")
    assert shown.status == 200
    assert (shown.json["equivocations"], shown.json["evidence"]) == (0, [])
    assert "leaf 2 does not answer it" in shown.json["challenges"][0]["answer"]["damaged"]


RECEIPT = {
    "chain_id": 5, "contract": "0x" + "11" * 20, "size": READINGS, "root": "",
    "transaction": "0x" + "22" * 32, "block": 9, "block_hash": "0x" + "33" * 32,
    "block_time": 1_800_000_000,
}  # fmt: skip


def note_anchor(directory: Path, receipt: dict[str, Any] | str) -> None:
    text = receipt if isinstance(receipt, str) else json.dumps(receipt)
    with closing(sqlite3.connect(directory / "gateway.sqlite", isolation_level=None)) as connection:
        ((root,),) = connection.execute("SELECT root FROM checkpoints WHERE size = ?", (READINGS,))
        text = text.replace('"root": ""', f'"root": "{bytes(root).hex()}"')
        connection.execute("REPLACE INTO anchors VALUES (?, 1, 1, ?)", (READINGS, text))


@pytest.mark.parametrize(
    "change",
    [
        {"block": "9"}, {"block": -1}, {"block": True}, {"block_time": None}, {"chain_id": 1.5},
        {"contract": "11" * 20}, {"transaction": "0x22"}, {"block_hash": 7}, {"more": 1},
        {"size": 5}, {"root": "44" * 32},
    ],
)  # fmt: skip
@pytest.mark.usefixtures("boards")
def test_a_receipt_that_is_not_whole_is_damaged(directory: Path, change: dict[str, Any]) -> None:
    note_anchor(directory, RECEIPT)
    assert fsck(directory) == []
    note_anchor(directory, RECEIPT | change)
    assert [one["where"] for one in fsck(directory)] == ["the anchor of 6 leaves"]


@pytest.mark.usefixtures("boards")
@pytest.mark.parametrize("receipt", ["[1", "{}", "null", "[" * 100_000])
def test_the_status_is_told_whatever_a_receipt_holds(
    directory: Path, make_live: Any, receipt: str
) -> None:
    note_anchor(directory, receipt)
    status = make_live(directory).get("/v1/status")
    assert status.status == 200
    assert "is damaged" in status.json["anchor"]["receipt"]["damaged"]


@pytest.mark.usefixtures("boards")
@pytest.mark.parametrize("statement", ["DELETE FROM log", "INSERT INTO log VALUES ('another')"])
def test_a_database_of_no_log_or_of_two_is_not_opened(directory: Path, statement: str) -> None:
    alter(directory, statement)
    ended = run_sealmote("device", "list", str(directory))
    assert ended.returncode == 1
    assert "the database is damaged (it names" in ended.stderr
    assert "Traceback" not in ended.stderr


def test_evidence_is_checked_too(directory: Path, make_live: Any, boards: list[Any]) -> None:
    live = make_live(directory)
    assert live.results(boards[0].seal(0, value=1)) == [(ack.REFUSED, 6)]
    live.wait_published(READINGS + 1)
    live.stop()
    assert fsck(directory) == []
    alter(directory, "UPDATE evidence SET first = 4")
    assert [one["where"] for one in fsck(directory)] == ["leaf 6"]


def page_of_leaves(directory: Path) -> tuple[int, int]:
    """Return number and size of a page in the middle of the table of leaves, which is bytes of theirs."""
    with closing(sqlite3.connect(directory / "gateway.sqlite", isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        (size,) = connection.execute("PRAGMA page_size").fetchone()
        (leaf,) = connection.execute("SELECT raw FROM leaves WHERE number = 40").fetchone()
    return (directory / "gateway.sqlite").read_bytes().index(leaf) // size, size


def test_a_page_that_the_disk_lost_is_named_and_the_rest_served(
    directory: Path, make_live: Any, make_board: Any
) -> None:
    board = make_board()
    live = make_live(directory)
    live.gateway.add_device(board.signer.public, unproven=True)
    live.post(*(board.seal(number) for number in range(100)))
    live.wait_published(100)
    live.stop()
    page, size = page_of_leaves(directory)
    content = bytearray((directory / "gateway.sqlite").read_bytes())
    content[page * size : (page + 1) * size] = b"\xff" * size
    (directory / "gateway.sqlite").write_bytes(content)

    found = fsck(directory)
    named = {one["where"] for one in found}
    assert "sqlite" in named
    assert "leaf 40" in named
    assert "leaf 0" not in named
    live = make_live(directory)
    served = live.get("/v1/readings?limit=1000").json
    lost = [one["leaf"] for one in served["damaged"]]
    assert 40 in lost
    assert {reading["leaf"] for reading in served["readings"]} == set(range(100)) - set(lost)
    assert len(lost) < 30
    assert live.get("/v1/proofs/40").status == 500
    assert "damaged" in live.get("/v1/status").json["halted"]
    refused = live.request("POST", "/v1/readings", board.seal(100), Content_Type="application/cose")
    assert refused.status == 503
    assert live.get("/v1/status").json["size"] == 100


@pytest.mark.usefixtures("boards")
def test_devices_that_are_damaged_are_named_by_the_list(directory: Path) -> None:
    alter(directory, "UPDATE devices SET thumbprint = randomblob(32) WHERE device = 1")
    ended = run_sealmote("device", "list", str(directory), "--json")
    assert len(json.loads(ended.stdout)) == 1
    assert "its thumbprint is not its key's" in ended.stderr


def test_the_database_looks_closely_at_its_pages(directory: Path) -> None:
    connection = schema.connect(directory / "gateway.sqlite", read_only=True)
    with closing(connection):
        assert connection.execute("PRAGMA cell_size_check").fetchone() == (1,)
