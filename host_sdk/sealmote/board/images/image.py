"""Flash images: regions and their layout; built from a base image and the firmware."""

import ast
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sealmote import flash_layout
from sealmote.board.chips import Chip
from sealmote.board.errors import ImageError
from sealmote.board.images import base_image, filesystem, mpy
from sealmote.board.images.base_image import BaseImage
from sealmote.flash_layout import FLASH_SIZES, SECTOR, TABLE_ADDRESS, TABLE_BYTES, Layout, Partition

_VERSION_FILE: Final = "/mote/__init__.py"


@dataclass(frozen=True)
class Region:
    """Bytes for one place in the flash."""

    name: str
    address: int
    data: bytes

    @property
    def end(self) -> int:
        """The first address behind it."""
        return self.address + len(self.data)


@dataclass(frozen=True)
class Image:
    """Regions in the order of their addresses, none over another; ``chip`` None: for any of them."""

    chip: Chip | None
    regions: tuple[Region, ...]

    def __post_init__(self) -> None:
        end = 0
        for region in self.regions:
            if region.address < end or not region.data:
                raise ImageError(
                    f"region {region.name} is empty or lies over another: build it anew"
                )
            end = region.end

    def touches(self, address: int, size: int) -> bool:
        """Say whether flashing it would change that part of the flash; whole sectors are erased."""
        return any(
            region.address // SECTOR * SECTOR < address + size
            and region.end > address // SECTOR * SECTOR
            for region in self.regions
        )

    @property
    def layout(self) -> Layout | None:
        """Layout that its partition table gives, None where it has no sound one."""
        for region in self.regions:
            if region.address <= TABLE_ADDRESS < region.end:
                start = TABLE_ADDRESS - region.address
                return flash_layout.parse(region.data[start : start + TABLE_BYTES])
        return None

    def with_region(self, added: Region) -> "Image":
        """Image with one region more. Raises ImageError if it lies over another."""
        regions = sorted((*self.regions, added), key=lambda region: region.address)
        return Image(self.chip, tuple(regions))


@dataclass(frozen=True)
class Built:
    """An image, and what it was made of."""

    image: Image
    base: BaseImage
    version: str
    files: dict[str, bytes]


def build(
    base: BaseImage,
    firmware: Mapping[str, bytes],
    flash_size: int = FLASH_SIZES[0],
    drivers: Mapping[str, bytes] | None = None,
) -> Built:
    """Return Sealmote for a base image's chip: ``firmware`` by its paths on the board, compiled.

    ``drivers``: more of them, as `drivers.read` gives them.

    Raises BaseImageError if the application does not fit, ToolError if mpy-cross is not of the base
    image's release, ImageError if the files do not fit.
    """
    plain = _system(base, flash_size)
    files = mpy.compile_files(firmware, base.chip, base.release)
    files |= mpy.compile_drivers(drivers or {}, base.chip, base.release)
    vfs = flash_layout.layout(flash_size).partition("vfs")
    made = filesystem.make(files, vfs.size)
    runs = tuple(
        Region(f"filesystem-{number}", vfs.address + offset, data)
        for number, (offset, data) in enumerate(filesystem.in_use(made), start=1)
    )
    return Built(Image(base.chip, plain + runs), base, _version(firmware), files)


def stock(base: BaseImage, flash_size: int = FLASH_SIZES[0]) -> Built:
    """Return plain MicroPython for a board that had Sealmote; identity and data partition stay.

    The filesystem's superblocks are blanked, so that MicroPython makes a new one at its first start.
    """
    vfs = flash_layout.layout(flash_size).partition("vfs")
    blank = Region("filesystem-1", vfs.address, b"\xff" * (2 * SECTOR))
    return Built(Image(base.chip, (*_system(base, flash_size), blank)), base, base.release, {})


def fresh_data(place: Partition) -> Region:
    """Return the littlefs of a board that keeps nothing yet; it overwrites what was there."""
    return Region("data", place.address, filesystem.make({}, place.size)[: 2 * SECTOR])


def _system(base: BaseImage, flash_size: int) -> tuple[Region, ...]:
    layout = flash_layout.layout(flash_size)
    slot = layout.partition("factory")
    base_image.check_fit(base, slot)
    return (
        Region("bootloader", base.chip.bootloader, base.bootloader.with_flash_size(flash_size)),
        Region("partition-table", flash_layout.TABLE_ADDRESS, layout.encode()),
        Region("application", slot.address, base.application.data),
    )


def _version(firmware: Mapping[str, bytes]) -> str:
    """Return VERSION of the firmware's package, read without running it."""
    for statement in ast.parse(firmware.get(_VERSION_FILE, b"")).body:
        match statement:
            case ast.Assign(
                targets=[ast.Name(id="VERSION")], value=ast.Constant(value=str(version))
            ):
                return version
    raise ImageError(f"the firmware has no VERSION in {_VERSION_FILE}: name Sealmote's own folder")
