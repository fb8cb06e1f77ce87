"""Acknowledgements that refused something, on real littlefs: kept until stated, within bounds."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from ram_littlefs import SETUP
from sealmote.sim import Board, Fault, Network
from sealwire import ack, cose, message, statement

KEEPING = """
from mote.storage import kept_refusals
PATH = "/ram/refusals"

def answer(number, size=200):
    return sealed(number, size)

def digest(number, size=200):
    return sha256(answer(number, size)).digest()

def keep(number, size=200, needed=()):
    return kept_refusals.keep(PATH, digest(number, size), answer(number, size), set(needed))

def there():
    found = []
    for kept, at, length in kept_refusals.entries(PATH):
        with open(PATH, "rb") as file:
            content = b"".join(kept_refusals.chunks(file, at, length))
        assert sha256(content).digest() == kept
        found.append(int(content[:6]))
    return found
"""


def test_they_are_kept_whole_and_once_and_let_go_of(micropython: Any) -> None:
    script = """
fresh(64)
say(there(), keep(1), keep(2, 3000), keep(3), keep(2, 3000), there())
kept_refusals.drop(PATH, {digest(2, 3000), digest(9)})
say(there(), "refusals.new" in os.listdir("/ram"))
kept_refusals.drop(PATH, {digest(9)})
kept_refusals.drop(PATH, {digest(1), digest(3)})
say(there(), os.listdir("/ram"))
kept_refusals.drop(PATH, {digest(1)})
"""
    assert micropython(SETUP + KEEPING + script) == [
        [[], True, True, True, True, [1, 2, 3]],
        [[1, 3], False],
        [[], []],
    ]


def test_the_first_stay_and_what_no_number_waits_for_makes_room(micropython: Any) -> None:
    script = """
fresh(64)
say([keep(n, 2000, [digest(m, 2000) for m in range(n)]) for n in range(8)], there(), os.stat(PATH)[6])
say(keep(8, 2000, [digest(m, 2000) for m in (0, 3)]), there())
say(keep(9, 12288, []), there())  # it would not fit alone
"""
    assert micropython(SETUP + KEEPING + script) == [
        [[True] * 6 + [False] * 2, [0, 1, 2, 3, 4, 5], 12204],
        [True, [0, 3, 8]],
        [False, [0, 3, 8]],
    ]


def test_a_full_filesystem_keeps_what_was_there(micropython: Any) -> None:
    script = """
from mote.errors import OutboxError
fresh(16)
keep(1, 2000)
def fill(name):
    try:
        with open(name, "wb") as file:
            while True:
                file.write(bytes(512))
                file.flush()
    except OSError as error:
        return error.errno
[fill("/ram/other%d" % n) for n in range(4)]
try:
    keep(2, 2000)
except OSError as error:
    say(error.errno, there(), "refusals.new" in os.listdir("/ram"))
"""
    assert micropython(SETUP + KEEPING + script)[-1] == [28, [1], False]


def test_a_cut_at_any_moment_leaves_those_before_or_those_after(micropython: Any) -> None:
    script = """
device = fresh(32)
start = bytearray(device.data)
device.journal = []
wanted, ends = [[]], [0]
for n in range(6):
    keep(n, 900)
    wanted.append(there())
    ends.append(len(device.journal))
for n in (2, 0, 5):
    kept_refusals.drop(PATH, {digest(n, 900)})
    wanted.append(there())
    ends.append(len(device.journal))
journal = device.journal
vfs.umount("/ram")
wrong, cuts, image = [], 0, start
for at in range(len(journal) + 1):
    step = len([end for end in ends if end <= at])  # what is done by then, and what is being done
    for torn in (False, True):
        if torn and at == len(journal):
            continue
        data = bytearray(image)
        if torn:
            apply(data, journal[at], True)
        cuts += 1
        vfs.mount(lfs(Ram(0, data)), "/ram")
        if there() not in wanted[step - 1 : step + 1]:
            wrong.append((at, torn, there()))
        vfs.umount("/ram")
    if at < len(journal):
        apply(image, journal[at])
say(wrong, cuts > 60)
"""
    assert micropython(SETUP + KEEPING + script) == [[[], True]]


def test_an_outbox_keeps_what_refused_until_all_of_it_is_stated(micropython: Any) -> None:
    script = """
fresh(64)
outbox = Outbox("/ram/outbox", 65536)
for n in range(6):
    outbox.append(1, n, sealed(n))
