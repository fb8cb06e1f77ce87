"""Parse littlefs metadata blocks one by one, where littlefs refuses the whole filesystem.

One damaged folder keeps littlefs from mounting, for all folders hang on one thread. Format: littlefs
SPEC.md, "Metadata pairs", "Metadata tags", "CTZ skip-lists" (disk version 2.0 and 2.1).
"""

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from zlib import crc32

from sealmote.flash_layout import SECTOR

Block = Callable[[int], bytes]
"""Number of a block -> its bytes."""
Pair = tuple[int, int]

_REGULAR, _FOLDER = 0x001, 0x002
_NAME, _STRUCT, _SPLICE, _CRC, _TAIL = (
    0x000,
    0x200,
    0x400,
    0x500,
    0x600,
)  # upper three bits of a type
_CREATE, _DELETE, _HARD_TAIL = 0x401, 0x4FF, 0x601
_FOLDER_AT, _INLINE, _CTZ = 0x200, 0x201, 0x202
_FORWARD: Final = 0xFFFFFFFF
_NO_BLOCK: Final = 0xFFFFFFFF


class DamageError(Exception):
    """Something of the filesystem that cannot be read; never leaves this package."""


@dataclass
class Entry:
    """One file or folder: its type and name, and where its content is (a type of struct, its bytes)."""

    kind: int = 0
    name: bytes = b""
    struct: int = 0
    data: bytes = b""

    @property
    def is_folder(self) -> bool:
        """Whether it is one."""
        return self.kind == _FOLDER

    @property
    def is_file(self) -> bool:
        """Whether it is one."""
        return self.kind == _REGULAR

    @property
    def pair(self) -> Pair:
        """Where a folder's own entries are. Raises DamageError."""
        if self.struct != _FOLDER_AT or len(self.data) != 8:
            raise DamageError
        return struct.unpack("<II", self.data)

    def content(self, block: Block, limit: int) -> bytes:
        """Bytes of a file of up to ``limit``. Raises DamageError."""
        if self.struct == _INLINE:
            return self.data
        if self.struct != _CTZ or len(self.data) != 8:
            raise DamageError
        head, size = struct.unpack("<II", self.data)
        if size > limit:
            raise DamageError
        return _chain(block, head, size)


@dataclass
class Folder:
    """Entries of one metadata block, and the pair in which they go on."""

    revision: int
    entries: list[Entry] = field(default_factory=list)
    further: Pair | None = None


def newest(block: Block, pair: Pair) -> Folder:
    """Return what the newer sound half of a pair says. Raises DamageError if neither is sound."""
    halves = [found for number in pair if (found := parse(block(number))) is not None]
    if not halves:
        raise DamageError
    # Revisions are counted in 32 bits and wrap.
    if len(halves) == 2 and (halves[1].revision - halves[0].revision) % 2**32 < 2**31:
        return halves[1]
    return halves[0]


def parse(data: bytes) -> Folder | None:
    """Return what a block's sound commits say, None if not even the first one is sound."""
    (revision,) = struct.unpack_from("<I", data)
    folder = Folder(revision)
    pending: list[tuple[int, int, bytes]] = []
    sound, previous, at, crc = False, _FORWARD, 4, _crc(_FORWARD, data[:4])
    while at + 4 <= len(data):
        (stored,) = struct.unpack_from(">I", data, at)
        tag = stored ^ previous
        size = 0 if tag & 0x3FF == 0x3FF else tag & 0x3FF
        if tag >> 31 or at + 4 + size > len(data):
            break
        content = data[at + 4 : at + 4 + size]
        crc = _crc(crc, data[at : at + 4])
        kind, number, previous = tag >> 20 & 0x7FF, tag >> 10 & 0x3FF, tag
        if kind & 0x780 == _CRC:
            if size < 4 or struct.unpack_from("<I", content)[0] != crc:
                break
            for step in pending:
                _apply(folder, *step)
            sound, pending, crc = True, [], _FORWARD
            previous ^= (kind & 1) << 31
        else:
            crc = _crc(crc, content)
            pending.append((kind, number, content))
        at += 4 + size
    return folder if sound else None


def _crc(crc: int, data: bytes) -> int:
    """Go on with littlefs's CRC-32, which is zlib's without the inversions."""
    return crc32(data, crc ^ _FORWARD) ^ _FORWARD


def _apply(folder: Folder, kind: int, number: int, content: bytes) -> None:
    entries = folder.entries
    if kind == _HARD_TAIL and len(content) == 8:
        first, second = struct.unpack("<II", content)
        folder.further = None if _NO_BLOCK in (first, second) else (first, second)
    elif kind == _CREATE:
        entries.insert(number, Entry())
    elif kind == _DELETE:
        del entries[number : number + 1]
    elif kind & 0x700 in (_NAME, _STRUCT):
        while number >= len(entries):  # a compacted folder has no more CREATE tags
            entries.append(Entry())
        if kind & 0x700 == _NAME:
            entries[number].kind, entries[number].name = kind, content
        else:
            entries[number].struct, entries[number].data = kind, content


def _chain(block: Block, head: int, size: int) -> bytes:
    """Return a file's content: a list of blocks from the last to the first."""
    if not size:
        return b""
    index, end = _last(size - 1)
    parts: list[bytes] = []
    number = head
    while True:
        data = block(number)
        pointers = 4 * ((index & -index).bit_length()) if index else 0
        parts.append(data[pointers:end])
        if not index:
            break
        (number,) = struct.unpack_from("<I", data)
        index, end = index - 1, SECTOR
    return b"".join(reversed(parts))


def _last(offset: int) -> tuple[int, int]:
    """Return in which block of a file an offset lies, and where in that block the byte after it is."""
    room = SECTOR - 8
    index = offset // room
    if index:
        index = (offset - 4 * ((index - 1).bit_count() + 2)) // room
    return index, offset - room * index - 4 * index.bit_count() + 1
