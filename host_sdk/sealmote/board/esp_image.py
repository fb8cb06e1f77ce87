"""An image as the chip's bootloaders read it: header, segments, checksum, digest.

Format: ESP-IDF Programming Guide, "App Image Format". Parsing, checksum and digest are esptool's.
"""

import hashlib
import struct
from dataclasses import dataclass
from typing import Final

from esptool.bin_image import ESP32FirmwareImage, LoadFirmwareImage

from sealmote.board.chips import Chip, title_of_image
from sealmote.board.errors import BaseImageError
from sealmote.flash_layout import MIB

MAGIC: Final = 0xE9
_HEADER_BYTES: Final = 24
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
    try:
        image: ESP32FirmwareImage = LoadFirmwareImage(chip.name, data)
        calculated = image.calculate_checksum()
    except (RuntimeError, struct.error, TypeError) as error:  # esptool's own are RuntimeErrors
        raise BaseImageError(f"{what} is cut short or damaged ({error}): {_fetch(chip)}") from error
    if image.checksum != calculated:
        raise BaseImageError(f"{what} is damaged, its checksum does not hold: {_fetch(chip)}")
    if not image.append_digest or image.stored_digest != image.calc_digest:
        raise BaseImageError(f"{what} is damaged, its digest does not hold: {_fetch(chip)}")
    body = int(image.data_length)
    segments = tuple(bytes(segment.data) for segment in image.segments)
    return EspImage(data[: body + _DIGEST_BYTES], body, segments)


def _fetch(chip: Chip) -> str:
    return (
        f"get {chip.micropython} (.bin) from https://micropython.org/download/{chip.micropython}/"
    )
