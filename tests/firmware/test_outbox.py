"""The outbox on real littlefs: kept means kept, whatever moment the power fails at."""

from typing import Any

from ram_littlefs import SETUP


def test_what_was_appended_is_there_after_a_restart(micropython: Any) -> None:
    script = """
fresh(64)
outbox = Outbox("/ram/outbox", 65536)
for n in range(40):
    outbox.append(1, n, sealed(n))
again = Outbox("/ram/outbox", 65536)
batch = again.peek(40, 1 << 20)
say(again.kept, waiting(again) == [(1, n) for n in range(40)],
    [kept.message for kept in batch] == [sealed(n) for n in range(40)])
"""
    assert micropython(SETUP + script) == [[40, True, True]]


def test_a_batch_is_bounded_in_messages_and_bytes_but_never_empty(micropython: Any) -> None:
    script = """
fresh(64)
outbox = Outbox("/ram/outbox", 65536)
for n in range(10):
    outbox.append(1, n, sealed(n, 1000))
say(len(outbox.peek(3, 1 << 20)), len(outbox.peek(10, 2500)), len(outbox.peek(10, 1)))
"""
    assert micropython(SETUP + script) == [[3, 2, 1]]


def test_only_an_outcome_lets_a_message_go(micropython: Any) -> None:
    script = """
fresh(64)
outbox = Outbox("/ram/outbox", 65536)
for n in range(6):
    outbox.append(1, n, sealed(n))
batch = outbox.peek(6, 1 << 20)
leaf = [cose.leaf_hash(kept.message) for kept in batch]
results = {
    leaf[0]: (ack.ACCEPTED, None),
    leaf[1]: (ack.DUPLICATE, None),
    leaf[2]: (ack.RETRY, 9),
    leaf[3]: (ack.REFUSED, 5),
    bytes(32): (ack.ACCEPTED, None),  # of a message that was never sent
}
settled = outbox.settle(batch, results, ANSWER)
say(len(settled.accepted), settled.retry, settled.refused, outbox.kept)
say(sorted(waiting(outbox)), outbox.deliveries.ranges(9))
settled = outbox.settle(batch, results, ANSWER)  # the same acknowledgement again changes nothing
say(outbox.kept, outbox.deliveries.ranges(9))
outbox.settle(outbox.peek(9, 1 << 20), accept(batch), ANSWER)
say(outbox.kept, os.listdir("/ram/outbox"))
"""
    assert micropython(SETUP + script) == [
        [2, 3, 1, 3],
        [[[1, 2], [1, 4], [1, 5]], [[1, 3, 3]]],
        [3, [[1, 3, 3]]],
        [0, ["account", "refusals"]],
    ]


def test_retried_messages_wait_behind_the_others(micropython: Any) -> None:
    script = """
fresh(64)
outbox = Outbox("/ram/outbox", 65536)
for n in range(6):
    outbox.append(1, n, sealed(n))
first = outbox.peek(2, 1 << 20)
outbox.settle(first, {}, ANSWER)
second = outbox.peek(4, 1 << 20)
outbox.settle(second, accept(second), ANSWER)
say([k.sequence for k in first], [k.sequence for k in second], waiting(outbox))
"""
    assert micropython(SETUP + script) == [[[0, 1], [2, 3, 4, 5], [[1, 0], [1, 1]]]]


def test_new_messages_do_not_keep_retried_ones_waiting(micropython: Any) -> None:
    script = """
fresh(64)
outbox = Outbox("/ram/outbox", 65536)
rounds = []
for n in range(4):
    outbox.append(1, n, sealed(n))
    batch = outbox.peek(9, 1 << 20)
    rounds.append([kept.sequence for kept in batch])
    outbox.settle(batch, {}, ANSWER)
say(rounds)
"""
    assert micropython(SETUP + script) == [[[[0], [0, 1], [0, 1, 2], [0, 1, 2, 3]]]]


