"""What is on a board before it is flashed, and what a plan would cost it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Final

from sealmote import flash_layout
from sealmote.board import filesystem
from sealmote.board.errors import ImageError
from sealmote.board.image import Image, Region
from sealmote.flash_layout import FLASH_SIZES, MIB, SECTOR, Layout, Partition

Read = Callable[[int, int], bytes]
"""(flash address, size) -> bytes."""

_OUTBOX: Final = "/outbox"
_SEGMENT: Final = ".seg"
# Both slots of an identity record begin so (firmware/mote/slots.py).
_IDENTITY_MAGIC: Final = b"SMid"
_APP_HEADER: Final = 0x20
_APP_MAGIC: Final = bytes.fromhex("3254cdab")


@dataclass(frozen=True)
class Standing:
    """A board as it is: ``mac`` in hex, ``flash_size`` in bytes, ``unsent`` segments of its outbox.

    ``unsent`` is None where there is an identity but a filesystem that cannot be read: nobody knows.
    """

    mac: str
    chip: str
    flash_size: int | None
    runs: str
    identity: bool
    unsent: int | None

    def to_json(self) -> dict[str, Any]:
        """Form that a worker prints."""
        return asdict(self)


def read_standing(mac: str, chip: str, flash_size: int | None, read: Read) -> Standing:
    """Read what matters: table, application's name, identity, and the names in the outbox."""
    layout = _layout_on(read)
    identity = _has_identity(read, layout)
    unsent = _unsent(read, _filesystem_place(layout), identity=identity)
    return Standing(mac, chip, flash_size, _runs(read, layout), identity, unsent)


def check_suits(image: Image, standing: Standing) -> None:
    """Raise ImageError if an image is for another chip, or larger than the board's flash."""
    if image.chip is not None and image.chip.name != standing.chip:
        raise ImageError(
            f"the image is for {image.chip.name} and board {standing.mac} is an {standing.chip}: "
            f"build one with --chip {standing.chip}"
        )
    end = image.regions[-1].end
    if standing.flash_size is not None and end > standing.flash_size:
        raise ImageError(
            f"the image needs {-(-end // MIB)} MiB of flash and board {standing.mac} has "
            f"{standing.flash_size // MIB}: build one with a smaller --flash-size"
        )


def costs(image: Image, standing: Standing) -> list[str]:
    """Say what a board would lose for ever; empty if nothing."""
    layout = flash_layout.layout()
    identity, vfs = layout.partition("identity"), layout.partition("vfs")
    lost = []
    if standing.identity and image.touches(identity.address, identity.size):
        lost.append("its identity: key and counters")
    if standing.unsent != 0 and image.touches(vfs.address, FLASH_SIZES[-1] - vfs.address):
        lost.append(
            "an outbox that cannot be read"
            if standing.unsent is None
            else f"readings that were not sent: {standing.unsent} segments of its outbox"
        )
    return lost


def refusal(standing: Standing, lost: list[str]) -> str:
    """Return the message for a plan that would cost a board something."""
    wait = "let it send its readings first, or " if standing.unsent else ""
    return (
        f"board {standing.mac} would lose {' and '.join(lost)}: {wait}use --force, which keeps a backup "
        "before it overwrites anything"
    )


def backup_regions(read: Read, flash_size: int | None) -> tuple[Region, ...]:
    """Return the identity partition and the whole filesystem, as they are on the board."""
    layout = _layout_on(read)
    end = flash_size or FLASH_SIZES[0]
    return tuple(
        Region(
            place.label, place.address, read(place.address, min(place.size, end - place.address))
        )
        for place in (_identity_place(layout), _filesystem_place(layout))
    )


def _layout_on(read: Read) -> Layout | None:
    return flash_layout.parse(read(flash_layout.TABLE_ADDRESS, flash_layout.TABLE_BYTES))


def _identity_place(layout: Layout | None) -> Partition:
    named = layout.find("identity") if layout else None
    return named or flash_layout.layout().partition("identity")


def _filesystem_place(layout: Layout | None) -> Partition:
    """Return where it is, or was before a stock table that does not name it."""
    named = layout.find("vfs") if layout else None
    return named or flash_layout.layout().partition("vfs")


def _has_identity(read: Read, layout: Layout | None) -> bool:
    """Say whether there is one: also where a stock table no longer names the partition."""
    place = _identity_place(layout)
    content = read(place.address, place.size)
    if layout is not None and layout.find("identity"):
        return content != b"\xff" * place.size
    return any(content.startswith(_IDENTITY_MAGIC, at) for at in range(0, place.size, SECTOR))


def _unsent(read: Read, vfs: Partition, *, identity: bool) -> int | None:
    found = filesystem.names(lambda at, size: read(vfs.address + at, size), vfs.size, _OUTBOX)
    if found is not None:
        return sum(name.endswith(_SEGMENT) for name in found)
    blank = read(vfs.address, 2 * SECTOR) == b"\xff" * 2 * SECTOR
    return 0 if blank or not identity else None


def _runs(read: Read, layout: Layout | None) -> str:
    """Name what the application says of itself (ESP-IDF `esp_app_desc_t`)."""
    slot = layout.application() if layout else None
    if slot is None:
        return "nothing"
    head = read(slot.address, SECTOR)
    if head[_APP_HEADER : _APP_HEADER + 4] != _APP_MAGIC:
        return "nothing" if head == b"\xff" * SECTOR else "unknown firmware"
    version, project = head[_APP_HEADER + 16 :][:32], head[_APP_HEADER + 48 :][:32]
    return " ".join(text.rstrip(b"\0").decode("ascii", "replace") for text in (project, version))
