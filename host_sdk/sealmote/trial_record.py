"""Reads the trial record: which application filesystem is good, and whether the other is on trial.

The partition has two slots of one sector each, written in turn (firmware/mote/storage/slots.py):

    magic 4 | generation u32 | its complement u32 | length u32 | payload | CRC-32 of all before it

and the record is the newest payload (firmware/mote/storage/trial.py): version, good, phase, starts
left, a byte each.
"""

import struct
import zlib
from dataclasses import dataclass
from typing import Final

from sealmote.flash_layout import SECTOR, SLOTS

_MAGIC: Final = b"SMid"
_HEADER: Final = struct.Struct(">4sIII")
_VERSION: Final = 1
_PHASES: Final = ("none", "due", "running", "failed")


@dataclass(frozen=True)
class Trial:
    """The record: labels of partitions, and what is on trial: "none", "due", "running" or "failed"."""

    good: str
    phase: str
    starts: int

    @property
    def other(self) -> str:
        """The filesystem that is not the good one."""
        return SLOTS[1 - SLOTS.index(self.good)]

    @property
    def runs(self) -> str:
        """The filesystem that the next start runs."""
        tried = self.phase in ("due", "running") and self.starts > 0
        return self.other if tried else self.good

    @property
    def explanation(self) -> str:
        """What is on trial, for people; empty where nothing is."""
        if self.phase in ("due", "running"):
            return f"{self.other} is on trial, {self.starts} starts left; {self.good} is good"
        return f"{self.other} failed its trial; {self.good} runs" if self.phase == "failed" else ""


def parse(content: bytes) -> Trial | None:
    """Record in the bytes of the partition `trial`; None where there is none that a board would take."""
    if content == b"\xff" * len(content):
        return Trial(SLOTS[0], "none", 0)
    match newest(content):
        case bytes(payload) if len(payload) == 4:
            version, good, phase, starts = payload
            if version == _VERSION and good < len(SLOTS) and phase < len(_PHASES):
                return Trial(SLOTS[good], _PHASES[phase], starts)
    return None


def newest(content: bytes) -> bytes | None:
    """Newest payload in the two slots of a partition, None without a sound one."""
    records = [_record(content[at : at + SECTOR]) for at in (0, SECTOR)]
    sound = sorted(record for record in records if record)
    return sound[-1][1] if sound else None


def _record(slot: bytes) -> tuple[int, bytes] | None:
    magic, generation, complement, length = _HEADER.unpack_from(slot)
    end = _HEADER.size + length
    if magic != _MAGIC or generation ^ complement != 0xFFFFFFFF or end + 4 > len(slot):
        return None
    if zlib.crc32(slot[:end]) != int.from_bytes(slot[end : end + 4], "big"):
        return None
    return generation, slot[_HEADER.size : end]