def test_the_oldest_go_first_when_it_is_full_and_are_counted(micropython: Any) -> None:
    script = """
fresh(64)
outbox = Outbox("/ram/outbox", 16384)
for n in range(300):
    outbox.append(2, n, sealed(n))
    names = [name for name in os.listdir("/ram/outbox") if name.endswith(".seg")]
    assert sum([os.stat("/ram/outbox/" + name)[6] for name in names]) <= 16384
again = Outbox("/ram/outbox", 16384)
here = waiting(again)
say(again.deliveries.ranges(9), here[0], here[-1], len(here) == again.kept)
"""
    (ranges, first, last, consistent), *_ = [
        line for line in micropython(SETUP + script) if isinstance(line, list)
    ]
    assert ranges == [[2, 0, first[1] - 1]]
    assert last == [2, 299]
    assert 60 < last[1] - first[1] < 110
    assert consistent


def test_a_full_filesystem_drops_the_oldest_and_goes_on(micropython: Any) -> None:
    script = """
fresh(16)
with open("/ram/other", "wb") as file:
    file.write(bytes(20000))
outbox = Outbox("/ram/outbox", 1 << 20)
for n in range(400):
    outbox.append(1, n, sealed(n))
here = waiting(outbox)
ranges = outbox.deliveries.ranges(9)
say(here[-1], [1, 0, here[0][1] - 1] == list(ranges[0]), len(ranges))
"""
    assert micropython(SETUP + script)[-1] == [[1, 399], True, 1]


def test_a_filesystem_without_any_room_is_a_named_error(micropython: Any) -> None:
    script = """
from mote.errors import OutboxError
fresh(12)
outbox = Outbox("/ram/outbox", 1 << 20)
def fill(name):
    try:
        with open(name, "wb") as file:
            for _ in range(100):
                file.write(bytes(512))
                file.flush()
    except OSError as error:
        return error.errno
fill("/ram/other")
say([fill("/ram/other%d" % n) for n in range(3)][-1])
try:
    outbox.append(7, 3, sealed(1))
except OutboxError as error:
    say(str(error))
for name in os.listdir("/ram"):
    if name != "outbox":
        os.remove("/ram/" + name)
outbox.append(7, 4, sealed(1))
outbox.deliveries.add([])
say(outbox.kept, Outbox("/ram/outbox", 1 << 20).deliveries.ranges(9))
"""
    full, error, after = micropython(SETUP + script)
    assert full == [28]
    assert "free some space" in error[0]
    assert after == [1, [[7, 3, 3]]]


def test_a_full_filesystem_after_a_wake_drops_the_oldest_and_says_so(micropython: Any) -> None:
    script = """
fresh(16)
outbox = Outbox("/ram/outbox", 1 << 20)
for n in range(20):
    outbox.append(1, n, sealed(n))
def fill(name):
    try:
        with open(name, "wb") as file:
            while True:
                file.write(bytes(512))
                file.flush()
    except OSError as error:
        return error.errno
woken = Outbox("/ram/outbox", 1 << 20, b"", outbox.head)  # which has read none of it
say([fill("/ram/other%d" % n) for n in range(4)])
woken.append(1, 20, sealed(20))
say(woken.kept, waiting(woken), woken.deliveries.ranges(9))
say(Outbox("/ram/outbox", 1 << 20).kept)
"""
    assert micropython(SETUP + script) == [[[28] * 4], [1, [[1, 20]], [[1, 0, 19]]], [1]]


def test_a_torn_end_is_passed_over_and_nothing_is_written_after_it(micropython: Any) -> None:
    script = """
fresh(64)
outbox = Outbox("/ram/outbox", 65536)
for n in range(3):
    outbox.append(1, n, sealed(n))
path = "/ram/outbox/00000001.seg"
with open(path, "rb") as file:
    whole = file.read()
ends = starts(path)[1:]
bad = []
for size in range(len(whole)):
    with open(path, "wb") as file:
        file.write(whole[:size])
    again = Outbox("/ram/outbox", 65536)
    again.append(2, 0, sealed(9))
    expected = [(1, n) for n in range(3) if ends[n] <= size] + [(2, 0)]
    if waiting(Outbox("/ram/outbox", 65536)) != expected:
        bad.append(size)
    for name in os.listdir("/ram/outbox"):
        os.remove("/ram/outbox/" + name)
say(bad)
"""
    assert micropython(SETUP + script) == [[[]]]


