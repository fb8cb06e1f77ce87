"""Verification on the field machine. All of it is public, so nothing here is in constant time.

u1*G comes from the comb, in the last doublings of u2*Q, whose digits are 0, 1 and -1. An addition that
meets its own operand leaves Z = 0, and so does a sum that is infinity: only a made-up signature does
that, and plain Python, whose addition is complete, decides on it. No native code is here, so that a
board can let go of the module between one message and the next.
"""

from sealwire._compat import TYPE_CHECKING, const
from sealwire.curves import SIGNATURE_SIZE

from .comb import split
from .limbs import is_zero, reduce, unpack
from .modular import multiply

if TYPE_CHECKING:
    from .engine import Engine

# Places in the memory (tools/signer/layout.py), and where programs start (tools/signer/programs.py).
_X = const(0)
_Z = const(160)
_QX = const(240)
_QY = const(320)
_INVERSE = const(400)
_B = const(560)
_NONCE = const(960)
_DIGEST = const(1040)
_ONE = const(1440)
_P = const(1600)
_N = const(1684)
_SQUARE = const(1768)
_ADD = const(0)
_LIFT = const(73)
_ENTER = const(135)
_COMPARE = const(172)
_DOUBLE = const(191)

_PLACES = const(260)
_RUN = const(4)  # doublings in one call, which costs as much as an operation
_OWN = const(11)  # the slots of Q's x, y and -y
# In the program of an addition: its first operation's kind, and the bytes that name QX and QY.
_KIND = const(2)
_NAMES_X = const(8)
_NAMES_Y = const(20)


def verify(engine: "Engine", x: bytes, y: bytes, digest: bytes, signature: bytes) -> bool:
    """Say whether a 64-byte low-S signature over a 32-byte digest is by the key at (x, y).

    Raises ValueError for a point that is not on the curve, or a coordinate or digest not of 32 bytes.
    """
    if len(x) != 32 or len(y) != 32:
        raise ValueError("a coordinate that is not 32 bytes")
    if not engine.curve.contains(int.from_bytes(x, "big"), int.from_bytes(y, "big")):
        raise ValueError("the point is not on the curve")
    if len(digest) != 32:
        raise ValueError("a digest of %d bytes; SHA-256 gives 32" % len(digest))
    if len(signature) != SIGNATURE_SIZE or not _in_range(engine.curve.n, signature):
        return False
    if _sum(engine, x, y, _scalars(engine, digest, signature)) and not _is_zero(engine, _Z):
        return _has_x(engine, int.from_bytes(signature[:32], "big"))
    from sealwire import ecdsa  # here: an honest message never comes this far

    point = int.from_bytes(x, "big"), int.from_bytes(y, "big")
    return ecdsa.verify(engine.curve, point[0], point[1], digest, signature)


def _in_range(n: int, signature: bytes) -> bool:
    r, s = int.from_bytes(signature[:32], "big"), int.from_bytes(signature[32:], "big")
    return 0 < r < n and 0 < s <= n // 2


def _scalars(engine: "Engine", digest: bytes, signature: bytes) -> bytearray:
    """Give the comb the digits of u1 = digest / s, and return those of u2 = r / s, all modulo n."""
    memory = engine.memory
    unpack(memory, _NONCE, signature[32:])
    engine.invert(_NONCE, _N, _SQUARE)  # times 2**520
    unpack(memory, _DIGEST, digest)
    unpack(memory, _X, signature)
    for place in (_DIGEST, _X):
        multiply(memory, place, _ONE, _N)
        multiply(memory, place, _INVERSE, _N)
    engine.load_digits(_DIGEST)
    digits = bytearray(_PLACES)
    split(digits, memory, _X)
    return digits


def _sum(engine: "Engine", x: bytes, y: bytes, digits: bytearray) -> bool:
    """Leave u1*G + u2*Q in X, Y, Z; False if u2 is too small to be under way when the comb begins."""
    memory, run, columns = engine.memory, engine.run, engine.shape[2]
    place = _PLACES - 1
    while place >= columns and not digits[place]:
        place -= 1
    if place < columns:
        return False
    unpack(memory, _QX, x)
    unpack(memory, _QY, y)
    run(memory, engine.programs, _ENTER)
    chain, addition = _chain(engine.programs)
    once = addition // _RUN
    start = addition
    while place:
        place -= 1
        start -= once
        digit = digits[place]
        if digit or start == 0 or place < columns:
            chain[addition] = _KIND if digit else 0
            chain[addition + _NAMES_Y] = _OWN + digit
            run(memory, chain, start)
            start = addition
        if place < columns:
            engine.add_column(place, _ADD)
    return True


def _chain(programs: bytes) -> tuple[bytearray, int]:
    """Return a program that doubles four times and then adds Q, and where in it the addition begins."""
    once = programs[_DOUBLE:-1]
    addition = _RUN * len(once)
    chain = bytearray(addition + _LIFT - _ADD)
    for at in range(0, addition, len(once)):
        chain[at : at + len(once)] = once
    chain[addition:] = programs[_ADD:_LIFT]
    chain[addition + _NAMES_X] = _OWN
    return chain, addition


def _is_zero(engine: "Engine", place: int) -> bool:
    reduce(engine.memory, place, _P)
    return bool(is_zero(engine.memory, place))


def _has_x(engine: "Engine", r: int) -> bool:
    """Say whether the affine x of (X, Y, Z) is r modulo n, without an inverse."""
    while r < engine.curve.p:
        unpack(engine.memory, _QX, r.to_bytes(32, "big"))
        engine.run(engine.memory, engine.programs, _COMPARE)
        if _is_zero(engine, _B):
            return True
        r += engine.curve.n
    return False
