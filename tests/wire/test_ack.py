from expect import BOARD, BOARD_K, GATEWAY, NOW, code_of

from sealwire import ack, cbor, cose, envelope
from sealwire.ack import ACCEPTED, DUPLICATE, REFUSED, RETRY, Acknowledgement, Outcome
from sealwire.errors import (
    BAD_SIGNATURE,
    BUSY,
    EQUIVOCATION,
    MALFORMED,
    UNSUPPORTED_CONTENT,
    WRONG_ALGORITHM,
)

ORIGIN = "sealmote.example/demo"
LEAVES = [bytes([number]) * 32 for number in range(5)]


def given(challenge=None):
    outcomes = [
        Outcome(LEAVES[0], ACCEPTED),
        Outcome(LEAVES[1], DUPLICATE, None, LEAVES[4], NOW - 100),
        Outcome(LEAVES[2], RETRY, BUSY),
        Outcome(LEAVES[3], REFUSED, EQUIVOCATION),
    ]
    return Acknowledgement(ORIGIN, NOW, NOW + 60, outcomes, challenge)


def opened(data, key=GATEWAY.public, origin=ORIGIN):
    return ack.open_ack(data, key, origin)


def signed(**changes):
    """Return a signed payload with fields replaced, or left out where the change is None."""
    fields = {"origin": ORIGIN, "issued": NOW, "log_by": NOW, "outcomes": [[LEAVES[0], 0]]}
    fields.update(changes)
    labels = {"origin": 1, "issued": 2, "log_by": 3, "outcomes": 4, "challenge": 5}
    payload = {labels.get(name, name): value for name, value in fields.items() if value is not None}
    return envelope.seal(GATEWAY, ack.MEDIA_TYPE, cbor.encode(payload))


def test_an_acknowledgement_reads_back():
    again = opened(ack.seal(GATEWAY, given()))
    assert (again.origin, again.issued, again.log_by) == (ORIGIN, NOW, NOW + 60)
    assert [outcome.item() for outcome in again.outcomes] == [
        [LEAVES[0], 0],
        [LEAVES[1], 1, LEAVES[4], NOW - 100],
        [LEAVES[2], 2, 9],
        [LEAVES[3], 3, 6],
    ]


def test_a_challenge_names_a_board_and_a_nonce():
    assert opened(ack.seal(GATEWAY, given())).challenge is None
    kid = BOARD.public.kid()
    for size in (8, 32, 64):
        challenge = (kid, b"n" * size)
        assert opened(ack.seal(GATEWAY, given(challenge))).challenge == challenge


def test_only_the_pinned_key_for_this_log_is_believed():
    data = ack.seal(GATEWAY, given())
    assert code_of(opened, data, BOARD.public) == BAD_SIGNATURE
    assert code_of(opened, data, BOARD_K.public) == WRONG_ALGORITHM
    assert code_of(opened, data, GATEWAY.public, "sealmote.example/other") == MALFORMED
    assert code_of(opened, data, GATEWAY.public, ORIGIN + "2") == MALFORMED


def test_another_signed_thing_is_no_acknowledgement():
    payload = given().encode()
    other = envelope.seal(GATEWAY, "application/vnd.sealmote.evidence+cbor", payload)
    assert code_of(opened, other) == UNSUPPORTED_CONTENT


def test_tampering_shows():
    data = ack.seal(GATEWAY, given())
    # Accepted where it was refused: the lie that makes a board delete.
    lie = cose.parse(data, ack.MAX_ACK)
    fields = cbor.decode(lie.payload)
    fields[4][3] = [LEAVES[3], 0]
    changed = cose.Sign1(lie.protected, cbor.encode(fields), lie.signature).encode()
    assert code_of(opened, changed) == BAD_SIGNATURE
    for at in range(0, len(data), 3):
        flipped = data[:at] + bytes([data[at] ^ (1 << at % 8)]) + data[at + 1 :]
        assert code_of(opened, flipped)


def test_outcomes_have_their_parts():
    for outcome in (
        [LEAVES[0], 0],
        [LEAVES[0], 1, LEAVES[1], NOW],
        [LEAVES[0], 2, 2],
        [LEAVES[0], 3, 1],
    ):
        assert opened(signed(outcomes=[outcome])).outcomes[0].item() == outcome
    for outcome in (
        [],
        [LEAVES[0]],
        [LEAVES[0][1:], 0],
        ["x" * 32, 0],
        [LEAVES[0], False],
        [LEAVES[0], 4],
        [LEAVES[0], -1],
        [LEAVES[0], 0, 1],
        [LEAVES[0], 0, None],
        [LEAVES[0], 1],
        [LEAVES[0], 1, LEAVES[1]],
        [LEAVES[0], 1, LEAVES[1], 5],
        [LEAVES[0], 1, LEAVES[1][1:], NOW],
        [LEAVES[0], 1, LEAVES[1], NOW, 0],
        [LEAVES[0], 2],
        [LEAVES[0], 2, 0],
        [LEAVES[0], 2, 10],
        [LEAVES[0], 3, True],
        [LEAVES[0], 3, 1, 1],
        {0: LEAVES[0], 1: 0},
    ):
        assert code_of(opened, signed(outcomes=[outcome])) == MALFORMED, outcome


def test_fields_have_their_range():
    for changes in (
        {"origin": None},
        {"origin": ""},
        {"origin": "x" * 129},
        {"origin": b"origin"},
        {"issued": None},
        {"issued": 5},
        {"issued": True},
        {"log_by": None},
        {"log_by": 1 << 40},
        {"outcomes": None},
        {"outcomes": []},
        {"challenge": []},
        {"challenge": bytes(8)},
        {"challenge": [bytes(8)]},
        {"challenge": [bytes(7), bytes(8)]},
        {"challenge": [bytes(8), bytes(7)]},
        {"challenge": [bytes(8), bytes(65)]},
        {"challenge": [bytes(8), "n" * 8]},
        {"challenge": [bytes(8), None]},
        {"challenge": [bytes(8), bytes(8), 0]},
        {"more": 1},
    ):
        assert code_of(opened, signed(**changes)) == MALFORMED, changes
    null = {1: ORIGIN, 2: NOW, 3: NOW, 4: [[LEAVES[0], 0]], 5: None}
    data = envelope.seal(GATEWAY, ack.MEDIA_TYPE, cbor.encode(null))
    assert code_of(opened, data) == MALFORMED


def test_a_whole_batch_fits():
    leaf = b"\xff" * 32
    longest = [Outcome(leaf, DUPLICATE, None, leaf, (1 << 40) - 1)] * ack.MAX_OUTCOMES
    most = Acknowledgement("x" * 128, NOW, NOW, longest, (bytes(8), bytes(64)))
    assert len(opened(ack.seal(GATEWAY, most), origin="x" * 128).outcomes) == ack.MAX_OUTCOMES
    one_more = Acknowledgement(ORIGIN, NOW, NOW, longest + longest[:1])
    assert code_of(one_more.encode) == MALFORMED
