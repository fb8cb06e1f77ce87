"""Multiplication modulo any odd number (Montgomery, 1985), for scalars modulo the group's order.

A modulus is 21 words of the memory: its limbs, and its inverse modulo 2**13. The product is made in the
columns that the field machine multiplies in.
"""

# mypy: allow-incomplete-defs, allow-untyped-defs, allow-untyped-decorators
# (viper takes no annotation for returning nothing, and no type checker knows its decorator)

import micropython

from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from micropython import ptr32  # type: ignore[attr-defined, unused-ignore]  # noqa: TC004 - viper's own

_COLUMNS = const(1120)  # comb.py has the map of the memory


@micropython.viper
def multiply(m: ptr32, x: int, factor: int, modulus: int):  # noqa: PLR0915 - a call would cost more
    """Multiply the number at place x by that at ``factor``, over 2**260, modulo that at ``modulus``.

    The result is below the modulus; the product must be below 2**260 times it.
    """
    d = ptr32(int(m) + x)
    b = ptr32(int(m) + factor)
    n = ptr32(int(m) + modulus)
    columns = int(m) + _COLUMNS
    m = ptr32(columns)
    i = 0
    while i < 41:
        m[i] = 0
        i += 1
    i = 0
    while i < 20:  # a row of b for each limb: columns of at most 20 products of 13 by 13 bits
        x = d[i]
        j = 4
        while j:
            m[0] = b[0] * x + m[0]
            m[1] = b[1] * x + m[1]
            m[2] = b[2] * x + m[2]
            m[3] = b[3] * x + m[3]
            m[4] = b[4] * x + m[4]
            m = ptr32(int(m) + 20)
            b = ptr32(int(b) + 20)
            j -= 1
        m = ptr32(int(m) - 76)
        b = ptr32(int(b) - 80)
        i += 1
    m = ptr32(columns)
    x = 0
    i = 0
    while i < 40:  # carried before 20 more are added
        x += m[i]
        m[i] = x & 8191
        x >>= 13
        i += 1
    b = n
    k = 0 - n[20]
    i = 20
    while i:  # a row of n, times what clears the lowest limb
        x = ((m[0] & 8191) * k) & 8191
        j = 4
        while j:
            m[0] = b[0] * x + m[0]
            m[1] = b[1] * x + m[1]
            m[2] = b[2] * x + m[2]
            m[3] = b[3] * x + m[3]
            m[4] = b[4] * x + m[4]
            m = ptr32(int(m) + 20)
            b = ptr32(int(b) + 20)
            j -= 1
        m = ptr32(int(m) - 80)
        b = ptr32(int(b) - 80)
        m[1] = (m[0] >> 13) + m[1]
        m = ptr32(int(m) + 4)
        i -= 1
    x = 0
    i = 0
    while i < 20:  # below 2 * n: carried, and then n subtracted if it can be
        x += m[i]
        m[i] = x & 8191
        x >>= 13
        i += 1
    x = 0
    i = 0
    while i < 20:
        x = (m[i] - n[i] + x) >> 13
        i += 1
    keep = x ^ -1
    x = 0
    i = 0
    while i < 20:
        x = m[i] - (n[i] & keep) + x
        d[i] = x & 8191
        x >>= 13
        i += 1
