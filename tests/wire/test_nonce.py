from hashlib import sha256

from sealwire.curves import P256
from sealwire.nonce import hmac_sha256, nonces


def test_hmac_of_rfc4231():
    for key, data, mac in (
        (
            "0b" * 20,
            b"Hi There",
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7",
        ),
        (
            b"Jefe".hex(),
            b"what do ya want for nothing?",
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
        ),
        (
            "aa" * 20,
            b"\xdd" * 50,
            "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe",
        ),
        (
            "0102030405060708090a0b0c0d0e0f10111213141516171819",
            b"\xcd" * 50,
            "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b",
        ),
    ):
        assert hmac_sha256(bytes.fromhex(key), data).hex() == mac


def test_first_nonce_of_rfc6979_a_2_5():
    secret = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
    for text, k in (
        (b"sample", 0xA6E3C57DD01ABE90086538398355DD4C3B17AA873382B0F24D6129493D8AAD60),
        (b"test", 0xD16B6AE827F17175E040871A1C7EC3500192C4C92677336EC2537ACAEE0008E0),
    ):
        assert next(nonces(secret, sha256(text).digest(), P256.n)) == k


def test_nonces_stay_below_the_order_and_differ():
    # An order of half the size makes the generator draw again, as hardly any digest does for P-256.
    order = 1 << 255
    drawn = nonces(5, sha256(b"again").digest(), order)
    some = [next(drawn) for _ in range(20)]
    assert all(0 < k < order for k in some)
    assert len(set(some)) == 20


def test_a_digest_above_the_order_is_reduced():
    above = (P256.n + 3).to_bytes(32, "big")
    assert next(nonces(9, above, P256.n)) == next(nonces(9, (3).to_bytes(32, "big"), P256.n))
