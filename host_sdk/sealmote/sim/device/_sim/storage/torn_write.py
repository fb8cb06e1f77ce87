"""Torn write: what a flash operation leaves when the power fails in the middle of it.

NOR flash programs towards 0 and erases towards 1 (FF), a page or a sector at a time; interrupted,
either leaves cells on both sides. Which ones, the seed decides: nothing happened yet, a front part
is done, every cell for itself, or all is done and nobody was told.

Plain Python without imports of the board's, for the host computes the same.
"""

import hashlib

_NOTHING, _FRONT, _SCATTERED = 0, 1, 2  # and 3: all


def occasion(seed: str, what: tuple[object, ...]) -> bytes:
    """32 bytes for one occasion under a seed."""
    digest: bytes = hashlib.sha256(repr((seed, what)).encode()).digest()
    return digest


def tear(seed: bytes, before: bytes, after: bytes) -> bytes:
    """Return what lies there instead of ``after``; of equal length, each byte between the two."""
    digest = hashlib.sha256(seed).digest()
    how = digest[0] & 3
    if how == _NOTHING:
        return before
    if how == _SCATTERED:
        return _mixed(seed, before, after)
    size = len(after)
    done = int.from_bytes(digest[1:5], "big") % size if how == _FRONT else size
    return (
        after[:done]
        + _mixed(seed, before[done : done + 1], after[done : done + 1])
        + before[done + 1 :]
    )


def _mixed(seed: bytes, before: bytes, after: bytes) -> bytes:
    """Take each bit from one of the two."""
    mixed = bytearray(before)
    for start in range(0, len(before), 32):
        mask = hashlib.sha256(seed + start.to_bytes(2, "big")).digest()
        for index in range(start, min(start + 32, len(before))):
            chosen = mask[index - start]
            mixed[index] = before[index] & ~chosen | after[index] & chosen
    return bytes(mixed)
