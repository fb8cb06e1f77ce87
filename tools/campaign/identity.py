"""The board's key, read out of its flash by other code than the board's own (mote.storage.slots).

magic 4 | generation u32 | its complement u32 | length u32 | payload | CRC-32       big-endian
"""

import struct
import zlib
from pathlib import Path

from sealmote.crypto import Signer
from sealmote.sim.storage import partitions
from sealwire import cbor
from sealwire.keys import PublicKey

_HEADER = struct.Struct(">4sIII")


def stored_key(flash: Path) -> PublicKey | None:
    """Return the public half of the key in the newest sound record, None without one."""
    region = partitions.partition("identity")
    with flash.open("rb") as file:
        file.seek(region.address)
        data = file.read(region.size)
    records = [_record(data[at : at + partitions.SECTOR]) for at in (0, partitions.SECTOR)]
    sound = sorted((record for record in records if record), key=lambda record: record[0])
    if not sound:
        return None
    fields = cbor.decode(sound[-1][1])
    assert isinstance(fields, list)
    return Signer(fields[1], fields[2]).public


def _record(slot: bytes) -> tuple[int, bytes] | None:
    magic, generation, complement, length = _HEADER.unpack_from(slot)
    end = _HEADER.size + length
    if magic != b"SMid" or generation ^ complement != 0xFFFFFFFF or end + 4 > len(slot):
        return None
    if zlib.crc32(slot[:end]) != int.from_bytes(slot[end : end + 4], "big"):
        return None
    return generation, slot[_HEADER.size : end]
