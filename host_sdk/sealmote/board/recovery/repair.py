"""Diagnose and repair a board's filesystems from its bootloader; the identity is never written.

What cannot be fixed is said, and everything that is overwritten is in a backup first. The bootloader
is in ROM, so this works whatever MicroPython makes of its files.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, Protocol

from sealmote import flash_layout, trial_record
from sealmote.board import chips
from sealmote.board.errors import BoardError, RefusedError
from sealmote.board.flash import backup, device_state
from sealmote.board.images import mpy
from sealmote.board.images.image import Region, blank, littlefs
from sealmote.board.recovery.salvage import Salvage, salvage
from sealmote.common import text_encoding
from sealmote.common.plural import counted
from sealmote.flash_layout import SECTOR, Layout, Partition
from sealmote.trial_record import Trial

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
    """What is the matter with a board. ``release`` is its MicroPython's.

    ``record``: where the trial record lies · ``trial``: what it says, None where it is damaged: it is then
    made anew, and vfs_a, with this installation's firmware, is what runs.
    """

    mac: str
    chip: str
    release: str
    loader: Volume
    firmware: Volume
    data: Volume
    record: Partition
    trial: Trial | None

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """Its filesystems: the data first, for it is what nobody else has."""
        return (self.data, self.loader, self.firmware)

    @property
    def damaged(self) -> tuple[Volume, ...]:
        """What is to be made anew."""
        return tuple(volume for volume in self.volumes if volume.state == "damaged")

    @property
    def sound(self) -> bool:
        """Whether nothing is the matter."""
        return self.trial is not None and not self.damaged

    @property
    def configured(self) -> bool:
        """Whether there will be a configuration."""
        return CONFIG in self.data.files


def diagnose(board: Board, firmware: Mapping[str, bytes], loader: Mapping[str, bytes]) -> Diagnosis:
    """Look at the filesystems; ``firmware`` and ``loader`` by their paths, as source. Writes nothing.

    Of the two that a firmware can lie in it is the good one. Raises RefusedError if the board is not laid
    out as ours are, ToolError if the firmware cannot be compiled for it, and PortError.
    """
    layout = _layout(board)
    record = layout.partition("trial")
    trial = trial_record.parse(board.read(record.address, record.size))
    slot = layout.partition(trial.good if trial else flash_layout.SLOTS[0])
    release, chip = _release(board, layout), chips.chip(board.chip)
    return Diagnosis(
        mac=board.mac,
        chip=board.chip,
        release=release,
        loader=_firmware(board, layout.partition("vfs"), mpy.compile_files(loader, chip, release)),
        firmware=_firmware(board, slot, mpy.compile_files(firmware, chip, release)),
        data=_data(board, layout.partition("data")),
        record=record,
        trial=trial,
    )


def _layout(board: Board) -> Layout:
    """Return a board's layout. Raises RefusedError if it is none of this Sealmote's."""
    table = board.read(flash_layout.TABLE_ADDRESS, flash_layout.TABLE_BYTES)
    layout = flash_layout.parse(table)
    if layout and all(map(layout.find, ("trial", "vfs", *flash_layout.SLOTS, "data"))):
        return layout
    if layout and layout.find("vfs") and layout.find("data"):
        raise RefusedError(
            f"board {board.mac} has the flash layout of an earlier Sealmote: `sealmote flash` with an "
            "image of this one moves it over; key, configuration and readings stay"
        )
    raise RefusedError(
        f"board {board.mac} has no partition table of this Sealmote: put an image on it with "
        "`sealmote flash`, which keeps a backup of what it would overwrite"
    )


def repair(board: Board, found: Diagnosis, backups: Path, progress: Progress) -> Path:
    """Make what is damaged anew; return the backup of what they were. Raises BoardError.

    The backup is durable before anything is written.
    """
    made = [
        region
        for volume in found.damaged
        for region in littlefs(volume.place.label, volume.files, volume.place)
    ]
    places = [volume.place for volume in found.damaged]
    if found.trial is None:
        made.append(blank(found.record))
        places.append(found.record)
    places.sort(key=lambda place: place.address)
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


def _release(board: Board, layout: Layout) -> str:
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


def segments(paths: tuple[str, ...]) -> int:
    """Count the outbox's files among paths."""
    return sum(path.endswith(_SEGMENT) for path in paths)
