from expect import BOARD, BOARD_K, code_of, raises

from sealwire import cbor
from sealwire.curves import P256, SECP256K1
from sealwire.errors import MALFORMED
from sealwire.keys import ES256, ES256K, PublicKey, SecretKey, curve_of, draw_secret

KTY, KID, ALG, CRV, X, Y = 1, 2, 3, -1, -2, -3


def changed(key, changes):
    """Return the COSE_Key of ``key`` with fields replaced, or left out where the change is None."""
    fields = cbor.decode(key.cose())
    fields.update(changes)
    return cbor.encode({name: value for name, value in fields.items() if value is not None})


def test_thumbprint_of_rfc9679_section_6():
    key = PublicKey(
        ES256,
        bytes.fromhex("65eda5a12577c2bae829437fe338701a10aaa375e1bb5b5de108de439c08551d"),
        bytes.fromhex("1e52ed75701163f7f9e40ddf9f341b3dc9ba860af7e0ca7ca7e9eecd0084d19c"),
    )
    thumbprint = "496bd8afadf307e5b08c64b0421bf9dc01528a344a43bda88fadd1669da253ec"
    assert key.thumbprint().hex() == thumbprint
    assert key.kid().hex() == thumbprint[:16]


def test_a_key_reads_back_as_itself():
    for secret in (BOARD, BOARD_K):
        key = secret.public
        again = PublicKey.parse(key.cose())
        assert again == key
        assert hash(again) == hash(key)
        assert again.cose() == key.cose()
        assert again.thumbprint() == key.thumbprint()
        assert (again.alg, again.x, again.y) == (key.alg, key.x, key.y)
    assert BOARD.public != BOARD_K.public
    assert BOARD.public != "a key"


def test_the_encoding_begins_as_a_contract_expects_it():
    x, y = BOARD.public.x, BOARD.public.y
    kid = BOARD.public.kid()
    start = bytes.fromhex("a6010202") + b"\x48" + kid + bytes.fromhex("0326")
    assert BOARD.public.cose() == start + b"\x20\x01\x21\x58\x20" + x + b"\x22\x58\x20" + y


def test_points_off_the_curve_are_refused():
    key = BOARD.public
    for x, y in (
        (key.x, bytes(32)),
        (bytes(32), bytes(32)),
        (key.y, key.x),
        (b"\xff" * 32, key.y),
        (BOARD_K.public.x, BOARD_K.public.y),
    ):
        raises(ValueError, PublicKey, ES256, x, y)
        assert code_of(PublicKey.parse, changed(key, {X: x, Y: y})) == MALFORMED
    raises(ValueError, PublicKey, ES256, key.x[1:], key.y)
    raises(ValueError, PublicKey, ES256, key.x, key.y + b"\x00")


def test_coordinates_have_to_be_below_p():
    # x = 5 is on P-256's curve; x = p + 5 is the same point in a second encoding.
    y2 = (5 * 5 * 5 - 3 * 5 + P256.b) % P256.p
    y = pow(y2, (P256.p + 1) // 4, P256.p)
    assert y * y % P256.p == y2
    y = y.to_bytes(32, "big")
    assert PublicKey(ES256, (5).to_bytes(32, "big"), y)
    raises(ValueError, PublicKey, ES256, (P256.p + 5).to_bytes(32, "big"), y)


def test_a_key_has_exactly_one_encoding():
    for key, other in ((BOARD.public, BOARD_K.public), (BOARD_K.public, BOARD.public)):
        for changes in (
            {KTY: 1},
            {KTY: 4},
            {KTY: None},
            {KID: None},
            {KID: other.kid()},
            {KID: key.thumbprint()},
            {ALG: None},
            {ALG: other.alg},
            {ALG: -8},
            {ALG: "ES256"},
            {CRV: None},
            {CRV: 2},
            {CRV: True},  # equals 1 in Python
            {X: None},
            {X: key.x[1:]},
            {X: b"\x00" + key.x},
            {Y: None},
            {Y: True},
            {-4: bytes(32)},  # a secret does not belong into a public key
            {4: [2]},
            {"kid": b""},
        ):
            assert code_of(PublicKey.parse, changed(key, changes)) == MALFORMED, changes
        assert code_of(PublicKey.parse, key.cose() + b"\x00") == MALFORMED
        assert code_of(PublicKey.parse, key.cose()[:-1]) == MALFORMED
        assert code_of(PublicKey.parse, b"\xb8\x06" + key.cose()[1:]) == MALFORMED


def test_secrets_are_within_1_to_n():
    for alg, curve in ((ES256, P256), (ES256K, SECP256K1)):
        assert curve_of(alg) is curve
        for secret in (
            bytes(32),
            curve.n.to_bytes(32, "big"),
            b"\xff" * 32,
            b"\x01",
            bytes(32) + b"\x01",
        ):
            raises(ValueError, SecretKey, alg, secret)
        one = SecretKey(alg, (1).to_bytes(32, "big"))
        assert int.from_bytes(one.public.x, "big") == curve.g[0]
        assert SecretKey(alg, (curve.n - 1).to_bytes(32, "big")).public.x == one.public.x
    for alg in (-8, 0, True, None):
        raises((TypeError, ValueError), curve_of, alg)


def test_a_drawn_secret_is_drawn_again_until_it_fits():
    for alg in (ES256, ES256K):
        draws = [bytes(32), b"\xff" * 32, curve_of(alg).n.to_bytes(32, "big"), b"\x05" * 32]
        assert draw_secret(alg, lambda _, left=draws: left.pop(0)) == b"\x05" * 32
        assert draws == []
    key = SecretKey.generate(ES256, lambda size: b"\x06" * size)
    assert key.public == SecretKey(ES256, b"\x06" * 32).public


def test_signatures_are_deterministic_and_verify():
    for secret in (BOARD, BOARD_K):
        signature = secret.sign(b"reading")
        assert len(signature) == 64
        assert secret.sign(b"reading") == signature
        assert secret.public.verify(b"reading", signature)
        assert not secret.public.verify(b"readinG", signature)
        assert not secret.public.verify(b"reading", bytes(64))


def test_a_secret_has_no_text_form():
    secret = b"\x07" * 32
    for text in (repr(SecretKey(ES256, secret)), str(SecretKey(ES256, secret))):
        assert "07" * 4 not in text
        assert str(int.from_bytes(secret, "big")) not in text
