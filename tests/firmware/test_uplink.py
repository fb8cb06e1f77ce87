"""A batch and its acknowledgement, over real HTTP, with gateways of every kind."""

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from aiohttp import web

from outgoing import DEVICE, SET, SETUP, sealed
from sealmote.crypto import Signer
from sealwire import ack, cbor, cose, envelope, message
from sealwire.keys import ES256
from sealwire.sequence import split_sequence
from sealwire.statement import Account, Statement


def test_a_batch_leaves_on_the_gateways_word(send: Any, stub_gateway: Any) -> None:
    assert send(3) == [[False, 0]]
    assert stub_gateway.numbers() == [(1, 0), (1, 1), (1, 2)]
    assert stub_gateway.requests == [("application/cbor-seq", 3)]


def test_a_single_message_goes_as_cose(send: Any, stub_gateway: Any) -> None:
    assert send(1) == [[False, 0]]
    assert stub_gateway.requests == [("application/cose", 1)]


def test_batches_follow_one_another(send: Any, stub_gateway: Any) -> None:
    assert send(5, 4, upload_batch=2) == [[True, 3], [True, 1], [False, 0], [False, 0]]
    assert len(stub_gateway.messages) == 5


def test_duplicates_leave_too(send: Any, stub_gateway: Any) -> None:
    stub_gateway.judge = lambda item: ack.Outcome(
        cose.leaf_hash(item), ack.DUPLICATE, None, cose.leaf_hash(item), int(time.time()) + 60
    )
    assert send(3) == [[False, 0]]


def test_a_final_refusal_leaves_and_retry_stays(send: Any, stub_gateway: Any) -> None:
    def judge(item: bytes) -> ack.Outcome:
        if message.parse(item).header.sequence == 1:
            return ack.Outcome(cose.leaf_hash(item), ack.REFUSED, 4)
        return ack.Outcome(cose.leaf_hash(item), ack.RETRY, 9)

    stub_gateway.judge = judge
    assert send(3, 2) == [[True, 2], ["the gateway asks to send it again later: busy", 2]]


def test_dropped_ranges_are_forgotten_once_a_statement_of_them_is_accepted(
    micropython: Any, board_config: dict[str, Any]
) -> None:
    account = Account(0, 0, dropped=[(1, 5, 9, 0, None)])
    stated = Statement(bytes(6), b"test", 1, 1, "sealmote", "0", account)
    sealed_statement = message.seal(DEVICE, stated, 1, 0, None).hex()
    script = """
outbox.deliveries.add([(1, 5, 9, 0, b""), (1, 20, 20, 0, b"")])
print(json.dumps(outbox.deliveries.ranges(9)))
send()
print(json.dumps(Outbox("outbox", 65536).deliveries.ranges(9)))
"""
    said = micropython(SETUP + script, settings=board_config, messages=[sealed_statement])
    assert [line for line in said if isinstance(line, list)] == [
        [[1, 5, 9], [1, 20, 20]],
        [False, 0],
        [[1, 20, 20]],
    ]


def other_key(gateway: Any, items: list[ack.Outcome]) -> bytes:
    now = int(time.time())
    acknowledgement = ack.Acknowledgement("sealmote.example/test", now, now + 60, items)
    return ack.seal(Signer.generate(ES256), acknowledgement)


def flipped(gateway: Any, items: list[ack.Outcome]) -> bytes:
    made = bytearray(gateway.acknowledge(items))
    made[-1] ^= 1
    return bytes(made)


UNSOUND: dict[str, Any] = {
    "another key": other_key,
    "a flipped bit": flipped,
    "another log": lambda gateway, items: gateway.acknowledge(items, "sealmote.example/other"),
    "cut": lambda gateway, items: gateway.acknowledge(items)[:-1],
    "more": lambda gateway, items: gateway.acknowledge(items) + b"\0",
    "nothing": lambda gateway, items: b"",
    "text": lambda gateway, items: b"accepted",
}


@pytest.mark.parametrize("kind", UNSOUND)
def test_an_unsound_acknowledgement_lets_nothing_go(
    send: Any, stub_gateway: Any, kind: str
) -> None:
    async def respond(request: web.Request) -> web.Response:
        await request.read()
        items = [ack.Outcome(cose.leaf_hash(bytes.fromhex(m)), ack.ACCEPTED) for m in [sealed(0)]]
        return web.Response(body=UNSOUND[kind](stub_gateway, items))

    stub_gateway.respond = respond
    ((said, kept),) = send(1)
    assert "not the pinned gateway's" in said
    assert kept == 1


DAY, YEAR = 86_400, 31_557_600
OTHER = bytes(range(32))


def outcome(result: int, *rest: Any) -> Callable[[bytes], list[Any]]:
    return lambda leaf: [leaf, result, *rest]


def again(first_log_by: int, first: bytes | None = None) -> Callable[[bytes], list[Any]]:
    """A duplicate; its promise is so many seconds from now."""
    return lambda leaf: [leaf, ack.DUPLICATE, first or leaf, int(time.time()) + first_log_by]


accepted = outcome(ack.ACCEPTED)

