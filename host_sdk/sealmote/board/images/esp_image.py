"""Parse Espressif application images: header, segments, checksum, digest.

Format: ESP-IDF Programming Guide, "App Image Format". After the header of 24 bytes come the segments, each
behind its address and length; then padding up to the last byte of a block of 16, which is the checksum:
0xEF and every byte of the segments, by exclusive or. A SHA-256 of all that may follow.
"""

import hashlib
import struct
from dataclasses import dataclass
from functools import reduce
from operator import xor
from typing import Final

from sealmote.board.chips import Chip, title_of_image
from sealmote.board.errors import BaseImageError
from sealmote.flash_layout import MIB

MAGIC: Final = 0xE9
_HEADER_BYTES: Final = 24
_HASHED: Final = 23  # offset of the flag that says that the digest follows
_SEGMENT: Final = struct.Struct("<II")
_CHECKSUM_SEED: Final = 0xEF
_SIZE_CODES: Final = {MIB: 0, 2 * MIB: 1, 4 * MIB: 2, 8 * MIB: 3, 16 * MIB: 4}
_DIGEST_BYTES: Final = 32


@dataclass(frozen=True)
class EspImage:
    """One sound image: exactly its bytes, and what its first segments hold."""

    data: bytes
    body: int  # bytes before the digest
    segments: tuple[bytes, ...]

    def with_flash_size(self, size: int) -> bytes:
        """Image that tells the bootloader of a flash of that many bytes, its digest made anew.

        esptool changes this only when asked, and only at the bootloader's own address.
        """
        patched = bytearray(self.data[: self.body])
        patched[3] = _SIZE_CODES[size] << 4 | patched[3] & 0x0F
        return bytes(patched) + hashlib.sha256(patched).digest()


def image_id(data: bytes) -> int | None:
    """Chip id in an image's header (ESP-IDF `esp_image_header_t`), or None if it is no image."""
    if len(data) < _HEADER_BYTES or data[0] != MAGIC:
        return None
    (found,) = struct.unpack_from("<H", data, 12)
    assert isinstance(found, int)
    return found


def parse(data: bytes, chip: Chip, what: str) -> EspImage:
    """Read the image at the start of ``data``; what follows it is left out.

    Raises BaseImageError if it is no image, another chip's, or damaged; ``what`` names it.
    """
    found = image_id(data)
    if found is None:
        raise BaseImageError(f"{what} is no image for an Espressif chip: {_fetch(chip)}")
    if found != chip.image_id:
        raise BaseImageError(
            f"{what} is for the {title_of_image(found)}, not the {chip.title}: name that chip with "
            f"--chip, or {_fetch(chip)}"
        )
    segments, body = _segments(data, chip, what)
    checksum = reduce(xor, b"".join(segments), _CHECKSUM_SEED)
    if data[body - 1] != checksum:
        raise BaseImageError(f"{what} is damaged, its checksum does not hold: {_fetch(chip)}")
    digest = hashlib.sha256(data[:body]).digest()
    if data[_HASHED] != 1 or data[body : body + _DIGEST_BYTES] != digest:
        raise BaseImageError(f"{what} is damaged, its digest does not hold: {_fetch(chip)}")
    return EspImage(data[: body + _DIGEST_BYTES], body, segments)


def _segments(data: bytes, chip: Chip, what: str) -> tuple[tuple[bytes, ...], int]:
    """Return the segments' bytes, and how many bytes there are up to and with the checksum."""
    found, at = [], _HEADER_BYTES
    for _ in range(data[1]):
        begin = at + _SEGMENT.size
        size = _SEGMENT.unpack_from(data, at)[1] if begin <= len(data) else len(data)
        at = begin + size
        if at > len(data):
            raise BaseImageError(f"{what} is cut short or damaged: {_fetch(chip)}")
        found.append(data[begin:at])
    body = at + 16 - at % 16
    if body > len(data):
        raise BaseImageError(f"{what} is cut short: {_fetch(chip)}")
    return tuple(found), body


def _fetch(chip: Chip) -> str:
    return (
        f"get {chip.micropython} (.bin) from https://micropython.org/download/{chip.micropython}/"
    )
