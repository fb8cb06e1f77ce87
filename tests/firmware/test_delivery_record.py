"""The board's account of its numbers, on real littlefs."""

import struct
import zlib
from hashlib import sha256
from typing import Any

from ram_littlefs import SETUP


def test_damaged_messages_are_numbered_by_those_around_them(micropython: Any) -> None:
    script = """
def damaged(numbers, *hits):
    fresh(64)
    outbox = Outbox("/ram/outbox", 65536)
    for boot, n in numbers:
        outbox.append(boot, n, sealed(n))
    path = "/ram/outbox/00000001.seg"
    hit(path, *[starts(path)[frame] + at for frame, at in hits])
    ranges = Outbox("/ram/outbox", 65536).deliveries.ranges(9)
    vfs.umount("/ram")
    return ranges

BODY, NUMBER = 15, 12
five = [(1, n) for n in range(5)]
say(damaged(five, (1, BODY), (2, BODY)))
say(damaged(five, (2, NUMBER)))  # the frame's own number is not to be believed
say(damaged(five, (0, BODY)), damaged(five, (4, BODY)))
say(damaged([(1, 7), (1, 8), (2, 0)], (1, BODY)))
say(damaged([(1, 7), (1, 8), (2, 0)], (1, NUMBER)), damaged([(1, 7), (1, 8)], (0, NUMBER)))
say(damaged([(1, 7)], (0, NUMBER)))  # its number cannot be told
"""
    assert micropython(SETUP + script) == [
        [[[1, 1, 2]]],
        [[[1, 2, 2]]],
        [[[1, 0, 0]], [[1, 4, 4]]],
        [[[1, 8, 8]]],
        [[[1, 8, 8]], [[1, 7, 7]]],
        [[]],
    ]


def test_what_is_acknowledged_and_what_was_kept_outlive_the_messages(micropython: Any) -> None:
    script = """
fresh(64)
outbox = Outbox("/ram/outbox", 65536)
say(outbox.last, outbox.acknowledged_to(9), outbox.deliveries.last_ack)
for n in range(4):
    outbox.append(1, n, sealed(n))
batch = outbox.peek(9, 1 << 20)
say(outbox.last, outbox.acknowledged_to(9))
outbox.settle(batch[:2] + batch[3:], accept(batch), ANSWER)  # the third has no outcome yet
say(outbox.last, outbox.acknowledged_to(9), outbox.deliveries.highest)
outbox.settle(batch[2:3], accept(batch), ANSWER)
again = Outbox("/ram/outbox", 65536)
say(again.kept, again.last, again.acknowledged_to(9), again.deliveries.last_ack == DIGEST)
again.append(2, 0, sealed(0))
say(again.last, again.acknowledged_to(9))
again.append(2, 1, sealed(1))
again.settle(again.peek(1, 1), accept(again.peek(1, 1)), ANSWER)
say(again.acknowledged_to(9))
"""
    assert micropython(SETUP + script) == [
        [None, None, None],
        [[1, 3], None],
        [[1, 3], [1, 1], [1, 3]],
        [0, [1, 3], [1, 3], True],
        [[2, 0], [1, 3]],
        [[2, 0]],
    ]


def test_what_no_statement_names_yet_is_not_called_acknowledged(micropython: Any) -> None:
    script = """
fresh(64)
outbox = Outbox("/ram/outbox", 65536)
for n in range(9):
    if n in (2, 4, 6):
        outbox.give_up(1, n)
    else:
        outbox.append(1, n, sealed(n))
batch = outbox.peek(9, 1 << 20)
outbox.settle(batch, accept(batch), ANSWER)
say([outbox.acknowledged_to(stated) for stated in range(5)])
"""
    assert micropython(SETUP + script) == [[[[1, 1], [1, 3], [1, 5], [1, 8], [1, 8]]]]


