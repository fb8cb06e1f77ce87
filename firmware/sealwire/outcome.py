"""Acknowledgement result codes, causes of dropped messages, and the leaf hash."""

from hashlib import sha256

ACCEPTED = 0
DUPLICATE = 1
RETRY = 2
REFUSED = 3

# Why a number was given up where no gateway's code says it: for want of room; not sealed, or not kept;
# damaged in storage; by several causes, joined.
FOR_ROOM = 0
UNKEPT = -1
DAMAGED = -2
SEVERAL = -3


def leaf_hash(message: bytes) -> bytes:
    """Return the 32 bytes by which the log knows a message (RFC 9162 section 2.1.1)."""
    return bytes(sha256(b"\x00" + message).digest())
