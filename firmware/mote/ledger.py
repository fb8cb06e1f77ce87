"""The numbers that the outbox gave up: [boot, first, last] and why, on flash until they are stated.

One file, replaced as a whole: written beside it, then renamed over it, which littlefs does
atomically. Adding is a set union, so doing it again after a power cut changes nothing.
"""

import errno
import os
import struct
from binascii import crc32

from sealwire._compat import const

from .log import Log

FOR_ROOM = const(0)  # dropped by the board; any other code is the gateway's final refusal
_ENTRY = ">IIII"  # boot, first, last, code
_ENTRY_SIZE = const(16)
_CRC_SIZE = const(4)

_log = Log("outbox")


class Ledger:
    """The dropped ranges, kept in the file ``path``."""

    def __init__(self, path: str) -> None:
        """Read the file. A damaged one is kept beside it, for a person, and a new one begun."""
        self._path = path
        self._entries: list[tuple[int, int, int, int]] = []
        self._saved = True
        try:
            with open(path, "rb") as file:
                data = file.read()
        except OSError as error:
            if error.errno != errno.ENOENT:
                raise
            return  # none yet
        body = data[:-_CRC_SIZE]
        if len(body) % _ENTRY_SIZE or crc32(body).to_bytes(4, "big") != data[-_CRC_SIZE:]:
            os.rename(path, path + ".damaged")
            _log.error("%s was damaged: numbers dropped before now go unstated" % path)
            return
        for offset in range(0, len(body), _ENTRY_SIZE):
            boot, first, last, code = struct.unpack_from(_ENTRY, body, offset)
            self._entries.append((boot, first, last, code))

    def ranges(self, limit: int) -> list[tuple[int, int, int]]:
        """Return up to ``limit`` of the ranges as (boot, first, last), oldest first."""
        return [entry[:3] for entry in self._entries[:limit]]

    def add(self, numbers: list[tuple[int, int, int]]) -> None:
        """Take up (boot, sequence, code) each. Durable on return.

        After an OSError they are taken up in RAM, and the next call writes them too.
        """
        if numbers:
            entries = self._entries + [(boot, n, n, code) for boot, n, code in numbers]
            self._entries = _merge(sorted(entries))
            self._saved = False
        if not self._saved:
            self._save()

    def forget(self, ranges: list[tuple[int, int, int]]) -> None:
        """Leave out ranges that an acknowledged statement has carried. Durable on return."""
        kept = [entry for entry in self._entries if entry[:3] not in ranges]
        if len(kept) != len(self._entries):
            self._entries = kept
            self._save()

    def _save(self) -> None:
        self._saved = False
        body = b"".join([struct.pack(_ENTRY, *entry) for entry in self._entries])
        beside = self._path + ".new"
        with open(beside, "wb") as file:
            file.write(body)
            file.write(crc32(body).to_bytes(4, "big"))
        os.rename(beside, self._path)  # durable from here on
        self._saved = True


def _merge(entries: list[tuple[int, int, int, int]]) -> list[tuple[int, int, int, int]]:
    merged: list[tuple[int, int, int, int]] = []
    for boot, first, last, code in entries:
        if merged:
            before = merged[-1]
            same = before[0] == boot and before[3] == code
            if same and first <= before[2] + 1:
                merged[-1] = (boot, before[1], max(last, before[2]), code)
                continue
        merged.append((boot, first, last, code))
    return merged
