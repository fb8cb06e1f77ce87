"""Point arithmetic as programs of the field machine: operations of six bytes, ended by a zero.

An operation is (kind, result, a, b, e, f), all but the kind slots of the machine's memory: the result is
a*b or a*a or a, less e, less e + 2f, or plus e. Points are Jacobian, (X/Z**2, Y/Z**3). No operation
here depends on what the numbers are, and no addition works for a point and itself: Z turns 0.
"""

# The slots: a point, the point to add, registers, more of the point to add, constants.
COUNT = 16
X, Y, Z, QX, QY, QZ, A, B, C, D, E = range(11)
ZERO, ONE, RADIX = range(13, COUNT)

_MUL, _SQR, _LESS, _LESS_TWICE, _PLUS, _COPY = 1, 2, 8, 16, 32, 64


def _program(*operations: tuple[int, ...]) -> bytes:
    return b"".join([bytes(op + (0,) * (6 - len(op))) for op in operations]) + b"\x00"


# (X, Y, Z) += (QX, QY), with H = QX*Z**2 - X and R = QY*Z**3 - Y (8 products, 3 squares):
# X' = R**2 - H**3 - 2*X*H**2, Y' = R*(X*H**2 - X') - Y*H**3, Z' = Z*H.
ADD = _program(
    (_SQR, A, Z),
    (_MUL | _LESS, B, QX, A, X),  # H
    (_MUL, C, A, Z),
    (_MUL | _LESS, C, QY, C, Y),  # R
    (_MUL, Z, Z, B),
    (_SQR, A, B),
    (_MUL, D, X, A),
    (_MUL, B, A, B),
    (_SQR | _LESS_TWICE, X, C, 0, B, D),
    (_MUL, E, Y, B),
    (_COPY | _LESS, D, D, 0, X),
    (_MUL | _LESS, Y, C, D, E),
)

# What both doublings share, from -M, M being the slope, in A: with T = 2*Y**2 and S = 2*X*T,
# X' = M**2 - 2*S, Y' = M*(S - X') - 2*T**2, Z' = 2*Y*Z.
_DOUBLE_FROM_SLOPE = (
    (_SQR, B, Y),
    (_COPY | _PLUS, B, B, 0, B),  # T
    (_COPY | _PLUS, C, B, 0, B),
    (_MUL, C, X, C),  # S
    (_SQR, D, B),
    (_COPY | _PLUS, Y, Y, 0, Y),
    (_MUL, Z, Z, Y),
    (_SQR | _LESS_TWICE, X, A, 0, ZERO, C),
    (_COPY | _LESS, C, X, 0, C),
    (_MUL | _LESS_TWICE, Y, A, C, ZERO, D),
)

# a = 0: M = 3*X**2.
DOUBLE_A0 = _program(
    (_SQR, B, X),
    (_COPY | _LESS_TWICE, A, ZERO, 0, B, B),
    *_DOUBLE_FROM_SLOPE,
)

# a = -3: M = 3*(X - Z**2)*(X + Z**2).
DOUBLE_A3 = _program(
    (_SQR, A, Z),
    (_COPY | _LESS, B, X, 0, A),
    (_COPY | _PLUS, A, X, 0, A),
    (_MUL, B, A, B),
    (_COPY | _LESS_TWICE, A, ZERO, 0, B, B),
    *_DOUBLE_FROM_SLOPE,
)

# (X, Y) = (QX, QY) at the Z that is there.
LIFT = _program(
    (_SQR, A, Z),
    (_MUL, X, QX, A),
    (_MUL, A, A, Z),
    (_MUL, Y, QY, A),
)

# The affine point as plain numbers, from 1/Z in A. ONE is the number 1, which ends the Montgomery form.
FLATTEN = _program(
    (_SQR, B, A),
    (_MUL, A, A, B),
    (_MUL, X, X, B),
    (_MUL, Y, Y, A),
    (_MUL, X, X, ONE),
    (_MUL, Y, Y, ONE),
)

# The rest is for verification alone.

# (QX, QY), plain numbers, as a point. RADIX is the square of Montgomery's radix (or 1).
ENTER = _program(
    (_MUL, X, QX, RADIX),
    (_MUL, Y, QY, RADIX),
    (_MUL, Z, ONE, RADIX),
)

# Start a sum at (QX, QY).
START = _program(
    (_COPY, X, QX),
    (_COPY, Y, QY),
    (_MUL, Z, ONE, RADIX),
)

NEGATE = _program((_COPY | _LESS, QY, ZERO, 0, QY))

# (X, Y, Z) += (QX, QY, QZ): X and Y are brought to the common denominator, and then it is ADD.
ADD_JACOBIAN = _program(
    (_SQR, A, QZ),
    (_MUL, X, X, A),
    (_MUL, A, A, QZ),
    (_MUL, Y, Y, A),
    (_SQR, A, Z),
    (_MUL | _LESS, B, QX, A, X),  # H
    (_MUL, C, A, Z),
    (_MUL | _LESS, C, QY, C, Y),  # R
    (_MUL, Z, Z, QZ),
    (_MUL, Z, Z, B),
    (_SQR, A, B),
    (_MUL, D, X, A),
    (_MUL, B, A, B),
    (_SQR | _LESS_TWICE, X, C, 0, B, D),
    (_MUL, E, Y, B),
    (_COPY | _LESS, D, D, 0, X),
    (_MUL | _LESS, Y, C, D, E),
)

# One inversion for many Z (Montgomery's trick): A is the product so far, times one Z more.
GATHER = _program((_MUL, A, A, QZ))

# A is the inverse of a product, C of which is all but the last factor QZ: (QX, QY) gets the last point's
# affine coordinates, and A is left with the inverse of C.
SPREAD = _program(
    (_MUL, C, A, C),
    (_MUL, A, A, QZ),
    (_SQR, B, C),
    (_MUL, QX, QX, B),
    (_MUL, B, B, C),
    (_MUL, QY, QY, B),
)

# B = QX * Z**2 - X for a plain number QX.
COMPARE_X = _program(
    (_MUL, C, QX, RADIX),
    (_SQR, A, Z),
    (_MUL | _LESS, B, C, A, X),
)
