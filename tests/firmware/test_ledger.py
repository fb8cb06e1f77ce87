"""The board's account of its numbers, on real littlefs."""

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
    ranges = Outbox("/ram/outbox", 65536).ledger.ranges(9)
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
say(outbox.last, outbox.acknowledged_to(9), outbox.ledger.last_ack)
for n in range(4):
    outbox.append(1, n, sealed(n))
batch = outbox.peek(9, 1 << 20)
say(outbox.last, outbox.acknowledged_to(9))
outbox.settle(batch[:2] + batch[3:], accept(batch), DIGEST)  # the third has no outcome yet
say(outbox.last, outbox.acknowledged_to(9), outbox.ledger.highest)
outbox.settle(batch[2:3], accept(batch), DIGEST)
again = Outbox("/ram/outbox", 65536)
say(again.kept, again.last, again.acknowledged_to(9), again.ledger.last_ack == DIGEST)
again.append(2, 0, sealed(0))
say(again.last, again.acknowledged_to(9))
again.append(2, 1, sealed(1))
again.settle(again.peek(1, 1), accept(again.peek(1, 1)), DIGEST)
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
outbox.settle(batch, accept(batch), DIGEST)
say([outbox.acknowledged_to(stated) for stated in range(5)])
"""
    assert micropython(SETUP + script) == [[[[1, 1], [1, 3], [1, 5], [1, 8], [1, 8]]]]


def test_more_runs_than_the_account_holds_grow_coarser_and_none_is_lost(micropython: Any) -> None:
    script = """
fresh(64)
ledger = Outbox("/ram/outbox", 65536).ledger
given_up = [(1, n, n, 5) for n in range(0, 400, 2)]
for run in given_up:
    ledger.add([run])
runs = Outbox("/ram/outbox", 65536).ledger.ranges(999)
covered = set()
for _, first, last in runs:
    covered.update(range(first, last + 1))
say(len(runs), [n for _, n, _, _ in given_up if n not in covered], max(covered))
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
counted = [outbox.ledger.dropped]
device.journal = []
for wake in range(3):
    before = outbox.ledger.dropped
    outbox = Outbox("/ram/outbox", 65536, b"", outbox.head)
    outbox.ledger.dropped += before
    outbox.peek(9, 1 << 20)
    counted.append(outbox.ledger.dropped)
say(counted, len(device.journal))
outbox.give_up(1, 9)
say(outbox.ledger.dropped)
"""
    assert micropython(SETUP + script) == [[[1, 1, 1, 1], 0], [2]]


def test_another_keys_account_is_laid_aside(micropython: Any) -> None:
    script = """
fresh(64)
Outbox("/ram/outbox", 65536, b"firstkey").give_up(7, 1)
other = Outbox("/ram/outbox", 65536, b"otherkey")
say(other.ledger.ranges(9), other.last, os.listdir("/ram/outbox"))
other.give_up(1, 0)
say(Outbox("/ram/outbox", 65536, b"otherkey").ledger.ranges(9))
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
say(Outbox("/ram/outbox", 65536).ledger.ranges(9), sorted(os.listdir("/ram/outbox")))
"""
    assert micropython(SETUP + script) == [[[[1, 2, 2]], ["account", "account.damaged"]]]


def test_ranges_grow_together_and_are_forgotten_once_stated(micropython: Any) -> None:
    script = """
fresh(64)
ledger = Outbox("/ram/outbox", 65536).ledger
ledger.add([(1, 5, 5, 0), (1, 3, 3, 0)])
ledger.add([(1, 4, 4, 0), (2, 0, 0, 0), (1, 9, 9, 5), (1, 10, 10, 0)])
ledger.add([(1, 4, 4, 0)])
say(ledger.ranges(9))
ledger.forget([(1, 3, 5), (7, 7, 7)])
say(Outbox("/ram/outbox", 65536).ledger.ranges(2))
"""
    assert micropython(SETUP + script) == [
        [[[1, 3, 5], [1, 9, 9], [1, 10, 10], [2, 0, 0]]],
        [[[1, 9, 9], [1, 10, 10]]],
    ]
