"""Reading a segment file's frames back, past those that are damaged."""

import struct
from binascii import crc32

from mote.storage.frame import HEAD, HEAD_SIZE, IDENTITY, IDENTITY_SIZE
from sealwire._compat import TYPE_CHECKING, const
from sealwire.sealer import MAX_MESSAGE

if TYPE_CHECKING:
    from collections.abc import Generator
    from io import BufferedReader

_BODY_MAX = const(8 + 1024 + 16)  # unlike messages make a delta a little longer than themselves


def body_at(file: "BufferedReader", at: int, most: int) -> bytes | None:
    """Return the body of the frame at an offset; None unless it is whole, sound and no longer than that.

    It takes what it needs: a heap that is nearly full has no room for the longest.
    """
    raw = bytearray(HEAD_SIZE)
    file.seek(at)
    if file.readinto(raw) != HEAD_SIZE:
        return None
    length, crc = struct.unpack(HEAD, raw)
    if not 0 < length <= most:
        return None
    body: bytes = file.read(length)
    return body if len(body) == length and crc32(body) == crc else None


def read_reference(file: "BufferedReader") -> tuple[bytes | None, int]:
    """Return the reference and where the frames begin; without a sound one, None and a guess."""
    first = body_at(file, 0, MAX_MESSAGE)
    if first is not None:
        return first, 2 * (HEAD_SIZE + len(first))
    # The second copy follows the first, whose length may be what rotted.
    for length in range(1, MAX_MESSAGE + 1):
        second = body_at(file, HEAD_SIZE + length, length)
        if second is not None and len(second) == length:
            return second, 2 * (HEAD_SIZE + length)
    return None, 0


def frames(
    file: "BufferedReader", at: int, size: int
) -> "Generator[tuple[tuple[int, int], memoryview | None, int]]":
    """Yield (boot, sequence), the delta and the end of each frame; no delta where it is damaged."""
    while at < size:
        body = body_at(file, at, _BODY_MAX)
        if body is not None:
            number, encoded = _split(body)
            at += HEAD_SIZE + len(body)
            yield number, encoded, at
            continue
        claimed, after = _pass_over(file, at, size)
        if claimed:
            yield claimed, None, after or at
        if after is None:
            return  # nothing sound follows: torn
        at = after


def _pass_over(
    file: "BufferedReader", at: int, size: int
) -> tuple[tuple[int, int] | None, int | None]:
    """Return what a damaged frame claims as its number, and where the next begins.

    None for what is not there: the end of the file is near, or it is torn.
    """
    raw = bytearray(HEAD_SIZE + IDENTITY_SIZE)
    file.seek(at)
    if file.readinto(raw) != len(raw):
        return None, None
    length, _ = struct.unpack_from(HEAD, raw, 0)
    claimed = struct.unpack_from(IDENTITY, raw, HEAD_SIZE)
    end = at + HEAD_SIZE + length
    if end == size or body_at(file, end, _BODY_MAX) is not None:
        return claimed, end
    # The length itself is damaged: look for the next frame whose CRC holds.
    for end in range(at + 1, min(at + HEAD_SIZE + 2 * _BODY_MAX, size)):
        if body_at(file, end, _BODY_MAX) is not None:
            return claimed, end
    return claimed, None


def _split(body: bytes) -> tuple[tuple[int, int], memoryview]:
    boot, sequence = struct.unpack_from(IDENTITY, body, 0)
    return (boot, sequence), memoryview(body)[IDENTITY_SIZE:]
