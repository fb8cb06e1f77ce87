from hashlib import sha256

from expect import raises

from sealwire import ecdsa, points
from sealwire.curves import P256, SECP256K1

# RFC 6979 appendix A.2.5: the key, and (message, r, s) with SHA-256.
SECRET = 0xC9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721
PUBLIC = (
    0x60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6,
    0x7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299,
)
SAMPLE = (
    0xEFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716,
    0xF7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8,
)
TEST = (
    0xF1ABB023518351CD71D881567B1EA663ED3EFCF6C5132B354F28D3B0B7D38367,
    0x019F4113742A2B14BD25926B49C649155F267E60D3814B4C0CC84250E46F0083,
)


def joined(r, s):
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def test_signatures_of_rfc6979_a_2_5_with_s_made_low():
    for text, (r, s) in ((b"sample", SAMPLE), (b"test", TEST)):
        expected = joined(r, min(s, P256.n - s))
        assert ecdsa.sign(P256, SECRET, sha256(text).digest()) == expected
        assert ecdsa.verify(P256, PUBLIC[0], PUBLIC[1], sha256(text).digest(), expected)


def test_high_s_is_refused():
    r, s = SAMPLE
    assert s > P256.n // 2
    digest = sha256(b"sample").digest()
    assert not ecdsa.verify(P256, PUBLIC[0], PUBLIC[1], digest, joined(r, s))


def test_what_is_signed_verifies_and_nothing_else():
    for curve in (P256, SECP256K1):
        secret = 0x1234567890ABCDEF
        x, y = points.affine(curve, points.multiply(curve, secret, curve.g))
        digest = sha256(b"reading").digest()
        signature = ecdsa.sign(curve, secret, digest)
        assert ecdsa.verify(curve, x, y, digest, signature)
        assert not ecdsa.verify(curve, x, y, sha256(b"other").digest(), signature)
        assert not ecdsa.verify(curve, x, curve.p - y, digest, signature)
        assert not ecdsa.verify(curve, x, y, digest, signature[:63])
        assert not ecdsa.verify(curve, x, y, digest, signature + b"\x00")
        assert not ecdsa.verify(curve, x, y, digest[:31], signature)


def test_r_and_s_are_within_their_range():
    n = P256.n
    digest = sha256(b"sample").digest()
    for r in (0, 1, n - 1, n, (1 << 256) - 1):
        for s in (0, n // 2 + 1, n - 1, n, (1 << 256) - 1):
            assert not ecdsa.verify(P256, PUBLIC[0], PUBLIC[1], digest, joined(r, s)), (r, s)


def test_only_a_sha256_digest_is_signed():
    raises(ValueError, ecdsa.sign, P256, 5, bytes(31))
    raises(ValueError, ecdsa.sign, P256, 5, bytes(64))
