"""NIST P-256 (SP 800-186, 3.2.1.3) and secp256k1 (SEC 2, 2.4.1), on built-in big integers.

Points are Jacobian triples (X, Y, Z) for the affine (X/Z**2, Y/Z**3); Z = 0 is the point at infinity.
"""

INFINITY = (1, 1, 0)


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

    def affine(self, point: tuple[int, int, int]) -> tuple[int, int]:
        """Return (x, y) of a point that is not the one at infinity."""
        p = self.p
        x, y, z = point
        inverse = pow(z, p - 2, p)  # Fermat: MicroPython has no pow(z, -1, p)
        square = inverse * inverse % p
        return x * square % p, y * square % p * inverse % p

    def double(self, point: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return 2 * point (Explicit-Formulas Database, "dbl-2007-bl" for any a)."""
        p = self.p
        x, y, z = point
        xx = x * x % p
        yy = y * y % p
        zz = z * z % p
        s = 4 * x * yy % p
        m = (3 * xx + self.a * zz * zz) % p
        x3 = (m * m - 2 * s) % p
        return x3, (m * (s - x3) - 8 * yy * yy) % p, 2 * y * z % p

    def add(self, left: tuple[int, int, int], right: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return left + right, whatever the two are (EFD, "add-2007-bl")."""
        if left[2] == 0:
            return right
        if right[2] == 0:
            return left
        p = self.p
        x1, y1, z1 = left
        x2, y2, z2 = right
        zz1 = z1 * z1 % p
        zz2 = z2 * z2 % p
        u1 = x1 * zz2 % p
        h = (x2 * zz1 - u1) % p
        s1 = y1 * z2 % p * zz2 % p
        r = (y2 * z1 % p * zz1 - s1) % p
        if h == 0:
            return self.double(left) if r == 0 else INFINITY
        hh = h * h % p
        hhh = h * hh % p
        v = u1 * hh % p
        x3 = (r * r - hhh - 2 * v) % p
        return x3, (r * (v - x3) - s1 * hhh) % p, h * z1 % p * z2 % p

    def multiply(self, scalar: int, point: tuple[int, int, int]) -> tuple[int, int, int]:
        """Return scalar * point, for a scalar in 0..n-1."""
        return self.multiply_two(scalar, point, 0, INFINITY)

    def multiply_two(
        self, k: int, left: tuple[int, int, int], m: int, right: tuple[int, int, int]
    ) -> tuple[int, int, int]:
        """Return k * left + m * right, both scalars read together from their top bit."""
        addends = (None, left, right, self.add(left, right))
        total = INFINITY
        bit = 1 << 255
        while bit:
            total = self.double(total)
            addend = addends[(1 if k & bit else 0) | (2 if m & bit else 0)]
            if addend is not None:
                total = self.add(total, addend)
            bit >>= 1
        return total


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
