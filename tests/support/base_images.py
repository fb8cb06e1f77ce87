"""Stand-ins for MicroPython's published images: the same layout, sound headers, checksums, digests.

Made with esptool's own image classes. They hold what a build looks at, and no code.
"""

import struct
from typing import Any

from esptool.bin_image import (
    ELFSection,
    ESP32C3FirmwareImage,
    ESP32FirmwareImage,
    ESP32S3FirmwareImage,
)

from sealmote.board.chips import Chip
from sealmote.flash_layout import TABLE_ADDRESS, Layout, Partition

APP_ADDRESS = 0x10000
# MicroPython's own table has neither identity nor filesystem (`ports/esp32/partitions-4MiBplus.csv`).
STOCK = Layout(
    (
        Partition("nvs", 1, 2, 0x9000, 0x6000),
        Partition("phy_init", 1, 1, 0xF000, 0x1000),
        Partition("factory", 0, 0, APP_ADDRESS, 0x1F0000),
    )
)
_CLASSES: dict[str, Any] = {
    "esp32": ESP32FirmwareImage,
    "esp32s3": ESP32S3FirmwareImage,
    "esp32c3": ESP32C3FirmwareImage,
}
# Where each chip maps constants out of flash, and some of its RAM (esptool's targets).
_ADDRESSES = {
    "esp32": (0x3F400020, 0x3FFF0030),
    "esp32s3": (0x3C000020, 0x3FC88000),
    "esp32c3": (0x3C000020, 0x3FC80000),
}


def base_image(
    chip: Chip, *, release: str = "v1.29.0", app_size: int = 0x20000, layout: Layout = STOCK
) -> bytes:
    """Return what micropython.org would publish for a chip; the file begins at its bootloader."""
    flash, ram = _ADDRESSES[chip.name]
    bootloader = _image(chip, ram, b"second stage".ljust(0x200, b"\x90"), size_code=0x20)
    application = _image(chip, flash, _application(release, app_size), size_code=0x20)
    image = bytearray(bootloader)
    image += b"\xff" * (TABLE_ADDRESS - chip.bootloader - len(image)) + layout.encode()
    image += b"\xff" * (APP_ADDRESS - chip.bootloader - len(image)) + application
    return bytes(image)


def _application(release: str, size: int) -> bytes:
    description = struct.pack(
        "<II8s32s32s16s16s32s", 0xABCD5432, 0, b"", release.encode(), b"micropython",
        b"12:00:00", b"Aug 24 2026", b"v5.5.1",
    )  # fmt: skip
    banner = f"MicroPython {release} on 2026-08-24; Generic module".encode()
    return (description.ljust(256, b"\0") + banner + b"\0").ljust(size, b"\x5a")


def _image(chip: Chip, address: int, data: bytes, *, size_code: int) -> bytes:
    image = _CLASSES[chip.name]()
    image.entrypoint = address
    image.flash_mode = 2  # DIO
    image.flash_size_freq = size_code
    image.segments = [ELFSection(b".rodata", address, data, 0)]
    made = image.save(None)
    assert isinstance(made, bytes)
    return made
