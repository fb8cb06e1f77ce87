"""What a gateway may say of a message, and by what it knows it: all that letting go of one takes."""

from hashlib import sha256

ACCEPTED = 0
DUPLICATE = 1
RETRY = 2
REFUSED = 3


def leaf_hash(message: bytes) -> bytes:
    """Return the 32 bytes by which the log knows a message (RFC 9162 section 2.1.1)."""
    return bytes(sha256(b"\x00" + message).digest())
