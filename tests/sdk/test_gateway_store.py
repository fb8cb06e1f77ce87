"""The store: ranges against a model, the tree against its definition, promises of the writer."""

import sqlite3
import threading
from collections.abc import Iterator
from hashlib import sha256
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from patience import PATIENCE_S
from sealmote.crypto import Signer
from sealmote.gateway.errors import BusyError, DeviceError, StoreError
from sealmote.gateway.store import Store, devices, queries, schema, tree, tree_heads
from sealmote.gateway.store.leaves import Appender, Kind, Message
from sealmote.gateway.store.session import Reader, Transaction
from sealmote.log import merkle
from sealwire.cose import Sign1, leaf_hash
from sealwire.keys import ES256

ORIGIN = "sealmote.example/store"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    path = tmp_path / "gateway.sqlite"
    schema.create(path, ORIGIN)
    opened = Store(path, 8)
    yield opened
    opened.close()


def add_device(store: Store) -> int:
    key = Signer.generate(ES256).public
    return store.write(devices.add, key, None, None, 1).result().device


def a_message(device: int, boot: int, sequence: int) -> Message:
    sign1 = Sign1(b"", f"{device} {boot} {sequence}".encode(), bytes(64))
    raw, signed = sign1.encode(), sha256(sign1.sig_structure()).digest()
    return Message(raw, leaf_hash(raw), Kind.READING, device, boot, sequence, signed, None)


def append(transaction: Transaction, messages: list[Message]) -> None:
    log = Appender(transaction, 1_700_000_000, 1_700_000_060)
    for item in messages:
        if log.first_under(item) is None:
            log.append(item)


def hold_up(store: Store) -> threading.Event:
    """Keep the writer busy until the event that is returned is set."""
    held, release = threading.Event(), threading.Event()

    def wait(_: Transaction) -> None:
        held.set()
        release.wait(PATIENCE_S)

    store.write(wait)
    held.wait(PATIENCE_S)
    return release


numbers = st.tuples(st.integers(0, 3), st.one_of(st.integers(0, 25), st.integers(0, 2**32 - 1)))


