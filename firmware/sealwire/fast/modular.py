"""Multiplication modulo any odd number (Montgomery, 1985), for scalars modulo the group's order.

A modulus is a block of words: 20 limbs, at word 20 its inverse modulo 2**13, then 41 words of
scratch, which hold what is left of a product until `wipe_scratch` clears them.
"""

# mypy: allow-incomplete-defs, allow-untyped-defs, allow-untyped-decorators
# (viper takes no annotation for returning nothing, and no type checker knows its decorator)

import micropython

from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from micropython import ptr32  # type: ignore[attr-defined, unused-ignore]  # noqa: TC004 - viper's own

WORDS = 20 + 1 + 41


@micropython.viper
def multiply(t: ptr32, b: ptr32, n: ptr32):  # noqa: PLR0915 - a call would cost more
    """Set t to t * b / 2**260 modulo n, below n; the product must be below 2**260 * n."""
    d = t
    t = ptr32(int(n) + 84)
    i = 0
    while i < 41:
        t[i] = 0
        i += 1
    i = 0
    while i < 20:  # a row of b for each limb: columns of at most 20 products of 13 by 13 bits
        x = d[i]
        j = 4
        while j:
            t[0] = b[0] * x + t[0]
            t[1] = b[1] * x + t[1]
            t[2] = b[2] * x + t[2]
            t[3] = b[3] * x + t[3]
            t[4] = b[4] * x + t[4]
            t = ptr32(int(t) + 20)
            b = ptr32(int(b) + 20)
            j -= 1
        t = ptr32(int(t) - 76)
        b = ptr32(int(b) - 80)
        i += 1
    t = ptr32(int(n) + 84)
    x = 0
    i = 0
    while i < 40:  # carried before 20 more are added
        x += t[i]
        t[i] = x & 8191
        x >>= 13
        i += 1
    b = n
    k = 0 - n[20]
    i = 20
    while i:  # a row of n, times what clears the lowest limb
        x = ((t[0] & 8191) * k) & 8191
        j = 4
        while j:
            t[0] = b[0] * x + t[0]
            t[1] = b[1] * x + t[1]
            t[2] = b[2] * x + t[2]
            t[3] = b[3] * x + t[3]
            t[4] = b[4] * x + t[4]
            t = ptr32(int(t) + 20)
            b = ptr32(int(b) + 20)
            j -= 1
        t = ptr32(int(t) - 80)
        b = ptr32(int(b) - 80)
        t[1] = (t[0] >> 13) + t[1]
        t = ptr32(int(t) + 4)
        i -= 1
    x = 0
    i = 0
    while i < 20:  # below 2 * n: carried, and then n subtracted if it can be
        x += t[i]
        t[i] = x & 8191
        x >>= 13
        i += 1
    x = 0
    i = 0
    while i < 20:
        x = (t[i] - n[i] + x) >> 13
        i += 1
    keep = x ^ -1
    x = 0
    i = 0
    while i < 20:
        x = t[i] - (n[i] & keep) + x
        d[i] = x & 8191
        x >>= 13
        i += 1


@micropython.viper
def wipe_scratch(n: ptr32):
    """Write zeros over what products left in a modulus's block."""
    i = 21
    while i < 62:
        n[i] = 0
        i += 1
