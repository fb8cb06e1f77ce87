"""P-256 as the textbook has it, the peer where no library exists: Jacobian double-and-add, ECDSA, RFC 6979.

Runs on MicroPython. Point formulas as printed in the Handbook of Elliptic and Hyperelliptic Curve
Cryptography (Cohen, Frey et al.), section 13.2.1.c; inverses by the extended Euclidean algorithm.
"""

from sealwire.nonce import nonces

P = 0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF
N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
G = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)


def inverse(a: int, modulus: int) -> int:
    """Return 1/a modulo a prime."""
    r0, r1, t0, t1 = modulus, a, 0, 1
    while r1:
        q = r0 // r1
        r0, r1, t0, t1 = r1, r0 - q * r1, t1, t0 - q * t1
    return t0 % modulus


def double(point: "tuple[int, int, int]") -> "tuple[int, int, int]":
    """Return 2 * point."""
    x, y, z = point
    a = 4 * x * pow(y, 2, P) % P
    b = (3 * pow(x, 2, P) - 3 * pow(z, 4, P)) % P
    x3 = (b * b - 2 * a) % P
    return x3, (b * (a - x3) - 8 * pow(y, 4, P)) % P, 2 * y * z % P


def add(left: "tuple[int, int, int]", right: "tuple[int, int, int]") -> "tuple[int, int, int]":
    """Return left + right, neither infinity nor each other."""
    x1, y1, z1 = left
    x2, y2, z2 = right
    a = x1 * pow(z2, 2, P) % P
    b = x2 * pow(z1, 2, P) % P
    c = y1 * pow(z2, 3, P) % P
    d = y2 * pow(z1, 3, P) % P
    e = b - a
    f = d - c
    x3 = (f * f - pow(e, 3, P) - 2 * a * pow(e, 2, P)) % P
    return x3, (f * (a * pow(e, 2, P) - x3) - c * pow(e, 3, P)) % P, z1 * z2 * e % P


def multiply_x(scalar: int) -> int:
    """Return the x of scalar * G."""
    bit = 1 << 255
    while not scalar & bit:
        bit >>= 1
    base = total = (G[0], G[1], 1)
    while bit > 1:
        bit >>= 1
        total = double(total)
        if scalar & bit:
            total = add(total, base)
    z = inverse(total[2], P)
    return total[0] * z % P * z % P


def sign(secret: int, digest: bytes) -> tuple[int, int]:
    """Return r and s, the lower of the two."""
    for k in nonces(secret, digest, N):
        r = multiply_x(k) % N
        s = inverse(k, N) * (int.from_bytes(digest, "big") + r * secret) % N
        if r and s:
            break
    return r, min(s, N - s)
