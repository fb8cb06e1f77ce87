"""Boot stages before MicroPython: what ROM and second-stage bootloader check and print.

Messages are those of the chips' ROMs and of ESP-IDF's bootloader, shortened.
"""

from dataclasses import dataclass
from typing import Final

from sealmote import flash_layout
from sealmote.board.chips import Chip, chip_of_image
from sealmote.board.errors import BaseImageError
from sealmote.board.images import esp_image
from sealmote.flash_layout import TABLE_ADDRESS, TABLE_BYTES
from sealmote.sim.virtual.efuses import Efuses

_MICROPYTHON: Final = b"MicroPython"


@dataclass(frozen=True)
class Rom:
    """What a chip's ROM prints first: its name, and the mode that the straps chose."""

    banner: str
    power_on: str
    from_flash: str
    download: str

    def boots(self) -> bytes:
        """Lines of a start from flash."""
        return self._lines(self.from_flash)

    def waits(self) -> bytes:
        """Lines of a start into download mode."""
        return self._lines(self.download) + b"waiting for download\r\n"

    def _lines(self, mode: str) -> bytes:
        return f"{self.banner}\r\nrst:{self.power_on},boot:{mode}\r\n".encode()


ROMS: Final = {
    "esp32": Rom(
        "ets Jul 29 2019 12:21:46\r\n", "0x1 (POWERON_RESET)", "0x13 (SPI_FAST_FLASH_BOOT)",
        "0x3 (DOWNLOAD_BOOT(UART0/UART1/SDIO_REI_REO_V2))",
    ),
    "esp32s3": Rom(
        "ESP-ROM:esp32s3-20210327\r\nBuild:Mar 27 2021", "0x1 (POWERON)",
        "0x8 (SPI_FAST_FLASH_BOOT)", "0x0 (DOWNLOAD(USB/UART0))",
    ),
    "esp32c3": Rom(
        "ESP-ROM:esp32c3-api1-20210207\r\nBuild:Feb  7 2021", "0x1 (POWERON)",
        "0xc (SPI_FAST_FLASH_BOOT)", "0x4 (DOWNLOAD(USB/UART0/1))",
    ),
}  # fmt: skip


def why_it_does_not_start(flash: bytes, chip: Chip, efuses: Efuses) -> str | None:
    """Say, in the chip's own words, why these bytes do not start; None if MicroPython does.

    With eFuses burnt for secure boot or encryption nothing does: nothing here is signed or encrypted.

    `flash` is all of it. Checked is what ROM and bootloader check: headers, checksums, digests, and the
    partition table; and that the application is MicroPython, for nothing else can run here.
    """
    if efuses.secure_boot:
        return "secure boot verification failed"
    if efuses.encryptions.bit_count() % 2:
        return "flash read err: what the chip decrypts is no bootloader"
    if flash[chip.bootloader] != esp_image.MAGIC:
        word = int.from_bytes(flash[chip.bootloader : chip.bootloader + 4], "little")
        return f"invalid header: {word:#010x}"
    try:
        esp_image.parse(flash[chip.bootloader : TABLE_ADDRESS], chip, "the bootloader")
    except BaseImageError as error:
        return f"csum err: {error}"
    layout = flash_layout.parse(flash[TABLE_ADDRESS : TABLE_ADDRESS + TABLE_BYTES])
    slot = layout.application() if layout else None
    if slot is None:
        return "E (39) boot: Failed to verify partition table"
    return _why_not(flash[slot.address : slot.end], chip)


def _why_not(content: bytes, chip: Chip) -> str | None:
    number = esp_image.image_id(content)
    if number is None:
        return (
            f"E (60) esp_image: image at {'0x10000'} has invalid magic byte\r\n"
            "E (61) boot: No bootable app partitions in the partition table"
        )
    found = chip_of_image(number)
    if found is not chip:
        return (
            f"E (60) boot_comm: mismatch chip ID, expected {chip.image_id}, found {number}\r\n"
            "E (61) boot: No bootable app partitions in the partition table"
        )
    try:
        image = esp_image.parse(content, chip, "the application")
    except BaseImageError as error:
        return f"E (60) esp_image: {error}\r\nE (61) boot: Factory app partition is not bootable"
    if not any(_MICROPYTHON in segment for segment in image.segments):
        return "sealmote: the application is not MicroPython, and a virtual board runs nothing else"
    return None
