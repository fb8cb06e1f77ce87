from hashlib import sha256

from expect import BOARD, GATEWAY, NOW, code_of

from sealwire import cbor, cose, envelope, evidence, message, points
from sealwire.curves import P256
from sealwire.errors import BAD_SIGNATURE, MALFORMED
from sealwire.keys import ES256, SecretKey
from sealwire.senml import Pack, Record
from sealwire.statement import Account, Statement


def reading(value, key=BOARD, boot=3, sequence=17):
    return message.seal(key, Pack(NOW, [Record("t", "Cel", value, -2)]), boot, sequence, NOW)


def test_two_messages_under_one_number_are_evidence():
    account = Account(0, 0)
    statement = message.seal(
        BOARD, Statement(bytes(6), b"ESP32", 1, 3, "sealmote", "0", account), 3, 17, NOW
    )
    for first, second in ((reading(1), reading(2)), (reading(1), statement)):
        data = evidence.seal(GATEWAY, first, second)
        assert evidence.open_evidence(data, GATEWAY.public) == (first, second)
        assert code_of(evidence.open_evidence, data, BOARD.public) == BAD_SIGNATURE


def test_other_pairs_are_none():
    other = SecretKey(ES256, b"\x09" * 32)
    for second in (
        reading(1),
        reading(2, boot=4),
        reading(2, sequence=18),
        reading(2, key=other),
        reading(2) + b"\x00",
        b"",
    ):
        assert code_of(evidence.seal, GATEWAY, reading(1), second) == MALFORMED
        forged = envelope.seal(GATEWAY, evidence.MEDIA_TYPE, cbor.encode([reading(1), second]))
        assert code_of(evidence.open_evidence, forged, GATEWAY.public) == MALFORMED


def test_a_second_signature_over_the_same_bytes_is_a_duplicate():
    first = message.parse(reading(1)).sign1
    digest = sha256(first.sig_structure()).digest()
    k = 12345  # a nonce that RFC 6979 would not have drawn
    r = points.affine(P256, points.multiply(P256, k, P256.g))[0] % P256.n
    s = pow(k, P256.n - 2, P256.n) * (int.from_bytes(digest, "big") + r * 7) % P256.n
    signature = r.to_bytes(32, "big") + min(s, P256.n - s).to_bytes(32, "big")
    second = cose.Sign1(first.protected, first.payload, signature)
    second.check(BOARD.public)
    assert second.encode() != first.encode()
    assert code_of(evidence.seal, GATEWAY, first.encode(), second.encode()) == MALFORMED


def test_the_pair_is_two():
    for parts in ([], [reading(1)], [reading(1), reading(2), reading(3)], {}):
        forged = envelope.seal(GATEWAY, evidence.MEDIA_TYPE, cbor.encode(parts))
        assert code_of(evidence.open_evidence, forged, GATEWAY.public) == MALFORMED
