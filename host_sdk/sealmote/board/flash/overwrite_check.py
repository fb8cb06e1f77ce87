"""Overwrite check: what an image would destroy on a board, and what a backup saves."""

from sealmote import flash_layout
from sealmote.board.errors import ImageError
from sealmote.board.flash import relocation
from sealmote.board.flash.device_state import DeviceState, Read, Store
from sealmote.board.images.image import Image, Region
from sealmote.common.plural import counted
from sealmote.flash_layout import FLASH_SIZES, MIB, SECTOR, Partition


def check_suits(image: Image, state: DeviceState) -> None:
    """Raise ImageError if an image is for another chip, or larger than the board's flash."""
    check_chip(image, state.mac, state.chip)
    layout = image.layout
    end = max(image.regions[-1].end, *(p.end for p in layout.partitions) if layout else (0,))
    size = state.flash_size
    if size is not None and size < FLASH_SIZES[0]:
        raise ImageError(
            f"board {state.mac} has {size // MIB} MiB of flash, and {FLASH_SIZES[0] // MIB} MiB is the "
            "least that Sealmote fits into: use a board with more"
        )
    if size is not None and end > size:
        fits = max(one for one in FLASH_SIZES if one <= size) // MIB
        raise ImageError(
            f"the image needs {-(-end // MIB)} MiB of flash and board {state.mac} has "
            f"{size // MIB}: build one with --flash-size {fits}"
        )


def check_chip(image: Image, mac: str | None, chip: str) -> None:
    """Raise ImageError if an image is for another chip."""
    if image.chip is not None and image.chip.name != chip:
        raise ImageError(
            f"the image is for {image.chip.name} and board {mac} is an {chip}: build one with --chip "
            f"{chip}"
        )


def fits(image: Image, state: DeviceState) -> bool:
    """Say whether all of an image lies within the board's flash."""
    return state.flash_size is None or image.regions[-1].end <= state.flash_size


def losses(image: Image, state: DeviceState) -> list[str]:
    """Say what a board would lose for ever; empty if nothing. What is relocated is not lost."""
    lost, store = [], state.store
    if state.identity and _overwrites_identity(image):
        lost.append("its identity: key and counters")
    if not _overwrites_store(image, store) or relocation.destination(image, store):
        return lost
    if store.unsent is None:
        lost.append("a configuration and an outbox that cannot be read")
    elif store.unsent:
        lost.append(
            f"readings that were not sent: {counted(store.unsent, 'segment')} of its outbox"
        )
    if store.configured:
        lost.append("its configuration")
    return lost


def data_to_reset(image: Image, store: Store) -> Partition | None:
    """Return where an image's table puts the data, if neither board nor image has any there.

    Where the board's own table gives that place there is something, damaged or not.
    """
    layout = image.layout
    place = layout.find("data") if layout else None
    if place is None:
        return None
    same = (place.address, place.size) == (store.address, store.size)
    brought = image.touches(place.address, 2 * SECTOR)
    return None if brought or (same and (store.named or store.mounts)) else place


def _overwrites_identity(image: Image) -> bool:
    place = flash_layout.layout().partition("identity")
    return image.touches(place.address, place.size)


def _overwrites_store(image: Image, store: Store) -> bool:
    """Say whether it would be gone: overwritten, or in a place that the image's table gives to others."""
    layout = image.layout
    forgotten = layout is not None and layout.find("data") is None
    moved = data_to_reset(image, store) is not None
    return image.touches(store.address, store.size) or forgotten or moved


def refusal(state: DeviceState, lost: list[str]) -> str:
    """Return the message for a plan that would cost a board something."""
    wait = "let it send its readings first, or " if state.store.unsent else ""
    return (
        f"board {state.mac} would lose {' and '.join(lost)}: {wait}use --force, which keeps a backup "
        "before it overwrites anything"
    )


def backup_regions(read: Read, image: Image, state: DeviceState) -> tuple[Region, ...]:
    """Return what an image would overwrite, as it is on the board, and the table that tells of it."""
    store, places = state.store, []
    table = Partition("partition-table", 0, 0, flash_layout.TABLE_ADDRESS, flash_layout.TABLE_BYTES)
    if _overwrites_identity(image):
        places.append(flash_layout.layout().partition("identity"))
    if _overwrites_store(image, store):
        end = state.flash_size or FLASH_SIZES[0]
        size = min(store.size, end - store.address)
        places += [table, Partition("data", 0, 0, store.address, size)]
    places.sort(key=lambda place: place.address)
    return tuple(Region(p.label, p.address, read(p.address, p.size)) for p in places)
