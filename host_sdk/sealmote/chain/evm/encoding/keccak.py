"""Keccak-256 as Ethereum has it (Yellow Paper, appendix D): SHA-3 with the padding before FIPS 202.

`pycryptodome` does it where it is installed; it has no wheel for 32-bit ARM, and hashlib has SHA-3 only.
"""

from collections.abc import Callable
from functools import cache
from importlib import import_module

_RATE = 136  # bytes of a block: 200 of the state less twice the digest's 32
_MASK = (1 << 64) - 1


def keccak(data: bytes) -> bytes:
    """Return the digest, 32 bytes."""
    return _implementation()(data)


@cache
def _implementation() -> Callable[[bytes], bytes]:
    try:
        module = import_module("Crypto.Hash.keccak")
    except ImportError:  # an extra that is not installed
        return sponge
    return lambda data: bytes(module.new(digest_bits=256, data=data).digest())


def sponge(data: bytes) -> bytes:
    """Return the digest, in pure Python: half a millisecond a block."""
    padded = bytearray(data + b"\x01" + bytes(-(len(data) + 1) % _RATE))
    padded[-1] |= 0x80  # pad10*1 without SHA-3's domain bits
    state = [0] * 25
    for start in range(0, len(padded), _RATE):
        for lane in range(_RATE // 8):
            at = start + 8 * lane
            state[lane] ^= int.from_bytes(padded[at : at + 8], "little")
        state = _permuted(state)
    return b"".join(lane.to_bytes(8, "little") for lane in state[:4])


def _permuted(state: list[int]) -> list[int]:
    """Return Keccak-f[1600] of 25 lanes, lane (x, y) at x + 5 y (FIPS 202 section 3.3)."""
    for constant in _round_constants():
        state = _chi(_rho_and_pi(_theta(state)))
        state[0] ^= constant
    return state


def _theta(state: list[int]) -> list[int]:
    """Add to each bit the parities of two columns (section 3.2.1)."""
    parity = [
        state[x] ^ state[x + 5] ^ state[x + 10] ^ state[x + 15] ^ state[x + 20] for x in range(5)
    ]
    mixed = [parity[(x - 1) % 5] ^ _rotated(parity[(x + 1) % 5], 1) for x in range(5)]
    return [lane ^ mixed[at % 5] for at, lane in enumerate(state)]


def _rho_and_pi(state: list[int]) -> list[int]:
    """Rotate the lanes and move them (sections 3.2.2 and 3.2.3)."""
    moved = [state[0]] * 25
    x, y = 1, 0
    for step in range(24):
        lane = state[x + 5 * y]
        x, y = y, (2 * x + 3 * y) % 5
        moved[x + 5 * y] = _rotated(lane, (step + 1) * (step + 2) // 2 % 64)
    return moved


def _chi(state: list[int]) -> list[int]:
    """Combine each bit with two of its row (section 3.2.4)."""
    return [
        state[at] ^ (~state[at - at % 5 + (at + 1) % 5] & state[at - at % 5 + (at + 2) % 5] & _MASK)
        for at in range(25)
    ]


@cache
def _round_constants() -> tuple[int, ...]:
    """Return the 24 constants of iota, from the shift register of section 3.2.5."""
    register, constants = 1, []
    for _ in range(24):
        constant = 0
        for power in range(7):
            constant |= (register & 1) << ((1 << power) - 1)
            register <<= 1
            if register & 0x100:
                register ^= 0x171
        constants.append(constant)
    return tuple(constants)


def _rotated(lane: int, by: int) -> int:
    return (lane << by | lane >> (64 - by)) & _MASK
