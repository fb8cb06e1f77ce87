"""Supported ESP32 chips: image ids, bootloader offsets, native architectures.

Sources: chip ids and bootloader offsets, ESP-IDF Programming Guide, "App Image Format" and
"Bootloader"; native architectures, MicroPython `ports/esp32` and `mpy-cross -h`; chip families,
ESP Web Tools' manifest.
"""

from dataclasses import dataclass
from typing import Final

from sealmote.board.errors import ImageError


@dataclass(frozen=True)
class Chip:
    """One chip: its names here and there.

    ``name`` is esptool's, ``image_id`` stands in every image's header, ``bootloader`` is the flash
    address of the second-stage bootloader, ``march`` is mpy-cross's native architecture,
    ``micropython`` the board name of MicroPython's generic image.
    """

    name: str
    title: str
    image_id: int
    bootloader: int
    march: str
    micropython: str


CHIPS: Final = (
    Chip("esp32", "ESP32", 0, 0x1000, "xtensawin", "ESP32_GENERIC"),
    Chip("esp32s3", "ESP32-S3", 9, 0x0, "xtensawin", "ESP32_GENERIC_S3"),
    Chip("esp32c3", "ESP32-C3", 5, 0x0, "rv32imc", "ESP32_GENERIC_C3"),
)

# Named in messages only: what a header may say that is none of ours.
_OTHERS: Final = {
    2: "ESP32-S2", 12: "ESP32-C2", 13: "ESP32-C6", 16: "ESP32-H2", 18: "ESP32-P4",
    20: "ESP32-C61", 23: "ESP32-C5",
}  # fmt: skip


def chip(name: str) -> Chip:
    """Chip by its name; ImageError names those that there are."""
    for known in CHIPS:
        if known.name == name:
            return known
    names = ", ".join(known.name for known in CHIPS)
    raise ImageError(f"no chip {name!r}: --chip is one of {names}")


def chip_of_image(image_id: int) -> Chip | None:
    """Chip with that id in its images' headers, or None."""
    return next((known for known in CHIPS if known.image_id == image_id), None)


def title_of_image(image_id: int) -> str:
    """Name, for people, of the chip with that id."""
    known = chip_of_image(image_id)
    return known.title if known else _OTHERS.get(image_id, f"chip number {image_id}")