def test_more_runs_than_the_account_holds_grow_coarser_and_none_is_lost(micropython: Any) -> None:
    script = """
fresh(64)
ledger = Outbox("/ram/outbox", 65536).deliveries
given_up = [(1, n, n, 5, DIGEST) for n in range(0, 400, 2)]
for run in given_up:
    ledger.add([run])
runs = Outbox("/ram/outbox", 65536).deliveries.ranges(999)
covered = set()
for _, first, last in runs:
    covered.update(range(first, last + 1))
say(len(runs), [n for _, n, _, _, _ in given_up if n not in covered], max(covered))
"""
    assert micropython(SETUP + script) == [[128, [], 398]]


def test_a_number_is_counted_once_however_often_its_file_is_read(micropython: Any) -> None:
    script = """
device = fresh(64)
outbox = Outbox("/ram/outbox", 65536)
for n in range(6):
    outbox.append(1, n, sealed(n))
hit("/ram/outbox/00000001.seg", starts("/ram/outbox/00000001.seg")[2] + 30)
outbox = Outbox("/ram/outbox", 65536)
counted = [outbox.deliveries.dropped]
device.journal = []
for wake in range(3):
    before = outbox.deliveries.dropped
    outbox = Outbox("/ram/outbox", 65536, b"", outbox.head)
    outbox.deliveries.dropped += before
    outbox.peek(9, 1 << 20)
    counted.append(outbox.deliveries.dropped)
say(counted, len(device.journal))
outbox.give_up(1, 9)
say(outbox.deliveries.dropped)
"""
    assert micropython(SETUP + script) == [[[1, 1, 1, 1], 0], [2]]


def test_another_keys_account_is_laid_aside(micropython: Any) -> None:
    script = """
fresh(64)
Outbox("/ram/outbox", 65536, b"firstkey").give_up(7, 1)
other = Outbox("/ram/outbox", 65536, b"otherkey")
say(other.deliveries.ranges(9), other.last, os.listdir("/ram/outbox"))
other.give_up(1, 0)
say(Outbox("/ram/outbox", 65536, b"otherkey").deliveries.ranges(9))
"""
    assert micropython(SETUP + script) == [
        [[], None, ["account.66697273746b6579"]],
        [[[1, 0, 0]]],
    ]


def test_a_damaged_account_is_kept_aside_and_does_not_stop_the_board(micropython: Any) -> None:
    script = """
fresh(64)
Outbox("/ram/outbox", 65536).give_up(1, 1)
with open("/ram/outbox/account", "r+b") as file:
    file.write(b"\\x55")
outbox = Outbox("/ram/outbox", 65536)
outbox.give_up(1, 2)
say(Outbox("/ram/outbox", 65536).deliveries.ranges(9), sorted(os.listdir("/ram/outbox")))
"""
    assert micropython(SETUP + script) == [[[[1, 2, 2]], ["account", "account.damaged"]]]


def test_ranges_grow_together_and_are_forgotten_once_stated(micropython: Any) -> None:
    script = """
fresh(64)
ledger = Outbox("/ram/outbox", 65536).deliveries
ledger.add([(1, 5, 5, 0, b""), (1, 3, 3, 0, b"")])
ledger.add([(1, 4, 4, 0, b""), (2, 0, 0, 0, b""), (1, 9, 9, 5, DIGEST), (1, 10, 10, 0, b"")])
ledger.add([(1, 4, 4, 0, b"")])
say(ledger.ranges(9))
ledger.forget([(1, 3, 5, 0, None), (7, 7, 7, 0, None)])
say(Outbox("/ram/outbox", 65536).deliveries.ranges(2))
"""
    assert micropython(SETUP + script) == [
        [[[1, 3, 5], [1, 9, 9], [1, 10, 10], [2, 0, 0]]],
        [[[1, 9, 9], [1, 10, 10]]],
    ]


