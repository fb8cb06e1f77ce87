"""Identity slots: a record that survives a power cut, in two slots with generation and CRC-32.

A slot is one erase block of a partition of two, `identity` or `trial`:

    magic 4 | generation u32 | its complement u32 | length u32 | payload | CRC-32 of all before it

Integers are big-endian. A write goes to the slot that is not current: erase, program, read back,
compare. Only then is it current, so a cut at any moment leaves the record before it.

An empty partition is a new board and a damaged one is not, and the two must never be mistaken for
each other: a new key made in silence would orphan the old one. The only damage that counts as new
is what an unfinished first write leaves: the second slot blank, and in the first no header bit
cleared that generation 1 keeps set. Flash programming only clears bits, and from `create` on both
slots are programmed before anybody sees the record, so no later state looks like that.
"""

import struct
from binascii import crc32

from mote.errors import SlotError
from sealwire._compat import TYPE_CHECKING, const

if TYPE_CHECKING:
    from esp32 import Partition

_MAGIC = b"SMid"
_HEADER = ">4sIII"
_HEADER_SIZE = const(16)
_CRC_SIZE = const(4)
_LENGTH_MAX = const(512)
_ERASE = const(6)  # ioctl of the block protocol: erase one block
_LAST_GENERATION = const(0xFFFFFFFE)
# Programmed with padding to this many bytes, which suits flash encryption's 16 too.
_ALIGN = const(32)

_MEND = (
    "restore it from a backup or erase the partition: the board then is a new one with a new key"
)


def find_partition(label: str = "identity") -> "Partition":
    """Return the board's partition of that name. Raises `SlotError` where the flash has none."""
    from esp32 import Partition  # here: the rest of this module runs on any block device

    found = Partition.find(Partition.TYPE_DATA, label=label)
    if not found:
        raise SlotError(
            "no partition named %s: flash the board with Sealmote's partition table" % label
        )
    partition: Partition = found[0]
    return partition


class Slots:
    """The two slots on a block device with 4-argument reads and writes (MicroPython's protocol).

    ``payload`` is the current record, None on a new board; ``generation`` counts the writes, 0 on a
    new board · ``doubtful``: the other slot holds neither a record nor nothing, so a newer record than
    the current one may have decayed in it. Raises `SlotError` when there is a record but none that can
    be trusted.
    """

    def __init__(self, device: "Partition") -> None:
        self._device = device
        self._current = 1  # so that a new board's first record goes to slot 0
        self.generation = 0
        self.payload: bytes | None = None
        newest = [self._read(0), self._read(1)]
        self.doubtful = any(newest[i] is None and not self._is_blank(i) for i in (0, 1))
        for index in (0, 1):
            record = newest[index]
            if record is not None and record[0] > self.generation:
                self.generation, self.payload = record
                self._current = index
        if self.payload is None and not self._is_new():
            raise SlotError("both identity records are damaged; " + _MEND)
        if self.generation == 1 and self.payload is not None:
            self.write(self.payload)  # a cut in the middle of create

    def create(self, payload: bytes) -> None:
        """Write a new board's first record, to both slots. Durable on return."""
        if self.generation:
            raise SlotError("a record exists already")
        self.write(payload)
        self.write(payload)

    def write(self, payload: bytes) -> None:
        """Replace the record. Durable on return; raises `SlotError` if the flash did not take it."""
        if self.generation >= _LAST_GENERATION:
            raise SlotError("the record has been written 2**32 times; " + _MEND)
        target = 1 - self._current
        record = _encode(self.generation + 1, payload)
        # Erased even where it reads blank: a cut erase leaves cells that read so and do not last.
        self._device.ioctl(_ERASE, target)
        self._device.writeblocks(target, record, 0)
        # Read back: only what the flash really holds makes this slot the current one.
        if self._read(target) != (self.generation + 1, payload):
            raise SlotError(
                "the identity partition did not take a write; the flash is worn or broken"
            )
        self._current = target
        self.generation += 1
        self.payload = payload

    def _read(self, index: int) -> tuple[int, bytes] | None:
        header = bytearray(_HEADER_SIZE)
        self._device.readblocks(index, header, 0)
        magic, generation, complement, length = struct.unpack(_HEADER, header)
        if magic != _MAGIC or generation ^ complement != 0xFFFFFFFF or length > _LENGTH_MAX:
            return None
        rest = bytearray(length + _CRC_SIZE)
        self._device.readblocks(index, rest, _HEADER_SIZE)
        payload = bytes(rest[:length])
        if crc32(payload, crc32(header)) != int.from_bytes(rest[length:], "big"):
            return None
        return generation, payload

    def _is_blank(self, index: int) -> bool:
        block = bytearray(256)
        for offset in range(0, 4096, len(block)):
            self._device.readblocks(index, block, offset)
            if block.count(b"\xff") != len(block):
                return False
        return True

    def _is_new(self) -> bool:
        if not self._is_blank(1):
            return False
        header = bytearray(_HEADER_SIZE)
        self._device.readblocks(0, header, 0)
        first = struct.pack(_HEADER, _MAGIC, 1, 0xFFFFFFFE, 0)
        # The length differs by record: its bits may all be cleared.
        return all(stored & bit == bit for stored, bit in zip(header, first))


def _encode(generation: int, payload: bytes) -> bytes:
    assert len(payload) <= _LENGTH_MAX
    record = bytearray(
        struct.pack(_HEADER, _MAGIC, generation, generation ^ 0xFFFFFFFF, len(payload))
    )
    record.extend(payload)
    record.extend(crc32(record).to_bytes(4, "big"))
    record.extend(b"\xff" * (-len(record) % _ALIGN))
    return bytes(record)
