"""Device state before flashing: layout, application, identity, stored data."""

from collections.abc import Callable
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

from sealmote import flash_layout
from sealmote.board.images import filesystem
from sealmote.flash_layout import FLASH_SIZES, SECTOR, Layout, Partition

Read = Callable[[int, int], bytes]
"""(flash address, size) -> bytes."""

_OUTBOX: Final = "/outbox"
_CONFIGURATION: Final = "config.json"
_SEGMENT: Final = ".seg"
# Both slots of an identity record begin so (firmware/mote/storage/slots.py).
_IDENTITY_MAGIC: Final = b"SMid"
_APP_HEADER: Final = 0x20
_APP_MAGIC: Final = bytes.fromhex("3254cdab")


@dataclass(frozen=True)
class Store:
    """Where a board keeps configuration and readings: its data partition, or the filesystem before that.

    ``named``: the board's own table gives that place as `data` · ``mounts``: it is a littlefs ·
    ``unsent``: segments of its outbox; None where there is an identity, but nothing that can be read.
    """

    address: int
    size: int
    named: bool
    mounts: bool
    configured: bool
    unsent: int | None


@dataclass(frozen=True)
class DeviceState:
    """A board as it is: ``mac`` in hex, ``flash_size`` in bytes."""

    mac: str
    chip: str
    flash_size: int | None
    runs: str
    identity: bool
    store: Store

    def to_json(self) -> dict[str, Any]:
        """Form that a worker prints."""
        return asdict(self)

    @classmethod
    def from_json(cls, found: dict[str, Any]) -> "DeviceState":
        """Return what a worker printed."""
        return cls(**{**found, "store": Store(**found["store"])})


def read_device_state(mac: str, chip: str, flash_size: int | None, read: Read) -> DeviceState:
    """Read what matters: table, application's name, identity, and the names beside the outbox."""
    layout = _layout_on(read)
    identity = _has_identity(read, layout)
    store = _store(read, layout, flash_size, identity=identity)
    return DeviceState(mac, chip, flash_size, runs(read, layout), identity, store)


def _layout_on(read: Read) -> Layout | None:
    return flash_layout.parse(read(flash_layout.TABLE_ADDRESS, flash_layout.TABLE_BYTES))


def _identity_place(layout: Layout | None) -> Partition:
    named = layout.find("identity") if layout else None
    return named or flash_layout.layout().partition("identity")


def _has_identity(read: Read, layout: Layout | None) -> bool:
    """Say whether there is one: also where a stock table no longer names the partition."""
    place = _identity_place(layout)
    content = read(place.address, place.size)
    if layout is not None and layout.find("identity"):
        return content != b"\xff" * place.size
    return any(content.startswith(_IDENTITY_MAGIC, at) for at in range(0, place.size, SECTOR))


def _store(read: Read, layout: Layout | None, flash_size: int | None, *, identity: bool) -> Store:
    end = flash_size or FLASH_SIZES[0]
    if end < FLASH_SIZES[0]:  # nothing of ours fits, and nothing is to be read beyond the end
        return Store(0, 0, False, False, False, 0)
    place, named = _store_place(read, layout, end)
    there = _at(read, place)
    outbox, root = (filesystem.names(there, place.size, name) for name in (_OUTBOX, "/"))
    if outbox is None or root is None:
        blank = there(0, 2 * SECTOR) == b"\xff" * 2 * SECTOR
        unsent = 0 if blank or not identity else None
        return Store(place.address, place.size, named, False, False, unsent)
    unsent = sum(name.endswith(_SEGMENT) for name in outbox)
    return Store(place.address, place.size, named, True, _CONFIGURATION in root, unsent)


def _store_place(read: Read, layout: Layout | None, flash_size: int) -> tuple[Partition, bool]:
    """Return where configuration and readings are, and whether the board's table says so.

    Where it does not they lie in `vfs`, as on boards of an older layout and with a stock table
    (which does not even name it), or where a stock table was put over ours, where ours had them.
    """
    if layout is not None and (data := layout.find("data")):
        return data, True
    if layout is not None and (vfs := layout.find("vfs")):
        return vfs, False
    ours = flash_layout.layout(
        max((s for s in FLASH_SIZES if s <= flash_size), default=FLASH_SIZES[0])
    )
    vfs, data = ours.partition("vfs"), ours.partition("data")
    whole = replace(vfs, size=data.end - vfs.address)
    readable = filesystem.names(_at(read, whole), whole.size, "/") is not None
    return (whole if readable else data), False


def _at(read: Read, place: Partition) -> Read:
    return lambda offset, size: read(place.address + offset, size)


def runs(read: Read, layout: Layout | None) -> str:
    """Name what the application says of itself (ESP-IDF `esp_app_desc_t`)."""
    slot = layout.application() if layout else None
    if slot is None:
        return "nothing"
    head = read(slot.address, SECTOR)
    if head[_APP_HEADER : _APP_HEADER + 4] != _APP_MAGIC:
        return "nothing" if head == b"\xff" * SECTOR else "unknown firmware"
    version, project = head[_APP_HEADER + 16 :][:32], head[_APP_HEADER + 48 :][:32]
    return " ".join(text.rstrip(b"\0").decode("ascii", "replace") for text in (project, version))
