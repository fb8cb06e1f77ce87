"""The flash journal: what is written is read, a torn line counts as not written, nothing else is taken."""

import json
from pathlib import Path

import pytest

from sealmote.board.errors import JournalError
from sealmote.board.flash.journal import Entry, Journal

IMAGE, OTHER = "aa" * 32, "bb" * 32
ONE = Entry("240ac4000001", "esp32c3", "/dev/ttyACM0", IMAGE, None, "flashed")


def test_what_is_appended_is_known_after_a_restart(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path).append(ONE)
    again = Journal(path)
    assert again.has(ONE.mac, IMAGE)
    assert not again.has(ONE.mac, OTHER)
    assert not again.has("240ac4000002", IMAGE)


def test_a_failure_is_not_done_and_a_later_image_counts(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(Entry(ONE.mac, ONE.chip, ONE.port, IMAGE, None, "failed", "unplugged"))
    assert not journal.has(ONE.mac, IMAGE)
    journal.append(ONE)
    journal.append(Entry(ONE.mac, ONE.chip, ONE.port, OTHER, None, "flashed"))
    assert not journal.has(ONE.mac, IMAGE)
    assert journal.has(ONE.mac, OTHER)


def test_a_write_that_was_begun_voids_what_was_there(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal.jsonl")
    journal.append(ONE)
    journal.append(Entry(ONE.mac, ONE.chip, ONE.port, OTHER, None, "begun"))
    for known in (journal, Journal(tmp_path / "journal.jsonl")):
        assert not known.has(ONE.mac, IMAGE)
        assert not known.has(ONE.mac, OTHER)
    journal.append(Entry(ONE.mac, ONE.chip, ONE.port, OTHER, None, "failed", "unplugged"))
    assert not journal.has(ONE.mac, IMAGE)


def test_every_cut_of_the_last_line_leaves_the_ones_before(tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    Journal(path).append(ONE)
    first = path.read_bytes()
    Journal(path).append(Entry("240ac4000002", "esp32", "p", IMAGE, None, "flashed"))
    whole = path.read_bytes()
    for cut in range(len(first), len(whole)):
        path.write_bytes(whole[:cut])
        torn = Journal(path)
        assert torn.has(ONE.mac, IMAGE)
        assert not torn.has("240ac4000002", IMAGE)
        torn.append(Entry("240ac4000003", "esp32", "p", IMAGE, None, "flashed"))
        lines = [json.loads(line) for line in path.read_text().splitlines()]
        assert [line["mac"][-1] for line in lines] == ["1", "3"]


_NO_MAC = b'{"time":"","mac":1,"chip":"","port":"","image":"","key":null,"result":"flashed"}'


@pytest.mark.parametrize("line", [b"hello", b"[]", b"{}", b'{"time": 1}', _NO_MAC])
def test_another_file_is_not_taken_for_a_journal(line: bytes, tmp_path: Path) -> None:
    path = tmp_path / "journal.jsonl"
    path.write_bytes(line + b"\n")
    with pytest.raises(JournalError, match=r"journal\.jsonl:1 is no flash journal's line"):
        Journal(path)


def test_a_journal_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(JournalError, match="--journal"):
        Journal(tmp_path / "missing" / "journal.jsonl").append(ONE)
