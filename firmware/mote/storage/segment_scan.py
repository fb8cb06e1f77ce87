"""Segment scan: which frames a file of an earlier boot holds, and which of them are damaged."""

from mote.storage.frame_reader import frames, read_reference
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from mote.storage.segment import Segment

_KID_BEFORE = const(24)  # the header's kid lies within so many bytes of a message


def scan(segment: "Segment", owner: bytes) -> list[tuple[int, int, int]]:
    """Do what `Segment.scan` says."""
    segment.scanned = True
    segment.left = 0
    lost: list[tuple[int, int, int]] = []
    rotten: list[tuple[int, int]] = []  # the numbers that a row of damaged frames claims
    with open(segment.path, "rb") as file:
        reference, end = read_reference(file)
        segment.former = reference is not None and owner not in reference[:_KID_BEFORE]
        for number, delta_of, after in frames(file, end, segment.size):
            end = after
            if delta_of is None:
                segment.damaged += 1
                rotten.append(number)
                continue
            if rotten:
                lost.extend(_between(segment.last, rotten, number))
                rotten = []
            segment.last = number
            if reference is None:
                segment.damaged += 1
                lost.append((number[0], number[1], number[1]))
            else:
                segment.left += 1
    if rotten:
        lost.extend(_between(segment.last, rotten, None))
    segment.torn = segment.torn or end != segment.size  # a failed append may have come before
    return lost


def _between(
    before: tuple[int, int] | None, claims: list[tuple[int, int]], after: tuple[int, int] | None
) -> list[tuple[int, int, int]]:
    """Return the range of numbers of damaged frames between two sound ones; numbers ascend in a file.

    Their own claims only confirm what the neighbours say: a number that is too high would make the
    board answer for all below it.
    """
    count = len(claims)
    if before and after and before[0] == after[0]:
        entry = (before[0], before[1] + 1, after[1] - 1)
        return [entry] if entry[1] <= entry[2] else []
    if before and _agree(claims, before[0], before[1] + 1):
        return [(before[0], before[1] + 1, before[1] + count)]
    if after and after[1] >= count and _agree(claims, after[0], after[1] - count):
        return [(after[0], after[1] - count, after[1] - 1)]
    return []


def _agree(claims: list[tuple[int, int]], boot: int, first: int) -> bool:
    """Say whether each claim has the boot, or else the number, of a range that begins at ``first``."""
    return all(claims[i][0] == boot or claims[i][1] == first + i for i in range(len(claims)))
