"""Delta encoding of a message against a reference: readings of one board differ in a few bytes.

    (equal u8 | other u8 | that many bytes)*

Each group says how many bytes are those of the reference at the same place, and which follow that
are not. A reading of three values takes some 90 bytes in place of 158, 64 of them its signature.
"""

from sealwire._compat import const

_RUN_MAX = const(255)
_WORTH = const(3)  # equal bytes that are worth a group of their own, whose head takes two


def encode(message: bytes, reference: bytes) -> bytes:
    """Return ``message`` in groups; the reference may be of any length."""
    out = bytearray()
    at, size = 0, len(message)
    while at < size:
        equal = _equal(message, reference, at, _RUN_MAX)
        at += equal
        end = at
        while (
            end < size and end - at < _RUN_MAX and _equal(message, reference, end, _WORTH) < _WORTH
        ):
            end += 1
        out.append(equal)
        out.append(end - at)
        out.extend(message[at:end])
        at = end
    return bytes(out)


def decode(data: bytes | memoryview, reference: bytes, most: int) -> bytearray:
    """Return the message; ValueError for no encoding of one of up to ``most`` bytes."""
    message = bytearray()
    at = 0
    while at < len(data):
        if at + 2 > len(data):
            raise ValueError("a group without its head")
        equal, other = data[at], data[at + 1]
        at += 2
        size = len(message)
        after = size + equal
        beyond = equal and after > len(reference)  # the message may be longer than the reference
        if beyond or at + other > len(data) or after + other > most:
            raise ValueError("a group longer than what it is made of")
        message.extend(reference[size:after])
        message.extend(data[at : at + other])
        at += other
    return message


def _equal(message: bytes, reference: bytes, at: int, limit: int) -> int:
    """Return how many bytes from ``at`` on are the same, counting to ``limit`` at the most."""
    limit = min(limit, len(message) - at, len(reference) - at)
    for count in range(limit):
        if message[at + count] != reference[at + count]:
            return count
    return max(limit, 0)
