"""Numbers as 20 limbs of 13 bits, a 32-bit word each, the lowest limb first.

Every function here takes the same path whatever the numbers are. A number that may be negative is
held modulo 2**260. What a function returns is meant to become known: whether a key is in its range.
"""

# mypy: allow-incomplete-defs, allow-untyped-defs, allow-untyped-decorators
# (viper takes no annotation for returning nothing, and no type checker knows its decorator)

import micropython

from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from micropython import ptr8, ptr32  # type: ignore[attr-defined, unused-ignore]  # noqa: TC004 - viper's own

SIZE = 80  # bytes of a number


@micropython.viper
def unpack(d: ptr32, b: ptr8):
    """Cut the 32 big-endian bytes at b into limbs at d."""
    x = 0
    s = 0
    i = 32
    while i:
        i -= 1
        x |= int(b[i]) << s
        s += 8
        if s >= 13:
            d[0] = x & 8191
            d = ptr32(int(d) + 4)
            x >>= 13
            s -= 13
    d[0] = x


@micropython.viper
def pack(b: ptr8, d: ptr32):
    """Write the number at d, which must be below 2**256, as 32 big-endian bytes at b."""
    x = 0
    s = 0
    i = 32
    while i:
        if s < 8:
            x |= d[0] << s
            d = ptr32(int(d) + 4)
            s += 13
        i -= 1
        b[i] = x & 255
        x >>= 8
        s -= 8


@micropython.viper
def copy(d: ptr32, a: ptr32, words: int):
    """Copy words from a to d."""
    i = 0
    while i < words:
        d[i] = a[i]
        i += 1


@micropython.viper
def wipe(d: ptr32, words: int):
    """Write zeros over words, those of a bytes object too."""
    i = 0
    while i < words:
        d[i] = 0
        i += 1


@micropython.viper
def xor_pad(d: ptr8, key: ptr8, pad: int):
    """Write the 64-byte block of an HMAC (RFC 2104): the 32-byte key and zeros, each xor ``pad``."""
    i = 0
    while i < 32:
        d[i] = int(key[i]) ^ pad
        d[i + 32] = pad
        i += 1


@micropython.viper
def is_zero(a: ptr32) -> int:
    """Return 1 if every limb is zero, or else 0."""
    x = 0
    i = 0
    while i < 20:
        x |= a[i]
        i += 1
    return ((x - 1) >> 31) & 1


@micropython.viper
def is_below(a: ptr32, n: ptr32) -> int:
    """Return 1 if the number at a is below that at n, or else 0."""
    x = 0
    i = 0
    while i < 20:
        x = (a[i] - n[i] + x) >> 13
        i += 1
    return x & 1


@micropython.viper
def reduce(d: ptr32, n: ptr32):
    """Subtract n from d if d is at least n."""
    x = 0
    i = 0
    while i < 20:
        x = (d[i] - n[i] + x) >> 13
        i += 1
    keep = x ^ -1
    x = 0
    i = 0
    while i < 20:
        x = d[i] - (n[i] & keep) + x
        d[i] = x & 8191
        x >>= 13
        i += 1


@micropython.viper
def add(d: ptr32, a: ptr32, b: ptr32):
    """Set d to a + b, modulo 2**260."""
    x = 0
    i = 0
    while i < 20:
        x = a[i] + b[i] + x
        d[i] = x & 8191
        x >>= 13
        i += 1


@micropython.viper
def lower(d: ptr32, n: ptr32):
    """Replace d, which is in 0..n-1, by the smaller of d and n - d."""
    x = 0
    i = 0
    while i < 20:
        x = (n[i] - d[i] - d[i] + x) >> 13
        i += 1
    above = x
    x = 0
    i = 0
    while i < 20:
        x = ((n[i] - d[i] - d[i]) & above) + d[i] + x
        d[i] = x & 8191
        x >>= 13
        i += 1
