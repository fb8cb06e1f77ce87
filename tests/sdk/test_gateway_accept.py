"""What becomes of each message: through HTTP, the writer and the log, as boards see it."""

import random
from typing import Any

import pytest

from sealmote.crypto import Signer
from sealwire import ack, evidence, message
from sealwire.cose import leaf_hash
from sealwire.errors import (
    BAD_SIGNATURE,
    EQUIVOCATION,
    MALFORMED,
    REVOKED,
    TOO_LARGE,
    UNKNOWN_DEVICE,
    UNSUPPORTED_CONTENT,
    WRONG_ALGORITHM,
)
from sealwire.keys import ES256, ES256K, SecretKey

ACCEPTED = (ack.ACCEPTED, None)


@pytest.mark.parametrize("alg", [ES256, ES256K])
def test_a_sealed_reading_is_accepted_and_logged(live: Any, board: Any, alg: int) -> None:
    other = type(board)(alg)
    live.gateway.add_device(other.signer.public, unproven=True)
    raw = other.seal(0)
    outcome = live.post(raw).outcomes[0]
    assert (outcome.leaf, outcome.result) == (leaf_hash(raw), ack.ACCEPTED)
    live.wait_published(1)
    assert live.get("/tile/entries/000.p/1").body == len(raw).to_bytes(2, "big") + raw


def test_an_acknowledgement_promises_a_time_and_keeps_it(live: Any, board: Any) -> None:
    answer = live.post(board.seal(0))
    assert 120 <= answer.log_by - answer.issued <= 121
    live.wait_published(1)
    assert live.get("/v1/status").json["checkpoint"]["issued"] <= answer.log_by


def test_the_same_reading_twice_is_one_leaf(live: Any, board: Any) -> None:
    raw = board.seal(0)
    first = live.post(raw)
    again = live.post(raw, raw)
    for outcome in again.outcomes:
        assert outcome.result == ack.DUPLICATE
        assert (outcome.first_leaf, outcome.first_log_by) == (leaf_hash(raw), first.log_by)
    assert live.get("/v1/status").json["size"] == 1


def test_the_same_reading_twice_in_one_request_is_one_leaf(live: Any, board: Any) -> None:
    raw = board.seal(0)
    answer = live.post(raw, raw)
    assert [outcome.result for outcome in answer.outcomes] == [ack.ACCEPTED, ack.DUPLICATE]
    assert answer.outcomes[1].first_log_by == answer.log_by


def test_a_second_signature_over_the_same_bytes_is_a_duplicate(live: Any, board: Any) -> None:
    raw = board.seal(0)
    again = _sign_with_another_nonce(board, raw)
    assert again != raw
    live.post(raw)
    outcome = live.post(again).outcomes[0]
    assert (outcome.result, outcome.leaf) == (ack.DUPLICATE, leaf_hash(again))
    assert outcome.first_leaf == leaf_hash(raw)
    assert live.get("/v1/status").json["size"] == 1


def test_two_readings_under_one_number_are_kept_as_evidence_once(live: Any, board: Any) -> None:
    first, second, third = (board.seal(5, value=value) for value in (1, 2, 3))
    assert live.results(first) == [ACCEPTED]
    for _ in range(2):
        assert live.results(second) == [(ack.REFUSED, EQUIVOCATION)]
    assert live.results(third, first) == [(ack.REFUSED, EQUIVOCATION), (ack.DUPLICATE, None)]
    device = live.get(f"/v1/devices/{board.name}").json
    assert device["evidence"] == [1, 2]
    assert device["equivocations"] == 2
    live.wait_published(3)
    for number, other in ((1, second), (2, third)):
        proof = live.get(f"/v1/proofs/{number}").json
        assert (proof["kind"], proof["device"]) == ("evidence", None)
        raw = bytes.fromhex(proof["message"])
        assert evidence.open_evidence(raw, live.gateway.ack_key) == (first, other)


def test_a_reading_and_a_statement_share_one_sequence(live: Any, board: Any) -> None:
    assert live.results(board.state(0), board.seal(0)) == [ACCEPTED, (ack.REFUSED, EQUIVOCATION)]


def test_order_and_the_boards_clock_are_no_offence(live: Any, board: Any) -> None:
    numbers = list(range(60))
    random.Random(7).shuffle(numbers)
    for number in numbers:
        raw = board.seal(number, iat=None if number % 3 else 300_000_000 + number)
        assert live.results(raw) == [ACCEPTED]
    (boot,) = live.get(f"/v1/devices/{board.name}").json["boots"]
    assert (boot["boot"], boot["logged"], boot["awaited"]) == (1, [[0, 59]], [])


