"""Acknowledgements that refused something, kept in one file until a statement has named what they refused.

    (SHA-256 32 | length u16 | acknowledgement) each; integers are big-endian

A change writes a new file beside it and puts that in its place: what was there stays until then. A cut
between the two leaves the new one aside, and the next change writes over it.
"""

import errno
import os
import struct

from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from collections.abc import Generator
    from io import BufferedReader

    Entry = tuple[bytes, int, int]  # SHA-256, where its acknowledgement begins, and its length

_MAX = const(
    12288
)  # three blocks of flash: some fifty of one outcome each, or six of whole batches
_HEAD = ">32sH"
_HEAD_SIZE = const(34)
_CHUNK = const(256)


def entries(path: str) -> "list[Entry]":
    """Return what is in the file, none if there is no file."""
    found: list[Entry] = []
    try:
        with open(path, "rb") as file:
            head = file.read(_HEAD_SIZE)
            while len(head) == _HEAD_SIZE:
                digest, length = struct.unpack(_HEAD, head)
                found.append((digest, file.tell(), length))
                file.seek(length, 1)
                head = file.read(_HEAD_SIZE)
    except OSError as error:
        if error.errno != errno.ENOENT:
            raise
    return found


def keep(path: str, digest: bytes, answer: bytes, needed: set[bytes]) -> bool:
    """Keep an acknowledgement, and say whether there is room. Durable on return; raises OSError.

    For want of room those make place that no number waits for: all but ``needed``. Of those that
    numbers wait for the first stay, and what comes later is not kept.
    """
    found = entries(path)
    if digest in [entry[0] for entry in found]:
        return True
    room = _MAX - _HEAD_SIZE - len(answer)
    if _size(found) > room:
        found = [entry for entry in found if entry[0] in needed]
    if _size(found) > room:
        return False
    _write(path, found, digest, answer)
    return True


def drop(path: str, digests: set[bytes]) -> None:
    """Let go of these. Durable on return."""
    found = entries(path)
    left = [entry for entry in found if entry[0] not in digests]
    if not left and found:
        os.remove(path)
    elif len(left) < len(found):
        _write(path, left)


def _size(found: "list[Entry]") -> int:
    return sum([_HEAD_SIZE + entry[2] for entry in found])


def _write(path: str, found: "list[Entry]", digest: bytes = b"", answer: bytes = b"") -> None:
    """Put a file in place that has of the old one what was found, and one more."""
    new = path + ".new"
    try:
        with open(new, "wb") as to:
            if found:
                with open(path, "rb") as file:
                    for old, at, length in found:
                        to.write(struct.pack(_HEAD, old, length))
                        for chunk in chunks(file, at, length):  # noqa: FURB122 - MicroPython
                            to.write(chunk)
            if digest:
                to.write(struct.pack(_HEAD, digest, len(answer)))
                to.write(answer)
    except OSError:
        os.remove(new)
        raise
    os.rename(new, path)  # durable: littlefs replaces a file as one step


def chunks(file: "BufferedReader", at: int, length: int) -> "Generator[bytes]":
    """Yield what stands at an offset, in pieces: a heap may have no room for the whole."""
    file.seek(at)
    while length > 0:
        chunk = file.read(min(length, _CHUNK))
        if not chunk:
            return
        length -= len(chunk)
        yield chunk
