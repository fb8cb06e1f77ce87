"""What a board does with messages that a former key sealed: sends them, and does not speak for them."""

from pathlib import Path
from typing import Any

from ram_littlefs import SETUP
from sealmote.sim import Board, Fault, Network
from sealwire import message, statement
from sealwire.keys import ES256, SecretKey
from sealwire.senml import Pack, Record

NOW = 1_764_000_000
OLD, NEW = (SecretKey(ES256, bytes(31) + bytes([number])) for number in (7, 8))

KEYS = """
from binascii import unhexlify
OLD, NEW = unhexlify(old_kid), unhexlify(new_kid)
old, new = ([unhexlify(item) for item in items] for items in (old, new))

fresh(64)
outbox = Outbox("/ram/outbox", 16384, OLD)
for n, item in enumerate(old):
    outbox.append(7, n, item)
outbox.settle(outbox.peek(1, 1), accept(outbox.peek(1, 1)), ANSWER)
outbox = Outbox("/ram/outbox", 16384, NEW)
"""


def given() -> dict[str, Any]:
    def sealed(key: SecretKey, boot: int) -> list[str]:
        pack = Pack(NOW, [Record("t", "Cel", 2150, -2)])
        return [message.seal(key, pack, boot, number, NOW).hex() for number in range(3)]

    kids = {"old_kid": OLD.public.kid().hex(), "new_kid": NEW.public.kid().hex()}
    return {**kids, "old": sealed(OLD, 7), "new": sealed(NEW, 1)}


def test_they_are_kept_as_they_are_and_counted_as_nobodys(micropython: Any) -> None:
    script = """
say(outbox.kept, outbox.last, outbox.acknowledged_to(9), outbox.deliveries.highest)
outbox.append(1, 0, new[0])
say(outbox.last, outbox.acknowledged_to(9), len([n for n in os.listdir("/ram/outbox") if ".seg" in n]))
batch = outbox.peek(9, 1 << 20)
say([kept.message for kept in batch] == old + new[:1], [kept.segment.former for kept in batch])
outbox.settle(batch[:3], accept(batch[:3]), ANSWER)
say(outbox.kept, outbox.last, outbox.acknowledged_to(9), outbox.deliveries.highest)
outbox.settle(batch[3:], accept(batch[3:]), ANSWER)
say(outbox.kept, outbox.last, outbox.acknowledged_to(9), outbox.deliveries.highest)
"""
    assert micropython(SETUP + KEYS + script, **given()) == [
        [3, None, None, None],
        [[1, 0], None, 2],
        [True, [True, True, True, False]],
        [1, [1, 0], None, None],
        [0, [1, 0], [1, 0], [1, 0]],
    ]


def test_one_that_is_refused_dropped_or_damaged_is_not_stated(micropython: Any) -> None:
    script = """
batch = outbox.peek(1, 1)
refused = {cose.leaf_hash(batch[0].message): (ack.REFUSED, 5)}
say(outbox.settle(batch, refused, ANSWER).refused, outbox.deliveries.ranges(9), outbox.deliveries.dropped)
hit("/ram/outbox/00000001.seg", starts("/ram/outbox/00000001.seg")[1] + 15)
outbox = Outbox("/ram/outbox", 16384, NEW)
say(outbox.kept, outbox.deliveries.ranges(9))
while True:  # until the former key's file has to make room
    outbox.append(1, 0, new[0])
    if "00000001.seg" not in os.listdir("/ram/outbox"):
        break
say(outbox.deliveries.ranges(9), outbox.deliveries.dropped)
"""
    assert micropython(SETUP + KEYS + script, **given()) == [
        [1, [], 0],
        [2, []],
        [[], 0],
    ]


def test_a_wake_keeps_them_apart_too(micropython: Any) -> None:
    script = """
head = outbox.head
outbox = Outbox("/ram/outbox", 16384, NEW, head)  # nothing of the new key has been kept before it
outbox.append(1, 0, new[0])
say(outbox.kept, outbox.acknowledged_to(9), len([n for n in os.listdir("/ram/outbox") if ".seg" in n]))
head = outbox.head
outbox = Outbox("/ram/outbox", 16384, NEW, head)
say(outbox.kept, outbox.acknowledged_to(9))
outbox.append(1, 1, new[1])
batch = outbox.peek(9, 1 << 20)
say([kept.segment.former for kept in batch])
"""
    assert micropython(SETUP + KEYS + script, **given()) == [
        [4, None, 2],
        [4, None],
        [[True, True, True, False, False]],
    ]


def test_a_board_with_a_new_key_empties_its_outbox(
    tmp_path: Path, board_config: dict[str, Any], stub_gateway: Any, live: Any
) -> None:
    board = Board.create(tmp_path / "board", wifi=[Network("home", "correct horse")])
    board.install(
        config=board_config | {"sample": {"period_s": 10, "count": 0, "sensors": ["chip"]}}
    )
    live(board, 60, Fault("gateway-down", at=25, lasts=100))
    before = stub_gateway.numbers()
    flash = bytearray(board.flash_path.read_bytes())
    for at in range(0, len(flash), 4096):
        if flash[at : at + 4] == b"SMid":  # both slots of the identity
            flash[at : at + 4096] = b"\xff" * 4096
    board.flash_path.write_bytes(flash)
    live(board, 30)
    parsed = [message.parse(item) for item in stub_gateway.messages]
    first_kid = parsed[0].header.kid
    old = [one.header.sequence for one in parsed if one.header.kid == first_kid]
    new = [one for one in parsed if one.header.kid != first_kid]
    assert len(before) < len(old)
    assert sorted(old) == list(range(len(old))), "all that was kept has arrived"
    stated = new[0].content
    assert isinstance(stated, statement.Statement)
    assert (new[0].header.boot, new[0].header.sequence) == (1, 0)
    account = stated.account
    assert (account.previous_last, account.acknowledged_to, account.dropped) == (None, None, [])
