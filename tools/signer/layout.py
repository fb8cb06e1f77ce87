"""What generated code, hand-written code and proofs agree on: limbs, slots and the two curves."""

from dataclasses import dataclass
from itertools import accumulate

LIMBS = 20
BITS = 13
MASK = (1 << BITS) - 1
TOP_BITS = 256 - BITS * (LIMBS - 1)  # the bits of a 256-bit number that lie in its last limb: 9
SLOT_BYTES = 4 * LIMBS
COLUMNS = 42  # words for a product: 39 columns, and what folding adds
DIGITS = 72  # bytes for the comb's digits
# The slots: a point, the point to add, where an inverse is left, registers, and what a signature has.
NUMBERS = (
    "X", "Y", "Z", "QX", "QY", "INVERSE", "A", "B", "C", "D", "E", "SECRET", "NONCE", "DIGEST",
)  # fmt: skip


def _places() -> dict[str, int]:
    """Return where in an engine's memory everything lies, in bytes: first what may be secret."""
    moduli = SLOT_BYTES + 4  # with the inverse modulo 2**13
    sizes = dict.fromkeys(NUMBERS, SLOT_BYTES) | {"COLUMNS": 4 * COLUMNS, "DIGITS": DIGITS}
    sizes |= dict.fromkeys(("ZERO", "ONE", "RADIX"), SLOT_BYTES) | {"P": moduli, "N": moduli}
    sizes |= {"SQUARE": SLOT_BYTES, "HALF": SLOT_BYTES, "OFFSET": SLOT_BYTES, "COUNT": 4, "SIZE": 0}
    return dict(zip(sizes, accumulate(sizes.values(), initial=0), strict=False))


PLACES = _places()

# Operation bits, the first byte of an operation.
MUL, SQR, MINUS_E, MINUS_E_2F, PLUS_E, COPY = 1, 2, 8, 16, 32, 64


@dataclass(frozen=True)
class Curve:
    """A short Weierstrass curve y**2 = x**3 + a*x + b modulo p, of prime order n, base point g."""

    name: str
    p: int
    a: int
    b: int
    n: int
    g: tuple[int, int]
    radix: int  # a field element x is held as x * radix mod p

    def add(self, left: tuple[int, int], right: tuple[int, int]) -> tuple[int, int]:
        """Return left + right for points that are neither infinity nor each other's negative."""
        (x1, y1), (x2, y2) = left, right
        if left == right:
            slope = (3 * x1 * x1 + self.a) * pow(2 * y1, -1, self.p)
        else:
            slope = (y2 - y1) * pow(x2 - x1, -1, self.p)
        x3 = (slope * slope - x1 - x2) % self.p
        return x3, (slope * (x1 - x3) - y1) % self.p

    def negate(self, point: tuple[int, int]) -> tuple[int, int]:
        """Return -point."""
        return point[0], -point[1] % self.p


P256 = Curve(
    name="p256",
    p=0xFFFFFFFF00000001000000000000000000000000FFFFFFFFFFFFFFFFFFFFFFFF,
    a=-3,
    b=0x5AC635D8AA3A93E7B3EBBD55769886BC651D06B0CC53B0F63BCE3C3E27D2604B,
    n=0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    g=(
        0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
        0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
    ),
    radix=2**260,  # Montgomery form
)

SECP256K1 = Curve(
    name="k256",
    p=2**256 - 2**32 - 977,
    a=0,
    b=7,
    n=0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    g=(
        0x79BE667EF9DCBBAC55A06295CE870B07029BFCDB2DCE28D959F2815B16F81798,
        0x483ADA7726A3C4655DA4FBFC0E1108A8FD17B448A68554199C47D08FFB10D4B8,
    ),
    radix=1,
)

CURVES = (P256, SECP256K1)


def limbs(value: int, count: int = LIMBS) -> list[int]:
    """Return the number's limbs of 13 bits, the lowest first; the last takes whatever is left."""
    low = [(value >> (BITS * i)) & MASK for i in range(count - 1)]
    return [*low, value >> (BITS * (count - 1))]


def number(found: list[int]) -> int:
    """Return the number that limbs stand for; a limb may be negative or wide."""
    return sum(limb << (BITS * i) for i, limb in enumerate(found))
