"""Parse MicroPython's published .bin: bootloader, partition table, application.

The file begins at the chip's bootloader address (MicroPython `ports/esp32/makeimg.py`).
"""

import hashlib
import re
import struct
from dataclasses import dataclass
from typing import Final

from sealmote import flash_layout
from sealmote.board.chips import Chip
from sealmote.board.errors import BaseImageError
from sealmote.board.images import esp_image
from sealmote.board.images.esp_image import EspImage
from sealmote.flash_layout import Partition

# What MicroPython prints when its REPL starts (`py/mpversion`, `MICROPY_BANNER_NAME_AND_VERSION`).
_BANNER: Final = re.compile(
    rb"MicroPython v?(\d{1,3}\.\d{1,3}(?:\.\d{1,3})?)([^ \0]{0,40}) on \d{4}-"
)
# ESP-IDF `esp_app_desc_t`: magic, ..., version 32, project 32, time 16, date 16, idf_ver 32.
_DESCRIPTION: Final = struct.Struct("<II8s32s32s16s16s32s")
_DESCRIPTION_MAGIC: Final = 0xABCD5432
_SUGGESTED: Final = "use the generic image of a release"


@dataclass(frozen=True)
class BaseImage:
    """A base image, taken apart; ``release`` such as "1.29.0", ``idf`` the ESP-IDF it was built with."""

    chip: Chip
    bootloader: EspImage
    application: EspImage
    release: str
    idf: str
    sha256: bytes


def parse(data: bytes, chip: Chip) -> BaseImage:
    """Take a published .bin apart; BaseImageError if it is not one of that chip, whole."""
    bootloader = esp_image.parse(data, chip, "the base image")
    at = flash_layout.TABLE_ADDRESS - chip.bootloader
    if len(bootloader.data) > at:
        raise BaseImageError(
            "the base image has an application where its bootloader should be: use the .bin for a "
            "new installation, not the one for an update over the air (.app-bin)"
        )
    table = flash_layout.parse(data[at : at + flash_layout.TABLE_BYTES])
    slot = table.application() if table else None
    if slot is None:
        raise BaseImageError(f"the base image has no sound partition table: {_SUGGESTED}")
    found = esp_image.parse(data[slot.address - chip.bootloader :], chip, "its application")
    release = _release(found)
    return BaseImage(chip, bootloader, found, release, _idf(found), hashlib.sha256(data).digest())


def check_fit(base: BaseImage, slot: Partition) -> None:
    """Raise BaseImageError unless the application fits into the slot of our layout."""
    size = len(base.application.data)
    if size > slot.size:
        raise BaseImageError(
            f"the application is {size - slot.size} bytes too large for its slot of {slot.size} "
            "bytes, behind which the identity lies: use the generic image of a release, without "
            "modules frozen into it"
        )


def _release(application: EspImage) -> str:
    found = {match for segment in application.segments for match in _BANNER.findall(segment)}
    if not found:
        raise BaseImageError(f"the base image is not MicroPython: {_SUGGESTED}")
    number, suffix = min(found)
    if len(found) > 1 or suffix:
        named = (number + suffix).decode("ascii", "replace")
        raise BaseImageError(
            f"the base image is MicroPython {named}, between releases, and no mpy-cross is known to "
            f"match it: {_SUGGESTED}"
        )
    text: str = number.decode()
    return text if text.count(".") == 2 else f"{text}.0"


def _idf(application: EspImage) -> str:
    first = application.segments[0] if application.segments else b""
    if len(first) < _DESCRIPTION.size:
        return ""
    magic, *_, idf = _DESCRIPTION.unpack_from(first)
    if magic != _DESCRIPTION_MAGIC:
        return ""
    text: str = idf.rstrip(b"\0").decode("ascii", "replace")
    return text
