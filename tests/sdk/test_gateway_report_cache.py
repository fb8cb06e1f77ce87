"""Reports from the cache are those that would be made now, whatever happens to the device."""

import json
from typing import Any

import pytest

from sealmote.gateway.reports import device_report
from sealmote.gateway.web.json_answer import to_text
from sealmote.gateway.web.report_cache import ReportCache


def named(board: Any) -> bytes:
    return bytes.fromhex(board.name)


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Of which devices a report was made."""
    found: list[bytes] = []
    make = device_report.report_of

    def counted(reader: Any, version: device_report.Version) -> Any:
        found.append(version.device.thumbprint)
        return make(reader, version)

    monkeypatch.setattr(device_report, "report_of", counted)
    return found


def test_it_is_made_anew_with_every_change_and_only_then(
    live: Any, board: Any, made: list[bytes]
) -> None:
    store, cache = live.gateway._store, ReportCache()

    def fresh() -> str:
        version = store.read(device_report.version, named(board))
        return to_text(store.read(device_report.report_of, version))

    def kept() -> str:
        encoded: bytes = store.read(cache.report, named(board))
        assert store.read(cache.report, named(board)) == encoded
        return encoded.decode()

    seen = [kept()]
    for change in (
        lambda: live.post(board.seal(0)),
        lambda: live.post(board.seal(2)),
        lambda: live.post(board.seal(2, value=7)),  # evidence
        lambda: live.gateway.challenge_device(named(board), b"is it there?"),
        lambda: live.post(board.seal(2)),  # a duplicate, whose answer gives the challenge
        lambda: live.post(board.state(3, nonce=b"is it there?")),
        lambda: live.gateway.revoke_device(named(board)),
    ):
        change()
        made.clear()
        seen.append(kept())
        assert made == [named(board)]
        assert seen[-1] == fresh()
    assert len(set(seen)) == len(seen)
    assert json.loads(seen[-1]) == live.get(f"/v1/devices/{board.name}").json


def test_what_others_do_makes_nothing_anew(
    live: Any, board: Any, make_board: Any, made: list[bytes]
) -> None:
    other = make_board()
    live.gateway.add_device(other.signer.public, unproven=True)
    live.post(board.seal(0))
    live.get(f"/v1/devices/{board.name}")
    live.post(other.seal(0))
    live.gateway.challenge_device(named(other))
    live.get(f"/v1/devices/{board.name}")
    assert made == [named(board)]


def test_it_holds_so_many_bytes_and_forgets_what_was_not_asked_for(
    live: Any, make_board: Any, made: list[bytes]
) -> None:
    boards = [make_board() for _ in range(3)]
    for board in boards:
        live.gateway.add_device(board.signer.public, unproven=True)
    store = live.gateway._store
    size = len(store.read(ReportCache().report, named(boards[0])))
    cache = ReportCache(2 * size + size // 2)
    made.clear()
    first, second, third = map(named, boards)
    for name in (first, second, first, third, first, third, second):
        assert store.read(cache.report, name) is not None
    assert made == [first, second, third, second]
    assert store.read(ReportCache(size - 1).report, first) is not None, "too large to be kept"
    assert store.read(cache.report, bytes(32)) is None
