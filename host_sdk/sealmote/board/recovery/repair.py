"""Diagnose and repair a board's filesystems from its bootloader; the identity is never written.

What cannot be mended is said, and everything that is overwritten is in a backup first. The bootloader
is in ROM, so this works whatever MicroPython makes of its files.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

from sealmote import flash_layout
from sealmote.board import chips
from sealmote.board.errors import BoardError, RefusedError
from sealmote.board.flash import backup, device_state
from sealmote.board.images import filesystem, mpy
from sealmote.board.images.image import Region
from sealmote.board.recovery.salvage import Salvage, salvage
from sealmote.common import text_encoding
from sealmote.common.plural import counted
from sealmote.flash_layout import SECTOR, Layout, Partition

CONFIG: Final = "/config.json"
_SEGMENT: Final = ".seg"
_FIRMWARE: Final = ("/mote/", "/sealwire/", "/boot.py", "/main.py")
_RUNS: Final = "micropython v"

State = Literal["sound", "empty", "damaged"]
Progress = Callable[[int, int], None]


class Board(Protocol):
    """A board in its bootloader, as `bootloader_session.BootloaderSession` is."""

    mac: str
    chip: str

    def read(self, address: int, size: int) -> bytes:
        """Read flash."""

    def write(self, regions: tuple[Region, ...], progress: Progress) -> None:
        """Write flash, and check it."""


@dataclass(frozen=True)
class Volume:
    """A filesystem: where it is, what is the matter with it, and the files that it is to hold.

    ``damaged``: it is to be made anew · ``kept``: what was read of it and goes back · ``lost``: paths
    that cannot be read, or whose content is no use.
    """

    place: Partition
    state: State
    why: str
    files: Mapping[str, bytes]
    kept: tuple[str, ...]
    lost: tuple[str, ...]


@dataclass(frozen=True)
class Diagnosis:
    """What is the matter with a board. ``release`` is its MicroPython's."""

    mac: str
    chip: str
    release: str
    vfs: Volume
    data: Volume

    @property
    def damaged(self) -> tuple[Volume, ...]:
        """What is to be made anew: the data first, for it is what nobody else has."""
        return tuple(volume for volume in (self.data, self.vfs) if volume.state == "damaged")

    @property
    def configured(self) -> bool:
        """Whether there will be a configuration."""
        return CONFIG in self.data.files


def diagnose(board: Board, firmware: Mapping[str, bytes]) -> Diagnosis:
    """Look at both filesystems; ``firmware`` by its paths on the board, as source. Writes nothing.

    Raises RefusedError if the board is not laid out as ours are, ToolError if the firmware cannot be
    compiled for it, and PortError.
    """
    table = board.read(flash_layout.TABLE_ADDRESS, flash_layout.TABLE_BYTES)
    layout = flash_layout.parse(table)
    vfs, data = (layout.find(label) if layout else None for label in ("vfs", "data"))
    if vfs is None or data is None:
        raise RefusedError(
            f"board {board.mac} has no partition table of this Sealmote: put an image on it with "
            "`sealmote flash`, which keeps a backup of what it would overwrite"
        )
    release = _release(board, layout)
    files = mpy.compile_files(firmware, chips.chip(board.chip), release)
    return Diagnosis(
        board.mac, board.chip, release, _firmware(board, vfs, files), _data(board, data)
    )


def repair(board: Board, found: Diagnosis, backups: Path, progress: Progress) -> Path:
    """Make the damaged filesystems anew; return the backup of what they were. Raises BoardError.

    The backup is durable before anything is written.
    """
    made = [region for volume in found.damaged for region in _regions(volume)]
    places = sorted((volume.place for volume in found.damaged), key=lambda place: place.address)
    raw = tuple(Region(p.label, p.address, board.read(p.address, p.size)) for p in places)
    kept = backup.save(backups, board.mac, raw)
    try:
        board.write(tuple(made), progress)
    except BoardError as error:
        raise BoardError(
            f"{error}. What was there is in {kept}: put it back with `sealmote flash --force {kept}`, "
            "then run `sealmote recover` again"
        ) from error
    return kept


def _release(board: Board, layout: Layout | None) -> str:
    runs = device_state.runs(board.read, layout)
    if not runs.startswith(_RUNS):
        raise RefusedError(
            f"board {board.mac} runs {runs}, and no release of MicroPython: put an image on it with "
            "`sealmote flash`"
        )
    return runs.removeprefix(_RUNS)


def _firmware(board: Board, place: Partition, wanted: Mapping[str, bytes]) -> Volume:
    found = _salvage(board, place, outbox=False)
    others = {path: data for path, data in found.files.items() if not path.startswith(_FIRMWARE)}
    differ = [path for path in wanted if found.files.get(path) != wanted[path]]
    strange = [p for p in found.files if p.startswith(_FIRMWARE) and p not in wanted]
    why = _damage(found)
    if not why and (differ or strange):
        changed = len(differ) + len(strange)
        why = f"{changed} files are not those of this installation's firmware"
    lost = tuple(path for path in found.lost if not path.startswith(_FIRMWARE))
    state: State = "damaged" if why else "sound"
    return Volume(place, state, why, {**others, **wanted}, tuple(sorted(others)), lost)


def _data(board: Board, place: Partition) -> Volume:
    found = _salvage(board, place, outbox=True)
    if not found.mounts and _is_unused(board, place):
        return Volume(place, "empty", "the board formats it when it starts", {}, (), ())
    why, lost, files = _damage(found), found.lost, dict(found.files)
    if why and CONFIG in files and not _is_json(files[CONFIG]):
        del files[CONFIG]
        lost += (CONFIG,)
    state: State = "damaged" if why else "sound"
    return Volume(place, state, why, files, tuple(sorted(files)), lost)


def _salvage(board: Board, place: Partition, *, outbox: bool) -> Salvage:
    return salvage(
        lambda offset, size: board.read(place.address + offset, size), place.size, outbox=outbox
    )


def _damage(found: Salvage) -> str:
    """Say what is the matter with a filesystem; empty if nothing is."""
    if not found.mounts:
        return "littlefs does not take it"
    if "/" in found.lost:
        return "it has no outbox, but the remains of one"
    lost = counted(len(found.lost), "file or folder", "files or folders")
    return f"{lost} cannot be read" if found.lost else ""


def _is_unused(board: Board, place: Partition) -> bool:
    """Say whether nothing beyond the superblock pair was written (see `mote.storage.data_partition`)."""
    begin = 2 * SECTOR
    rest = board.read(place.address + begin, place.size - begin)
    return rest == b"\xff" * len(rest)


def _is_json(content: bytes) -> bool:
    try:
        return isinstance(json.loads(text_encoding.decode(content)), dict)
    except ValueError:
        return False


def _regions(volume: Volume) -> list[Region]:
    made = filesystem.make(volume.files, volume.place.size)
    return [
        Region(f"{volume.place.label}-{number}", volume.place.address + offset, data)
        for number, (offset, data) in enumerate(filesystem.in_use(made), start=1)
    ]


def segments(paths: tuple[str, ...]) -> int:
    """Count the outbox's files among paths."""
    return sum(path.endswith(_SEGMENT) for path in paths)