def test_an_unknown_board_loses_nothing_by_being_registered_late(live: Any, board: Any) -> None:
    late = type(board)()
    raw = late.seal(0)
    assert live.results(raw, board.seal(0)) == [(ack.RETRY, UNKNOWN_DEVICE), ACCEPTED]
    live.gateway.add_device(late.signer.public, unproven=True)
    assert live.results(raw) == [ACCEPTED]


def test_a_revoked_board_is_refused_but_what_was_taken_stays_taken(live: Any, board: Any) -> None:
    raw = board.seal(0)
    live.post(raw)
    live.gateway.revoke_device(board.signer.public.thumbprint())
    assert live.results(raw, board.seal(1), board.seal(0, value=1)) == [
        (ack.DUPLICATE, None),
        (ack.REFUSED, REVOKED),
        (ack.REFUSED, REVOKED),
    ]
    assert live.get("/v1/status").json["size"] == 1


def test_another_algorithm_than_the_registered_one_is_refused(live: Any, board: Any) -> None:
    raw = bytearray(board.seal(0))
    parsed = message.parse(bytes(raw))
    protected = parsed.sign1.protected.replace(b"\x01\x26", b"\x01\x38\x2e", 1)
    parsed.sign1.protected = protected
    assert live.results(parsed.sign1.encode()) == [(ack.REFUSED, WRONG_ALGORITHM)]


def test_a_kid_only_hints_and_every_key_it_fits_is_tried(live: Any, board: Any) -> None:
    """Two devices of one kid cannot be found in a test's time, so one is written into the store."""
    twin = Signer.generate(ES256)
    device = live.gateway.add_device(twin.public, unproven=True)
    live.gateway._store.write(
        lambda transaction: transaction.execute(
            "UPDATE devices SET kid = ? WHERE device = ?",
            (board.signer.public.kid(), device.device),
        )
    ).result()
    for signer, expected in ((board.signer, ACCEPTED), (twin, ACCEPTED)):
        header = message.parse(board.seal(9)).sign1
        header.signature = signer.sign(header.sig_structure())
        assert live.results(header.encode()) == [expected]
    stranger = message.parse(board.seal(10)).sign1
    stranger.signature = Signer.generate(ES256).sign(stranger.sig_structure())
    assert live.results(stranger.encode()) == [(ack.REFUSED, BAD_SIGNATURE)]


def test_garbage_is_refused_beside_good_messages(live: Any, board: Any) -> None:
    other = message.parse(board.seal(0)).sign1
    other.protected = other.protected.replace(b"\x03\x18\x70", b"\x03\x18\x71", 1)
    other.signature = board.signer.sign(other.sig_structure())
    large = (
        b"\xd2\x84\x58\x05" + bytes(5) + b"\xa0\x59\x05\x00" + bytes(1280) + b"\x58\x40" + bytes(64)
    )
    assert live.results(board.seal(0), b"\x00", other.encode(), large, board.seal(1)) == [
        ACCEPTED,
        (ack.REFUSED, MALFORMED),
        (ack.REFUSED, UNSUPPORTED_CONTENT),
        (ack.REFUSED, TOO_LARGE),
        ACCEPTED,
    ]


def test_no_single_bit_of_a_message_can_be_flipped(live: Any, board: Any) -> None:
    raw = board.seal(0)
    for bit in range(len(raw) * 8):
        reply = live.request(
            "POST", "/v1/readings", _flip(raw, bit), Content_Type="application/cose"
        )
        outcome = live.opened(reply).outcomes[0]
        in_kid = outcome.code == UNKNOWN_DEVICE
        assert outcome.result == (ack.RETRY if in_kid else ack.REFUSED), f"bit {bit}"
    assert live.get("/v1/status").json["size"] == 0
    assert live.results(raw) == [ACCEPTED]


def _flip(raw: bytes, bit: int) -> bytes:
    out = bytearray(raw)
    out[bit // 8] ^= 1 << bit % 8
    return bytes(out)


def _sign_with_another_nonce(board: Any, raw: bytes) -> bytes:
    """Sign the same Sig_structure as a secure element would: with a random nonce."""
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
    from cryptography.hazmat.primitives.hashes import SHA256

    from sealwire import cbor

    sign1 = message.parse(raw).sign1
    fields: Any = cbor.decode(board.signer.cose())
    secret = fields[-4]
    assert SecretKey(ES256, secret).public == board.signer.public
    key = ec.derive_private_key(int.from_bytes(secret, "big"), ec.SECP256R1())
    r, s = decode_dss_signature(key.sign(sign1.sig_structure(), ec.ECDSA(SHA256())))
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    sign1.signature = r.to_bytes(32, "big") + min(s, order - s).to_bytes(32, "big")
    return sign1.encode()