@given(st.lists(numbers, max_size=60), st.integers(1, 7))
@settings(
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_ranges_are_exactly_what_arrived(
    store: Store, arrived: list[tuple[int, int]], chunk: int
) -> None:
    device = add_device(store)
    for start in range(0, len(arrived), chunk):
        batch = [a_message(device, *number) for number in arrived[start : start + chunk]]
        store.write(append, batch).result()
    known = store.read(queries.ranges, device)
    _check_ranges(known, set(arrived))
    assert store.read(queries.summary, device).messages == len(set(arrived))


def _check_ranges(known: list[queries.Range], arrived: set[tuple[int, int]]) -> None:
    """Ranges hold exactly the numbers that arrived, in order, none of them touching."""
    assert sum(run.last - run.first + 1 for run in known) == len(arrived)
    for boot, sequence in arrived:
        assert any(run.boot == boot and run.first <= sequence <= run.last for run in known)
    for one, other in pairwise(known):
        assert one.boot < other.boot or one.last + 1 < other.first


@pytest.mark.parametrize("size", [1, 2, 3, 255, 256, 257, 511, 512, 700])
def test_the_kept_hashes_lead_to_the_root_of_the_leaves(store: Store, size: int) -> None:
    device = add_device(store)
    batch = [a_message(device, 0, number) for number in range(size)]
    store.write(append, batch[: size // 2]).result()
    store.write(append, batch[size // 2 :]).result()
    leaves = [item.hash for item in batch]

    def check(reader: Reader) -> None:
        read = tree.node_reader(reader)
        assert tree.size(reader) == size
        for upto in {1, size // 3 + 1, size}:
            assert merkle.root(read, upto) == merkle.root_of(leaves[:upto])
        path = merkle.inclusion_path(read, size // 2, size)
        merkle.verify_inclusion(leaves[size // 2], size // 2, size, path, merkle.root_of(leaves))

    store.read(check)


def test_further_levels_of_the_tree_are_kept_too(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With four hashes a tile instead of 256, level 3 begins at 64 leaves and not at 16,777,216."""
    monkeypatch.setattr(tree, "TILE_HEIGHT", 2)
    monkeypatch.setattr(tree, "TILE_WIDTH", 4)
    device = add_device(store)
    store.write(append, [a_message(device, 0, number) for number in range(70)]).result()
    leaves = store.read(tree.tile, 0, 0, 70)
    for level, width in ((1, 4), (2, 16), (3, 64)):
        full = [leaves[start : start + width] for start in range(0, 70 - width + 1, width)]
        assert store.read(tree.tile, level, 0, len(full)) == list(map(merkle.root_of, full))
        with pytest.raises(StoreError, match="no hashes"):
            store.read(tree.tile, level, len(full), len(full) + 1)
    assert store.read(tree.root, 70) == merkle.root_of(leaves)


def test_a_leaf_cannot_stand_twice_whatever_the_caller_forgets(store: Store) -> None:
    device = add_device(store)
    item = a_message(device, 0, 0)

    def twice(transaction: Transaction) -> None:
        log = Appender(transaction, 1, 2)
        log.append(item)
        log.append(item._replace(hash=bytes(32)))

    with pytest.raises(StoreError, match="UNIQUE"):
        store.write(twice).result()
    assert store.read(tree.size) == 0


def test_a_commit_is_synced_before_its_future_resolves(store: Store) -> None:
    def pragmas(transaction: Transaction) -> list[object]:
        names = ("journal_mode", "synchronous", "foreign_keys")
        return [transaction.value(f"PRAGMA {name}") for name in names]

    assert store.write(pragmas).result() == ["wal", 2, 1]
    number = add_device(store)
    assert [device.device for device in store.read(devices.list_all)] == [number]


def test_a_refused_job_is_undone_and_its_neighbours_are_not(store: Store) -> None:
    key = Signer.generate(ES256).public
    release = hold_up(store)

    def half(transaction: Transaction) -> None:
        tree_heads.add_checkpoint(transaction, tree_heads.Checkpoint(1, bytes(32), b"", 1))
        raise DeviceError("no")

    first = store.write(devices.add, key, None, None, 1)
    again = store.write(devices.add, key, None, None, 1)
    refused = store.write(half)
    release.set()
    assert first.result(PATIENCE_S).key == key.cose()
    with pytest.raises(DeviceError, match="already"):
        again.result(PATIENCE_S)
    with pytest.raises(DeviceError, match="no"):
        refused.result(PATIENCE_S)
    assert len(store.read(devices.list_all)) == 1
    assert store.read(tree_heads.newest_checkpoint) is None


def test_a_broken_transaction_is_told_to_everyone_in_it(store: Store) -> None:
    release = hold_up(store)
    key = Signer.generate(ES256).public
    innocent = store.write(devices.add, key, None, None, 1)
    broken = store.write(lambda connection: connection.execute("SELECT nothing").fetchone())
    release.set()
    with pytest.raises(StoreError, match="nothing was written"):
        innocent.result(PATIENCE_S)
    with pytest.raises(StoreError, match="nothing was written"):
        broken.result(PATIENCE_S)
    assert store.read(devices.list_all) == []
    assert add_device(store) == 1, "the writer goes on"


def test_more_work_than_the_queue_holds_is_refused_at_once(store: Store) -> None:
    release = hold_up(store)
    waiting = [store.write(tree.size) for _ in range(8)]
    with pytest.raises(BusyError, match="full"):
        store.write(tree.size)
    release.set()
    assert [future.result(PATIENCE_S) for future in waiting] == [0] * 8


def test_a_reader_cannot_write(store: Store) -> None:
    with pytest.raises(StoreError, match="readonly"):
        store.read(lambda reader: reader.column("DELETE FROM leaves RETURNING number"))


def test_a_closed_store_takes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sqlite"
    schema.create(path, ORIGIN)
    store = Store(path, 8)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.write(tree.size)


def test_only_a_gateways_database_of_this_version_is_opened(tmp_path: Path) -> None:
    path = tmp_path / "gateway.sqlite"
    with pytest.raises(StoreError, match="missing"):
        Store(path, 8)
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="cannot open"):
        Store(path, 8)
    path.unlink()
    sqlite3.connect(path).execute("CREATE TABLE other (x)").connection.close()
    with pytest.raises(StoreError, match="no gateway's database"):
        Store(path, 8)
    path.unlink()
    schema.create(path, ORIGIN)
    with pytest.raises(StoreError, match="exists"):
        schema.create(path, ORIGIN)
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA user_version = 3")
    connection.close()
    with pytest.raises(StoreError, match="format 3"):
        Store(path, 8)