def test_a_flipped_bit_costs_one_message_not_those_behind_it(micropython: Any) -> None:
    script = """
fresh(64)
outbox = Outbox("/ram/outbox", 65536)
for n in range(5):
    outbox.append(1, n, sealed(n))
path = "/ram/outbox/00000001.seg"
kept, places = set(waiting(outbox)), starts(path)
few, unsaid = [], []
for at in range(os.stat(path)[6]):
    hit(path, at)
    again = Outbox("/ram/outbox", 65536)
    here = set(waiting(again))
    lost = kept - here
    if len(lost) > 1 or not here <= kept:
        few.append((at, sorted(here)))
    if lost != set([run[:2] for run in again.deliveries.ranges(9)]):
        unsaid.append((at, sorted(lost), again.deliveries.ranges(9)))
    hit(path, at)
    os.remove("/ram/outbox/account") if lost else None
say(len(places), few, unsaid)
"""
    assert micropython(SETUP + script)[-1] == [6, [], []]


def test_a_cut_after_every_flash_operation_loses_nothing_that_was_kept(micropython: Any) -> None:
    """Replay the device's journal up to every operation, whole and torn, and mount what is there."""
    script = """
device = fresh(40)
start = bytearray(device.data)
device.journal = []
# What has to be there from which operation on: number -> (kept at, may be gone from).
kept, gone = {}, {}
outbox = Outbox("/ram/outbox", 16384)
for n in range(90):
    outbox.append(1, n, sealed(n, 220))
    kept[n] = len(device.journal)
    if n % 7 == 6 and n < 60:
        batch = outbox.peek(5, 1 << 20)
        for k in batch:
            gone[k.sequence] = len(device.journal)
        results = accept(batch)
        results[cose.leaf_hash(batch[0].message)] = (ack.REFUSED, 5)
        outbox.settle(batch, results, ANSWER)
journal = device.journal
vfs.umount("/ram")
del outbox, device

lost, unmountable, cuts, twice, wrong = [], 0, 0, 0, []
image = start
for at in range(len(journal) + 1):
    for torn in (False, True):
        if torn and at == len(journal):
            continue
        data = bytearray(image)
        if torn:
            apply(data, journal[at], True)
        cuts += 1
        try:
            vfs.mount(lfs(Ram(0, data)), "/ram")
        except OSError:
            unmountable += 1
            continue
        after = Outbox("/ram/outbox", 16384)
        here = waiting(after)
        twice += len(here) - len(set(here))
        accounted = set()
        for boot, first, last in after.deliveries.ranges(99):
            accounted.update(range(first, last + 1))
        present = set([sequence for _, sequence in here]) | accounted
        for n, since in kept.items():
            if since <= at and n not in present and not gone.get(n, 1 << 30) <= at:
                lost.append((at, torn, n))
        highest = max([n for n, since in kept.items() if since <= at], default=-1)
        last = after.last[1] if after.last else -1
        if not highest <= last <= highest + 1:  # the one on its way may be whole already
            wrong.append((at, torn, "last", last, highest))
        settled = after.acknowledged_to(99)
        for n in range(settled[1] + 1 if settled else 0):
            if n not in accounted and not gone.get(n, 1 << 30) <= at + 1:
                wrong.append((at, torn, "acknowledged", settled, n))
        if at % 16 == 0:
            after.append(2, at, sealed(at))
            assert (2, at) in waiting(Outbox("/ram/outbox", 16384))
        vfs.umount("/ram")
    if at < len(journal):
        apply(image, journal[at])
    gc.collect()
say(cuts, len(journal), unmountable, twice, lost[:5], wrong[:5])
"""
    said = micropython(SETUP + script, heapsize="64m")
    cuts, operations, unmountable, twice, lost, wrong = said[-1]
    assert operations > 200
    assert cuts == 2 * operations + 1
    assert (unmountable, twice, lost, wrong) == (0, 0, [], [])


def test_its_room_is_what_is_free_but_for_a_reserve(micropython: Any) -> None:
    script = """
from mote.storage.outbox import room
fresh(64)
empty = room("/ram/outbox")
outbox = Outbox("/ram/outbox", empty)
for n in range(300):
    outbox.append(1, n, sealed(n))
say(empty, empty - room("/ram/outbox"))
vfs.umount("/ram")
fresh(12)
say(room("/ram/outbox"))
"""
    ((empty, moved), (least,)) = micropython(SETUP + script)
    assert 56 * 4096 - 8 * 4096 <= empty <= 56 * 4096
    assert abs(moved) <= 4096, "what is in it counts as free"
    assert least == 16384