# (issued, log_by, outcomes of the one message) as seconds from now, and what the board says of it.
UNTRUE: dict[str, tuple[int, int, list[Any], str]] = {
    "for the year 36800": (0, 34_773 * YEAR, [accepted], "after issued"),
    "a day and a second": (0, DAY + 1, [accepted], "log_by is 86401 s after issued"),
    "before it was given": (0, -1, [accepted], "log_by is -1 s after issued"),
    "accepted and refused": (0, 60, [accepted, outcome(ack.REFUSED, 5)], "contradictory"),
    "busy and a duplicate": (0, 60, [outcome(ack.RETRY, 9), again(60)], "contradictory"),
    "refused and busy": (0, 60, [outcome(ack.REFUSED, 5), outcome(ack.RETRY, 9)], "contradictory"),
    "refused for two reasons": (
        0,
        60,
        [outcome(ack.REFUSED, 5), outcome(ack.REFUSED, 6)],
        "contradictory",
    ),
    "refused for good as busy": (0, 60, [outcome(ack.REFUSED, 9)], "for later: busy"),
    "refused for good as unknown": (0, 60, [outcome(ack.REFUSED, 2)], "unknown device"),
    "of a leaf that never was": (0, 60, [again(60, OTHER)], "has not sealed"),
    "first promised a day from now": (0, 60, [again(DAY + 1)], "still to come"),
    "first promised years ago": (0, 60, [again(-10 * YEAR)], "before it was sealed"),
}
# The same of its clock alone.
ASTRAY: dict[str, int] = {"ten years ago": -10 * YEAR, "an hour ago": -3600, "tomorrow": DAY}


def answering(gateway: Any, issued: int, log_by: int, outcomes: list[Any]) -> None:
    """Have the gateway answer each message of a batch so, whatever it is."""

    async def respond(request: web.Request) -> web.Response:
        body = await request.read()
        several = request.content_type == "application/cbor-seq"
        leaves = [cose.leaf_hash(one) for one in (split_sequence(body, 256) if several else [body])]
        now = int(time.time())
        items = [make(leaf) for leaf in leaves for make in outcomes]
        fields = {1: "sealmote.example/test", 2: now + issued, 3: now + log_by, 4: items}
        return web.Response(body=envelope.seal(gateway.signer, ack.MEDIA_TYPE, cbor.encode(fields)))

    gateway.respond = respond


@pytest.mark.parametrize("clock", ["set", "unset"])
@pytest.mark.parametrize("kind", UNTRUE)
def test_a_promise_that_cannot_be_true_settles_nothing(
    send: Any, stub_gateway: Any, kind: str, clock: str
) -> None:
    issued, log_by, outcomes, reason = UNTRUE[kind]
    answering(stub_gateway, issued, log_by, outcomes)
    ((said, kept),) = send(1, before=SET if clock == "set" else "")
    assert "cannot be true, all is kept" in said
    assert reason in said
    assert kept == 1


@pytest.mark.parametrize("kind", ASTRAY)
def test_a_promise_of_another_time_is_believed_by_a_board_without_one_alone(
    send: Any, stub_gateway: Any, kind: str
) -> None:
    answering(stub_gateway, ASTRAY[kind], ASTRAY[kind] + 60, [accepted])
    ((said, kept),) = send(1, before=SET)
    assert re.search(r"the gateway's clock is -?\d+ s off this board's; 300 are believed", said)
    assert kept == 1
    assert send(1) == [[False, 0]]


@pytest.mark.parametrize(("issued", "doubt_s", "kept"), [(-290, 0, 0), (-340, 50, 0), (-340, 0, 1)])
def test_what_the_board_does_not_know_of_its_clock_is_allowed_for(
    send: Any, stub_gateway: Any, issued: int, doubt_s: int, kept: int
) -> None:
    answering(stub_gateway, issued, issued + DAY, [accepted])
    ((_, left),) = send(1, before=SET + f"clock.error_ms = {1000 * doubt_s}\n")
    assert left == kept


def test_one_that_cannot_be_settled_does_not_hold_up_those_behind_it(
    send: Any, stub_gateway: Any
) -> None:
    def judge(item: bytes) -> ack.Outcome:
        if message.parse(item).header.sequence == 0:
            return ack.Outcome(cose.leaf_hash(item), ack.DUPLICATE, None, OTHER, int(time.time()))
        return stub_gateway.accept(item)  # type: ignore[no-any-return]  # the fixture is Any

    stub_gateway.judge = judge
    said = send(6, 3, upload_batch=2)
    assert [kept for _, kept in said] == [6, 4, 2]
    assert stub_gateway.numbers() == [(1, 1), (1, 2), (1, 3), (1, 4), (1, 5)]


def test_a_message_that_is_kept_twice_is_accepted_and_a_duplicate(
    micropython: Any, board_config: dict[str, Any]
) -> None:
    said = micropython(SETUP + "send()\n", settings=board_config, messages=[sealed(0)] * 2)
    assert said == [[False, 0]]


def test_a_sound_acknowledgement_of_other_messages_lets_nothing_go(
    send: Any, stub_gateway: Any
) -> None:
    stub_gateway.judge = lambda item: ack.Outcome(bytes(32), ack.ACCEPTED)
    assert send(2) == [
        ["the gateway asks to send it again later: no outcome for any of the messages", 2]
    ]
