"""Numbers as 20 limbs of 13 bits, a 32-bit word each, the lowest limb first, at places of one memory.

A place is an offset in bytes (comb.py has the map). Every function here takes the same path whatever the
numbers are. A number that may be negative is held modulo 2**260. What a function returns is meant to become
known: whether a key is in its range.
"""

# mypy: allow-incomplete-defs, allow-untyped-defs, allow-untyped-decorators
# (viper takes no annotation for returning nothing, and no type checker knows its decorator)
# The first parameters lie in registers: a place gives its own up to what the loop needs most.

import micropython

from sealwire._compat import TYPE_CHECKING

if TYPE_CHECKING:
    from micropython import ptr8, ptr32  # type: ignore[attr-defined, unused-ignore]  # noqa: TC004 - viper's own


@micropython.viper
def unpack(m: ptr32, x: int, b: ptr8):
    """Cut the 32 big-endian bytes at b into limbs at place x."""
    m = ptr32(int(m) + x)
    x = 0
    s = 0
    i = 32
    while i:
        i -= 1
        x |= int(b[i]) << s
        s += 8
        if s >= 13:
            m[0] = x & 8191
            m = ptr32(int(m) + 4)
            x >>= 13
            s -= 13
    m[0] = x


@micropython.viper
def pack(m: ptr32, x: int, b: ptr8):
    """Write the number at place x, which must be below 2**256, as 32 big-endian bytes at b."""
    m = ptr32(int(m) + x)
    x = 0
    s = 0
    i = 32
    while i:
        if s < 8:
            x |= m[0] << s
            m = ptr32(int(m) + 4)
            s += 13
        i -= 1
        b[i] = x & 255
        x >>= 8
        s -= 8


@micropython.viper
def copy(m: ptr32, to: int, a: int, words: int):
    """Copy words from place a to place ``to``."""
    d = ptr32(int(m) + to)
    m = ptr32(int(m) + a)
    i = 0
    while i < words:
        d[i] = m[i]
        i += 1


@micropython.viper
def wipe(m: ptr32, words: int):
    """Write zeros over the first words of a buffer, a bytes object too."""
    i = 0
    while i < words:
        m[i] = 0
        i += 1


@micropython.viper
def move(d: ptr32, a: ptr32, words: int):
    """Copy the first words of buffer a to buffer d and write zeros over them, in a bytes object too."""
    i = 0
    while i < words:
        d[i] = a[i]
        a[i] = 0
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
def is_zero(m: ptr32, x: int) -> int:
    """Return 1 if every limb at place x is zero, or else 0."""
    m = ptr32(int(m) + x)
    x = 0
    i = 0
    while i < 20:
        x |= m[i]
        i += 1
    return ((x - 1) >> 31) & 1


@micropython.viper
def is_below(m: ptr32, x: int, n: int) -> int:
    """Return 1 if the number at place x is below that at n, or else 0."""
    b = ptr32(int(m) + n)
    m = ptr32(int(m) + x)
    x = 0
    i = 0
    while i < 20:
        x = (m[i] - b[i] + x) >> 13
        i += 1
    return x & 1


@micropython.viper
def reduce(m: ptr32, x: int, n: int):
    """Subtract the number at n from that at place x if that is at least it."""
    b = ptr32(int(m) + n)
    m = ptr32(int(m) + x)
    x = 0
    i = 0
    while i < 20:
        x = (m[i] - b[i] + x) >> 13
        i += 1
    keep = x ^ -1
    x = 0
    i = 0
    while i < 20:
        x = m[i] - (b[i] & keep) + x
        m[i] = x & 8191
        x >>= 13
        i += 1


@micropython.viper
def add(m: ptr32, x: int, a: int):
    """Add the number at a to that at place x, modulo 2**260."""
    b = ptr32(int(m) + a)
    m = ptr32(int(m) + x)
    x = 0
    i = 0
    while i < 20:
        x = m[i] + b[i] + x
        m[i] = x & 8191
        x >>= 13
        i += 1


@micropython.viper
def lower(m: ptr32, x: int, n: int):
    """Replace the number at place x, which is below that at n, by n less it if that is smaller."""
    b = ptr32(int(m) + n)
    m = ptr32(int(m) + x)
    x = 0
    i = 0
    while i < 20:
        x = (b[i] - m[i] - m[i] + x) >> 13
        i += 1
    above = x
    x = 0
    i = 0
    while i < 20:
        x = ((b[i] - m[i] - m[i]) & above) + m[i] + x
        m[i] = x & 8191
        x >>= 13
        i += 1
