"""An embedded chain stands where it stood: after closing, and after SIGKILL at any moment."""

import contextlib
import multiprocessing
import os
import random
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

import pytest
from eth._utils.address import generate_contract_address
from eth_typing import Address

from sealmote.chain.embedded.chain import DEV_BALANCE, EmbeddedChain, ExecutionError, RefusedError
from sealmote.chain.errors import ChainBusyError, ChainFileError
from sealmote.chain.evm.transactions.account import dev_account
from sealmote.chain.evm.transactions.transaction import Transaction

ACCOUNT = dev_account()
OTHER = bytes(19) + b"\x77"
KILLS = 25
FORKED = multiprocessing.get_context("fork")  # the EVM takes a second to load; load it once


def transfer(chain: EmbeddedChain, value: int, **changes: Any) -> bytes:
    nonce = chain.nonce(ACCOUNT.address, chain.newest_header())
    plain = Transaction(chain.chain_id, nonce, OTHER, b"", 21000, 10**12, 0, value)
    return ACCOUNT.sign(replace(plain, **changes))


def test_ten_accounts_are_funded_and_chains_differ(tmp_path: Path) -> None:
    with EmbeddedChain(tmp_path / "a.db") as one, EmbeddedChain(tmp_path / "b.db") as two:
        assert one.chain_id != two.chain_id
        for index in range(10):
            assert one.balance(dev_account(index).address, one.newest_header()) == DEV_BALANCE
        assert one.balance(dev_account(10).address, one.newest_header()) == 0


