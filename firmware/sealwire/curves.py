"""NIST P-256 (SP 800-186, 3.2.1.3) and secp256k1 (SEC 2, 2.4.1), and the algorithms that sign on them."""

ES256 = -7  # P-256, RFC 9053 section 2.1
ES256K = -47  # secp256k1, RFC 8812 section 3.2
SIGNATURE_SIZE = 64  # r and s, 32 bytes each, on either


class Curve:
    """A curve y**2 = x**3 + a*x + b over the integers modulo p, of prime order n, with base point g."""

    def __init__(self, p: int, a: int, b: int, n: int, gx: int, gy: int) -> None:
        self.p = p
        self.a = a
        self.b = b
        self.n = n
        self.g = (gx, gy, 1)

    def contains(self, x: int, y: int) -> bool:
        """Say whether the affine point is on the curve, its coordinates reduced."""
        p = self.p
        if not (0 <= x < p and 0 <= y < p):
            return False
        return (y * y - (x * x + self.a) * x - self.b) % p == 0


P256 = Curve(
    p=0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    a=-3,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    gx=0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    gy=0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)

SECP256K1 = Curve(
    p=2**256 - 2**32 - 977,
    a=0,
    b=7,
    n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    gx=0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
    gy=0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
)
