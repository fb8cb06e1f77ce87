"""Relocation: configuration and outbox move to where another layout has its data partition."""

from sealmote.board.errors import ImageError, RefusedError
from sealmote.board.flash.device_state import DeviceState, Read, Store
from sealmote.board.images.image import Image, Region, littlefs
from sealmote.board.recovery.salvage import salvage
from sealmote.flash_layout import SECTOR, Partition


def destination(image: Image, store: Store) -> Partition | None:
    """Return where an image's table puts the data that a board's own table has elsewhere.

    None where it stays, where the image brings its own, and where there is nothing that mounts.
    """
    layout = image.layout
    place = layout.find("data") if layout else None
    if place is None or not (store.named and store.mounts):
        return None
    stays = (place.address, place.size) == (store.address, store.size)
    return None if stays or image.touches(place.address, place.size) else place


def relocated(
    read: Read, found: DeviceState, place: Partition, *, force: bool
) -> tuple[Region, ...]:
    """Return what is to be written first of all: the old filesystem's end, and the new one with its files.

    The old superblocks become zeros, not blank: a relocation that was cut short leaves a board whose data
    does not mount, which the next attempt refuses to overwrite. Raises RefusedError.
    """
    store = found.store
    held = salvage(lambda offset, size: read(store.address + offset, size), store.size)
    if held.lost and not force:
        raise RefusedError(
            f"board {found.mac} has data that cannot be read ({', '.join(held.lost)}): --force leaves it "
            "behind, and keeps a backup of it"
        )
    try:
        made = tuple(littlefs(place.label, held.files, place))
    except ImageError as error:
        raise RefusedError(
            f"board {found.mac} has more readings than the {place.size // 1024} KiB of its new data "
            f"partition hold ({error}): let it send them first"
        ) from error
    return (Region("former-data", store.address, bytes(2 * SECTOR)), *made)