batch = outbox.peek(9, 1 << 20)
def refuse(numbers, answer, code=5):
    results = {cose.leaf_hash(batch[n].message): (ack.REFUSED, code) for n in numbers}
    outbox.settle([batch[n] for n in numbers], results, answer)
refuse([0, 2], b"one" * 50)
refuse([3, 4], b"other" * 50, 4)
again = Outbox("/ram/outbox", 65536)
one, other = [sha256(answer * 50).digest() for answer in (b"one", b"other")]
PATH = "/ram/outbox/refusals"
kept = lambda: [entry[0] for entry in kept_refusals.entries(PATH)]
say(again.deliveries.account_ranges(9) == [(1, 0, 0, 5, one), (1, 2, 2, 5, one), (1, 3, 4, 4, other)])
say(kept() == [one, other], outbox.kept)
again.stated(again.deliveries.account_ranges(1))
say(kept() == [one, other])
again.stated(again.deliveries.account_ranges(1))
say(kept() == [other], again.deliveries.ranges(9))
again.stated([(1, 3, 4, None, None)])  # by a statement of version 1, sealed before
say(kept(), Outbox("/ram/outbox", 65536).deliveries.ranges(9))
"""
    assert micropython(SETUP + KEEPING + script) == [
        [True],
        [True, 2],
        [True],
        [True, [[1, 3, 4]]],
        [[], []],
    ]


def test_a_former_keys_refusal_is_kept_while_there_is_room(micropython: Any) -> None:
    script = """
fresh(64)
Outbox("/ram/outbox", 16384, b"firstkey").append(7, 0, b"firstkey" + sealed(0))
outbox = Outbox("/ram/outbox", 16384, b"otherkey")
(kept,) = outbox.peek(9, 9999)
outbox.settle([kept], {cose.leaf_hash(kept.message): (ack.REFUSED, 5)}, ANSWER)
found = [entry[0] for entry in kept_refusals.entries("/ram/outbox/refusals")]
say(found == [DIGEST], outbox.deliveries.account_ranges(9), outbox.deliveries.refusals == set())
"""
    assert micropython(SETUP + KEEPING + script) == [[True, [], True]]


def test_what_was_refused_is_stated_with_who_did_it(
    tmp_path: Path, board_config: dict[str, Any], stub_gateway: Any, live: Any
) -> None:
    def judge(item: bytes) -> ack.Outcome:
        header = message.parse(item).header
        if (header.boot, header.sequence) in ((1, 1), (1, 3)):
            return ack.Outcome(cose.leaf_hash(item), ack.REFUSED, 5)
        return stub_gateway.accept(item)  # type: ignore[no-any-return]  # the fixture is Any

    stub_gateway.judge = judge
    board = Board.create(tmp_path / "board", wifi=[Network("home", "correct horse")])
    sample = {"period_s": 10, "count": 4, "sensors": ["chip"]}
    board.install(config=board_config | {"sample": sample})
    live(board, 60)
    kept = told(board)
    assert [one["runs"] for one in kept] == [[[1, 1, 1, 5]], [[1, 3, 3, 5]]]
    for one in kept:
        raw = bytes.fromhex(one["message"])
        assert sha256(raw).hexdigest() == one["refusal"]
        given = ack.open_ack(raw, stub_gateway.signer.public, "sealmote.example/test")
        assert (ack.REFUSED, 5) in [(one.result, one.code) for one in given.outcomes]

    live(board, 60, Fault("gateway-down", at=0, lasts=60))
    assert told(board) == kept, "a statement that nobody has acknowledged is no reason to forget"
    live(board, 60)
    parsed = [message.parse(item) for item in stub_gateway.messages]
    found = {one.header.boot: one for one in parsed if isinstance(one.content, statement.Statement)}
    hashes = [bytes.fromhex(one["refusal"]) for one in kept]
    assert found[2].header.content_type == 267
    assert found[2].content.account.dropped == [(1, 1, 1, 5, hashes[0]), (1, 3, 3, 5, hashes[1])]
    assert told(board) == []


def told(board: Board) -> list[Any]:
    printed = board.exec("from mote.attestation import refusal_report; refusal_report.report()")
    lines = [json.loads(line) for line in printed.splitlines() if line.startswith("{")]
    assert lines[-1] == {"end": len(lines) - 2}
    return lines[1:-1]
