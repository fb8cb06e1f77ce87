"""Point arithmetic as programs of the field machine: operations of six bytes, ended by a zero.

An operation is (kind, result, a, b, e, f), all but the kind slots of the machine's memory: the result is
a*b or a*a or a, less e, less e + 2f, or plus e. Points are Jacobian, (X/Z**2, Y/Z**3). No operation
here depends on what the numbers are, and no addition works for a point and itself: Z turns 0.
"""

from tools.signer.layout import (
    COPY,
    MINUS_E,
    MINUS_E_2F,
    MUL,
    PLACES,
    PLUS_E,
    SLOT_BYTES,
    SQR,
    Curve,
)

X, Y, Z, QX, QY, INVERSE, A, B, C, D, E = range(11)
OWN_X, OWN_Y, MINUS_Y = range(11, 14)  # the key's, where a signature has secret, nonce and digest
ZERO, ONE, RADIX = (PLACES[name] // SLOT_BYTES for name in ("ZERO", "ONE", "RADIX"))

Operation = tuple[int, ...]

# (X, Y, Z) += (QX, QY), with H = QX*Z**2 - X and R = QY*Z**3 - Y (8 products, 3 squares):
# X' = R**2 - H**3 - 2*X*H**2, Y' = R*(X*H**2 - X') - Y*H**3, Z' = Z*H.
ADD: list[Operation] = [
    (SQR, A, Z),
    (MUL | MINUS_E, B, QX, A, X),  # H
    (MUL, C, A, Z),
    (MUL | MINUS_E, C, QY, C, Y),  # R
    (MUL, Z, Z, B),
    (SQR, A, B),
    (MUL, D, X, A),
    (MUL, B, A, B),
    (SQR | MINUS_E_2F, X, C, 0, B, D),
    (MUL, E, Y, B),
    (COPY | MINUS_E, D, D, 0, X),
    (MUL | MINUS_E, Y, C, D, E),
]

# (X, Y) = (QX, QY) at the Z that is there.
LIFT: list[Operation] = [
    (SQR, A, Z),
    (MUL, X, QX, A),
    (MUL, A, A, Z),
    (MUL, Y, QY, A),
]

# The affine point as plain numbers, given 1/Z. ONE is the number 1, which ends the Montgomery form.
FLATTEN: list[Operation] = [
    (SQR, B, INVERSE),
    (MUL, A, INVERSE, B),
    (MUL, X, X, B),
    (MUL, Y, Y, A),
    (MUL, X, X, ONE),
    (MUL, Y, Y, ONE),
]

# For verification: the key at (QX, QY), plain numbers, is kept, and is the sum to begin with. RADIX is
# the square of Montgomery's radix (or 1).
ENTER: list[Operation] = [
    (MUL, X, QX, RADIX),
    (MUL, Y, QY, RADIX),
    (MUL, Z, ONE, RADIX),
    (COPY, OWN_X, X),
    (COPY, OWN_Y, Y),
    (COPY | MINUS_E, MINUS_Y, ZERO, 0, Y),
]

# For verification: B = QX * Z**2 - X for a plain number QX.
COMPARE: list[Operation] = [
    (MUL, C, QX, RADIX),
    (SQR, A, Z),
    (MUL | MINUS_E, B, C, A, X),
]

# What both doublings share, from -M, M being the slope, in A: with T = 2*Y**2 and S = 2*X*T,
# X' = M**2 - 2*S, Y' = M*(S - X') - 2*T**2, Z' = 2*Y*Z.
_DOUBLE_FROM_SLOPE: list[Operation] = [
    (SQR, B, Y),
    (COPY | PLUS_E, B, B, 0, B),  # T
    (COPY | PLUS_E, C, B, 0, B),
    (MUL, C, X, C),  # S
    (SQR, D, B),
    (COPY | PLUS_E, Y, Y, 0, Y),
    (MUL, Z, Z, Y),
    (SQR | MINUS_E_2F, X, A, 0, ZERO, C),
    (COPY | MINUS_E, C, X, 0, C),
    (MUL | MINUS_E_2F, Y, A, C, ZERO, D),
]

# a = 0: M = 3*X**2.
DOUBLE_A0: list[Operation] = [
    (SQR, B, X),
    (COPY | MINUS_E_2F, A, ZERO, 0, B, B),
    *_DOUBLE_FROM_SLOPE,
]

# a = -3: M = 3*(X - Z**2)*(X + Z**2).
DOUBLE_A3: list[Operation] = [
    (SQR, A, Z),
    (COPY | MINUS_E, B, X, 0, A),
    (COPY | PLUS_E, A, X, 0, A),
    (MUL, B, A, B),
    (COPY | MINUS_E_2F, A, ZERO, 0, B, B),
    *_DOUBLE_FROM_SLOPE,
]

_COMMON = {"ADD": ADD, "LIFT": LIFT, "FLATTEN": FLATTEN, "ENTER": ENTER, "COMPARE": COMPARE}


def assemble(curve: Curve) -> tuple[bytes, dict[str, int]]:
    """Return all programs one after the other, and where each starts: the same for every curve."""
    found, starts = b"", {}
    for name, program in {**_COMMON, "DOUBLE": DOUBLE_A3 if curve.a else DOUBLE_A0}.items():
        starts[name] = len(found)
        found += b"".join(bytes(op + (0,) * (6 - len(op))) for op in program) + b"\x00"
    return found, starts
