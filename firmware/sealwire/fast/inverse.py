"""The inverse modulo an odd number by division steps, always as many (Bernstein and Yang, 2019).

Steps with delta starting at 1/2, of which 590 suffice for 256 bits (Wuille's bound, libsecp256k1's
``safegcd_implementation.md``): 46 rounds of 13 are 598. A round looks at the lowest limbs of f and g only,
gathers 13 steps in a matrix, and applies it to (f, g) and, modulo the modulus, to (d, e).
"""

# mypy: allow-incomplete-defs, allow-untyped-defs, allow-untyped-decorators
# (viper takes no annotation for returning nothing, and no type checker knows its decorator)

import micropython

from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from micropython import ptr32  # type: ignore[attr-defined, unused-ignore]  # noqa: TC004 - viper's own


@micropython.viper
def invert(p: ptr32, f: int, g: int):  # noqa: PLR0915, C901 - a call would cost more
    """Divide E by G modulo M into D, which is below M (0 if G is 0); G is to be below M.

    F, G, D, E, M, of 20 words each, and the inverse of M modulo 2**13 lie from place ``f`` on, and F to E
    change. ``g`` is a register: pass zero.
    """
    w = ptr32(int(p) + f)
    p = w
    i = 0
    while i < 20:
        w[i] = w[80 + i]
        w[40 + i] = 0
        i += 1
    z = -1  # -(delta + 1/2)
    n = 46
    while n:
        f = w[0]
        g = w[20]
        u = 1  # a row of the matrix in one word: the first entry plus 2**16 times the second
        q = 65536
        i = 13
        while i:
            # odd: g is odd. swap: and delta is positive. In either case masks, all ones or none.
            odd = 0 - (g & 1)
            swap = (z >> 31) & odd
            stay = swap ^ -1
            z = (z ^ swap) - 1
            x = f
            f = g & swap | f & stay
            g = (((x ^ swap) - swap) & odd) + g >> 1
            x = u
            u = (q & swap | u & stay) << 1
            q += ((x ^ swap) - swap) & odd
            i -= 1
        x = u
        u = ((x & 65535) ^ 32768) - 32768
        v = (x - u) >> 16
        x = q
        q = ((x & 65535) ^ 32768) - 32768
        r = (x - q) >> 16
        # (f, g) times the matrix, over 2**13: the limbs shift down by one.
        x = (u * w[0] + v * w[20]) >> 13
        y = (q * w[0] + r * w[20]) >> 13
        p = w
        i = 18
        while i:
            f = p[1]
            g = p[21]
            x += u * f + v * g
            y += q * f + r * g
            p[0] = x & 8191
            p[20] = y & 8191
            x >>= 13
            y >>= 13
            p = ptr32(int(p) + 4)
            i -= 1
        f = p[1] - ((p[1] & 4096) << 1)
        g = p[21] - ((p[21] & 4096) << 1)
        x += u * f + v * g
        y += q * f + r * g
        p[0] = x & 8191
        p[20] = y & 8191
        p[1] = (x >> 13) & 8191
        p[21] = (y >> 13) & 8191
        # (d, e) likewise, with the multiples of the modulus that clear the lowest limbs.
        f = 0 - (w[59] >> 12)
        g = 0 - (w[79] >> 12)
        j = (u & f) + (v & g)
        k = (q & f) + (r & g)
        x = u * w[40] + v * w[60]
        y = q * w[40] + r * w[60]
        j -= (w[100] * (x & 8191) + j) & 8191
        k -= (w[100] * (y & 8191) + k) & 8191
        x = (w[80] * j + x) >> 13
        y = (w[80] * k + y) >> 13
        p = w
        i = 18
        while i:
            f = p[41]
            g = p[61]
            x += u * f + v * g
            y += q * f + r * g
            f = p[81]
            x += f * j
            y += f * k
            p[40] = x & 8191
            p[60] = y & 8191
            x >>= 13
            y >>= 13
            p = ptr32(int(p) + 4)
            i -= 1
        f = p[41] - ((p[41] & 4096) << 1)
        g = p[61] - ((p[61] & 4096) << 1)
        x += u * f + v * g
        y += q * f + r * g
        f = p[81]
        x += f * j
        y += f * k
        p[40] = x & 8191
        p[60] = y & 8191
        p[41] = (x >> 13) & 8191
        p[61] = (y >> 13) & 8191
        n -= 1
    # f is 1 or -1 (or the modulus), and d times its sign is the inverse; d is above -2M and below M.
    f = 0 - (w[19] >> 12)
    p = ptr32(int(w) + 160)
    x = 0
    i = 0
    while i < 20:
        g = p[i]
        if i == 19:
            g -= (g & 4096) << 1
        x = (g ^ f) - f + (p[i + 40] << 1) + x
        p[i] = x & 8191
        x >>= 13
        i += 1
    n = 3
    while n:  # now above 0 and below 4M
        x = 0
        i = 0
        while i < 20:
            x = (p[i] - p[i + 40] + x) >> 13
            i += 1
        f = x ^ -1
        x = 0
        i = 0
        while i < 20:
            x = p[i] - (p[i + 40] & f) + x
            p[i] = x & 8191
            x >>= 13
            i += 1
        n -= 1
