"""Elliptic curve points on built-in big integers.

They are Jacobian triples (X, Y, Z) for the affine (X/Z**2, Y/Z**3); Z = 0 is the point at infinity.
"""

from ._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from .curves import Curve

INFINITY = (1, 1, 0)


def affine(curve: "Curve", point: tuple[int, int, int]) -> tuple[int, int]:
    """Return (x, y) of a point that is not the one at infinity."""
    p = curve.p
    x, y, z = point
    inverse = pow(z, p - 2, p)  # Fermat: MicroPython has no pow(z, -1, p)
    square = inverse * inverse % p
    return x * square % p, y * square % p * inverse % p


def double(curve: "Curve", point: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return 2 * point (Explicit-Formulas Database, "dbl-2007-bl" for any a)."""
    p = curve.p
    x, y, z = point
    xx = x * x % p
    yy = y * y % p
    zz = z * z % p
    s = 4 * x * yy % p
    m = (3 * xx + curve.a * zz * zz) % p
    x3 = (m * m - 2 * s) % p
    return x3, (m * (s - x3) - 8 * yy * yy) % p, 2 * y * z % p


def add(
    curve: "Curve", left: tuple[int, int, int], right: tuple[int, int, int]
) -> tuple[int, int, int]:
    """Return left + right, whatever the two are (EFD, "add-2007-bl")."""
    if left[2] == 0:
        return right
    if right[2] == 0:
        return left
    p = curve.p
    x1, y1, z1 = left
    x2, y2, z2 = right
    zz1 = z1 * z1 % p
    zz2 = z2 * z2 % p
    u1 = x1 * zz2 % p
    h = (x2 * zz1 - u1) % p
    s1 = y1 * z2 % p * zz2 % p
    r = (y2 * z1 % p * zz1 - s1) % p
    if h == 0:
        return double(curve, left) if r == 0 else INFINITY
    hh = h * h % p
    hhh = h * hh % p
    v = u1 * hh % p
    x3 = (r * r - hhh - 2 * v) % p
    return x3, (r * (v - x3) - s1 * hhh) % p, h * z1 % p * z2 % p


def multiply(curve: "Curve", scalar: int, point: tuple[int, int, int]) -> tuple[int, int, int]:
    """Return scalar * point, for a scalar in 0..n-1."""
    return multiply_two(curve, scalar, point, 0, INFINITY)


def multiply_two(
    curve: "Curve", k: int, left: tuple[int, int, int], m: int, right: tuple[int, int, int]
) -> tuple[int, int, int]:
    """Return k * left + m * right, both scalars read together from their top bit."""
    addends = (None, left, right, add(curve, left, right))
    total = INFINITY
    bit = 1 << 255
    while bit:
        total = double(curve, total)
        addend = addends[(1 if k & bit else 0) | (2 if m & bit else 0)]
        if addend is not None:
            total = add(curve, total, addend)
        bit >>= 1
    return total
