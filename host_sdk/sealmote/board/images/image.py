"""Flash images: regions and their layout; built from a base image and the firmware."""

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Final

from sealmote import flash_layout
from sealmote.board.chips import Chip
from sealmote.board.errors import ImageError
from sealmote.board.images import base_image, filesystem, mpy
from sealmote.board.images.base_image import BaseImage
from sealmote.flash_layout import (
    FLASH_SIZES,
    SECTOR,
    SLOTS,
    TABLE_ADDRESS,
    TABLE_BYTES,
    Layout,
    Partition,
)

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
    loader: Mapping[str, bytes],
    flash_size: int = FLASH_SIZES[0],
    drivers: Mapping[str, bytes] | None = None,
) -> Built:
    """Return Sealmote for a base image's chip: ``firmware`` and ``loader`` by their paths on the board.

    The firmware goes into vfs_a, and a blank trial record says that this is what runs. Both are compiled.
    ``drivers``: more of the firmware's files, as `drivers.read` gives them.

    Raises BaseImageError if the application does not fit, ToolError if mpy-cross is not of the base
    image's release, ImageError if the files do not fit.
    """
    layout = flash_layout.layout(flash_size)
    plain = _system(base, layout, flash_size)
    files = mpy.compile_files(firmware, base.chip, base.release)
    files |= mpy.compile_drivers(drivers or {}, base.chip, base.release)
    loading = mpy.compile_files(loader, base.chip, base.release)
    regions = (
        *plain,
        blank(layout.partition("trial")),
        *littlefs("loader", loading, layout.partition("vfs")),
        *littlefs("filesystem", files, layout.partition(SLOTS[0])),
    )
    return Built(Image(base.chip, regions), base, _version(firmware), files)


def stock(base: BaseImage, flash_size: int = FLASH_SIZES[0]) -> Built:
    """Return plain MicroPython for a board that had Sealmote; identity and data partition stay.

    The filesystem's superblocks are blanked, so that MicroPython makes a new one at its first start.
    """
    layout = flash_layout.plain(flash_size)
    new = replace(layout.partition("vfs"), size=2 * SECTOR, label="filesystem-1")
    regions = (*_system(base, layout, flash_size), blank(new))
    return Built(Image(base.chip, regions), base, base.release, {})


def blank(place: Partition) -> Region:
    """Return a partition that is to be erased."""
    return Region(place.label, place.address, b"\xff" * place.size)


def littlefs(name: str, files: Mapping[str, bytes], place: Partition) -> Iterator[Region]:
    """Yield what is to be written for a partition to hold these files; ImageError if they do not fit."""
    made = filesystem.make(files, place.size)
    for number, (offset, data) in enumerate(filesystem.in_use(made), start=1):
        yield Region(f"{name}-{number}", place.address + offset, data)


def fresh_data(place: Partition) -> Region:
    """Return the littlefs of a board that keeps nothing yet; it overwrites what was there."""
    return Region("data", place.address, filesystem.make({}, place.size)[: 2 * SECTOR])


def _system(base: BaseImage, layout: Layout, flash_size: int) -> tuple[Region, ...]:
    slot = layout.application()
    assert slot is not None
    base_image.check_fit(base, slot)
    # Blank, it has the bootloader start the first application, whatever an update had it start before.
    otadata = layout.find("otadata")
    return (
        Region("bootloader", base.chip.bootloader, base.bootloader.with_flash_size(flash_size)),
        Region("partition-table", flash_layout.TABLE_ADDRESS, layout.encode()),
        *((blank(otadata),) if otadata else ()),
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