def test_an_account_of_older_firmware_is_read_and_nothing_of_it_is_lost(micropython: Any) -> None:
    """Its runs end with a code of four bytes, and no hash of a refusal was kept."""
    last_ack = sha256(b"ack").digest()
    body = struct.pack(">8sII32s", b"firstkey", 3, 90, last_ack)
    for run in ((1, 3, 5, 0), (1, 9, 9, 5), (3, 2, 2, 4)):
        body += struct.pack(">IIII", *run)
    old = body + zlib.crc32(body).to_bytes(4, "big")
    script = """
from binascii import hexlify, unhexlify
fresh(64)
os.mkdir("/ram/outbox")
with open("/ram/outbox/account", "wb") as file:
    file.write(unhexlify(old))
def account():
    ledger = Outbox("/ram/outbox", 65536, b"firstkey").deliveries
    say([list(run[:4]) + [run[4] and hexlify(run[4]).decode()[:4]] for run in ledger.account_ranges(9)],
        ledger.highest, hexlify(ledger.last_ack).decode())
    return ledger
account().add([(1, 9, 9, 5, b""), (3, 7, 7, 5, DIGEST)])
account().forget([(1, 3, 5, 0, None)])
account()
say(os.listdir("/ram/outbox"))
"""
    first = [[1, 3, 5, 0, None], [1, 9, 9, 5, None], [3, 2, 2, 4, None]]
    kept = [[3, 90], last_ack.hex()]
    new = [3, 7, 7, 5, sha256(bytes(range(200))).hexdigest()[:4]]
    assert micropython(SETUP + script, old=old.hex()) == [
        [first, *kept],
        [[*first, new], *kept],
        [[*first[1:], new], *kept],
        [["account"]],
    ]


def test_a_statement_names_as_many_runs_as_fit(micropython: Any) -> None:
    script = """
def stated(runs):
    fresh(64)
    ledger = Outbox("/ram/outbox", 65536).deliveries
    ledger.add(runs)
    vfs.umount("/ram")
    return ledger.stated

by = lambda n: sha256(b"%d" % n).digest()
say(stated([]), stated([(1, 2 * n, 2 * n, 0, b"") for n in range(9)]))
say(stated([(1, 2 * n, 2 * n, 0, b"") for n in range(40)]))
say(stated([(1, 2 * n, 2 * n, 5, by(n)) for n in range(40)]))
say(stated([(1, 2 * n, 2 * n, 5 * (n & 1), by(n) if n & 1 else b"") for n in range(40)]))
"""
    assert micropython(SETUP + script) == [[0, 9], [16], [9], [14]]


def test_joined_runs_name_what_they_share(micropython: Any) -> None:
    script = """
def joined(cause):
    fresh(64)
    ledger = Outbox("/ram/outbox", 65536).deliveries
    for n in range(140):
        ledger.add([(1, 2 * n, 2 * n) + cause(n)])
    again = Outbox("/ram/outbox", 65536).deliveries
    assert again.account_ranges(999) == ledger.account_ranges(999)
    vfs.umount("/ram")
    first = ledger.account_ranges(1)[0]
    say(ledger.count, first[:4], first[4] == DIGEST, len(ledger.refusals), ledger.account_ranges(2)[1][:4])

by = lambda n: sha256(b"%d" % n).digest()
joined(lambda n: (5, DIGEST))
joined(lambda n: (5, DIGEST) if n % 2 else (0, b""))
joined(lambda n: (5, by(n)))
"""
    every_other, of_two_causes, of_each = micropython(SETUP + script)
    assert every_other == [128, [1, 0, 24, 5], True, 1, [1, 26, 26, 5]]
    assert of_two_causes == [128, [1, 0, 24, -3], False, 1, [1, 26, 26, 5]]
    assert of_each == [128, [1, 0, 0, 5], False, 32, [1, 2, 2, 5]], "the first keep their hashes"


def test_refusals_in_more_boots_than_there_is_room_for_keep_their_codes(micropython: Any) -> None:
    script = """
fresh(64)
ledger = Outbox("/ram/outbox", 65536).deliveries
for boot in range(1, 50):
    ledger.add([(boot, 0, 0, 5, sha256(b"%d" % boot).digest())])
runs = Outbox("/ram/outbox", 65536).deliveries.account_ranges(99)
say(len(runs), [run[3] for run in runs] == [5] * 49, [run[0] for run in runs if run[4]][-1])
"""
    assert micropython(SETUP + script) == [[49, True, 32]]