def test_reopened_it_has_the_same_blocks_and_state(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    with EmbeddedChain(path) as chain:
        hashes = [chain.transact(transfer(chain, value)) for value in (5, 6, 7)]
        head, chain_id = chain.newest_header(), chain.chain_id
        blocks = [chain.block_of(tx_hash) for tx_hash in hashes]
    with EmbeddedChain(path) as chain:
        assert (chain.newest_header(), chain.chain_id) == (head, chain_id)
        assert [chain.block_of(tx_hash) for tx_hash in hashes] == blocks
        assert chain.balance(OTHER, chain.newest_header()) == 18
        second = chain.block_by_number(2)
        assert second is not None
        assert chain.balance(OTHER, second.header) == 11  # as it was then
        chain.transact(transfer(chain, 1))
        assert chain.newest_header().block_number == 4


def test_one_process_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    opening = "import sys; from pathlib import Path; from sealmote.chain.embedded.chain import *; "
    command = [sys.executable, "-c", opening + "EmbeddedChain(Path(sys.argv[1]))", str(path)]
    with EmbeddedChain(path):
        with pytest.raises(ChainBusyError, match="held by another process: stop that one"):
            EmbeddedChain(path)
        ended = subprocess.run(command, capture_output=True, text=True, check=False)
        assert "ChainBusyError" in ended.stderr
    assert subprocess.run(command, check=False).returncode == 0


def test_what_is_no_chain_is_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("no database, but long enough to be taken for one. " * 20)
    with pytest.raises(ChainFileError, match="file is not a database"):
        EmbeddedChain(text)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("CREATE TABLE t (x)")
    before = other.read_bytes()
    with pytest.raises(ChainFileError, match="no embedded chain"):
        EmbeddedChain(other)
    assert other.read_bytes() == before
    with pytest.raises(ChainFileError, match="cannot open"):
        EmbeddedChain(tmp_path / "no" / "such" / "folder.db")


def test_what_the_rules_forbid_changes_nothing(tmp_path: Path) -> None:
    with EmbeddedChain(tmp_path / "chain.db") as chain:
        sent = transfer(chain, 1)
        chain.transact(sent)
        head = chain.newest_header()
        for raw, cause in (
            (sent, "already known"),
            (transfer(chain, 2, nonce=0), "nonce too low"),
            (transfer(chain, 2, nonce=9), "nonce too high"),
            (transfer(chain, 2, chain_id=1), "invalid chain id"),
            (transfer(chain, 2, gas=20_999), "gas"),
            (transfer(chain, 2, max_fee=1), "fee"),
            (transfer(chain, DEV_BALANCE), "balance"),
            (b"", "not a signed transaction"),
            (b"\x02\xc0", "not a signed transaction"),
            (b"\x7f" * 200, "not a signed transaction"),
            (sent[:-1], "not a signed transaction"),
            (sent + b"\0", "not a signed transaction"),
        ):
            with pytest.raises(RefusedError, match=f"(?i){cause}"):
                chain.transact(raw)
            assert chain.newest_header() == head
        chain.transact(transfer(chain, 2))
        assert chain.balance(OTHER, chain.newest_header()) == 3


def test_no_flipped_bit_of_a_transaction_is_taken_for_its_sender(tmp_path: Path) -> None:
    chance = random.Random(7)
    with EmbeddedChain(tmp_path / "chain.db") as chain:
        raw = transfer(chain, 1)
        for _ in range(200):
            bad = bytearray(raw)
            bad[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
            with pytest.raises(RefusedError):
                chain.transact(bytes(bad))
        assert chain.newest_header().block_number == 0
        chain.transact(raw)


def test_a_call_that_fails_says_what_the_code_returned(tmp_path: Path) -> None:
    with EmbeddedChain(tmp_path / "chain.db") as chain:
        code = bytes.fromhex("63deadbeef5f526004601cfd")  # PUSH4 deadbeef .. REVERT
        with pytest.raises(ExecutionError, match="execution reverted") as caught:
            chain.call(ACCOUNT.address, b"", code, 0, chain.newest_header())
        assert caught.value.data == bytes.fromhex("deadbeef")
        with pytest.raises(ExecutionError, match="execution failed"):
            chain.call(ACCOUNT.address, b"", b"\xfe", 0, chain.newest_header())
        assert chain.newest_header().block_number == 0


def test_a_full_disk_is_named_and_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "chain.db"
    with EmbeddedChain(path) as chain:
        chain.transact(transfer(chain, 1))
        pages = chain._store._execute("PRAGMA page_count").fetchone()[0]
        chain._store._execute(f"PRAGMA max_page_count = {pages}")
        with pytest.raises(ChainFileError, match="full; make room on the disk"):
            fill(chain)
        head = chain.newest_header()
        assert chain.balance(OTHER, head) == chain.nonce(ACCOUNT.address, head)
        chain._store._execute(f"PRAGMA max_page_count = {pages * 100}")
        chain.transact(transfer(chain, 1))
        assert chain.newest_header().block_number == head.block_number + 1
    with pytest.raises(ChainFileError, match="closed database"):
        chain.newest_header()
    with EmbeddedChain(path) as chain:
        assert chain.newest_header().block_number == head.block_number + 1


def fill(chain: EmbeddedChain) -> None:
    for _ in range(200):
        chain.transact(transfer(chain, 1))


def test_calls_without_end_are_refused(tmp_path: Path) -> None:
    """A contract that calls itself until Python's own stack would be full."""
    call_self = bytes.fromhex("5f5f5f5f5f305af100")  # CALL(gas, this, 0, 0, 0, 0, 0); STOP
    creation = bytes.fromhex("68") + call_self + bytes.fromhex("5f5260096017f3")
    with EmbeddedChain(tmp_path / "chain.db") as chain:
        raw = transfer(chain, 0, to=None, data=creation, gas=200_000)
        block = chain.block_of(chain.transact(raw))
        assert block is not None
        made = generate_contract_address(Address(ACCOUNT.address), 0)
        assert chain.code(made, chain.newest_header()) == call_self
        with pytest.raises(ExecutionError, match="nested too deeply"):
            chain.call(ACCOUNT.address, made, b"", 0, chain.newest_header())
        deep = transfer(chain, 0, to=made, gas=25_000_000)
        with pytest.raises(RefusedError, match="nested too deeply"):
            chain.transact(deep)
        chain.transact(transfer(chain, 1))
        assert chain.balance(OTHER, chain.newest_header()) == 1


def test_killed_at_any_moment_it_stands_at_a_whole_block(tmp_path: Path) -> None:
    """What was said to be mined is there after SIGKILL, and nothing is half there."""
    path = tmp_path / "chain.db"
    chance = random.Random(int(os.environ.get("SEALMOTE_SEED", "1")))
    for _ in range(KILLS):
        said = killed_worker(path, chance.uniform(0, 0.08))
        with EmbeddedChain(path) as chain:
            head = chain.newest_header()
            assert said <= head.block_number <= said + 1
            assert chain.balance(OTHER, head) == head.block_number
            assert chain.nonce(ACCOUNT.address, head) == head.block_number
            chain.transact(transfer(chain, 1))


def killed_worker(path: Path, after_s: float) -> int:
    """Run a worker, kill it some time after it has opened the chain; return what it said last."""
    reader, writer = FORKED.Pipe(duplex=False)
    worker = FORKED.Process(target=work, args=(path, writer))
    worker.start()
    writer.close()
    said = reader.recv()
    time.sleep(after_s)
    worker.kill()
    worker.join()
    with contextlib.suppress(EOFError):
        while True:
            said = reader.recv()
    return int(said)


def work(path: Path, said: Connection) -> None:
    """Send one wei after the other, and say how many there are once each is mined."""
    with EmbeddedChain(path) as chain:
        said.send(chain.newest_header().block_number)
        while True:
            chain.transact(transfer(chain, 1))
            said.send(chain.newest_header().block_number)


def test_killed_while_it_is_made_it_can_be_made_again(tmp_path: Path) -> None:
    chance = random.Random(3)
    for number in range(KILLS):
        path = tmp_path / f"{number}.db"
        worker = FORKED.Process(target=EmbeddedChain, args=(path,))
        worker.start()
        time.sleep(chance.uniform(0, 0.03))
        worker.kill()
        worker.join()
        with EmbeddedChain(path) as chain:
            assert chain.balance(ACCOUNT.address, chain.newest_header()) == DEV_BALANCE
