"""Read the readable files of a damaged littlefs."""

from dataclasses import dataclass, field
from typing import Final

from sealmote.board.images.filesystem import Lazy, Read, mounts
from sealmote.board.recovery import metadata
from sealmote.board.recovery.metadata import DamageError, Entry, Folder, Pair
from sealmote.flash_layout import SECTOR

_ROOT: Final = (0, 1)
_DEEPEST: Final = 16
_OUTBOX: Final = "/outbox/"
# By what a folder that nothing leads to is known: the end of a name in it.
_ORPHANS: Final = {"/": b"config.json", _OUTBOX: b".seg"}


@dataclass(frozen=True)
class Salvage:
    """Files by their path, and the paths of files and folders that cannot be read.

    ``mounts``: littlefs itself takes it. What is found need not be what was written: littlefs has no
    checksums over the content of files.
    """

    mounts: bool
    files: dict[str, bytes]
    lost: tuple[str, ...]

    @property
    def sound(self) -> bool:
        """Whether everything can be read."""
        return self.mounts and not self.lost


def salvage(read: Read, size: int, *, outbox: bool = True) -> Salvage:
    """Read all that can be read of a littlefs of ``size`` bytes. Raises what ``read`` raises.

    ``outbox``: there may be one, so where none is found its remains are looked for, in all blocks.
    """
    search = _Search(Lazy(read), size)
    good = mounts(search.blocks, size)
    try:
        search.folder("/", _ROOT)
    except DamageError:
        search.lost.append("/")
        if outbox:
            search.orphans(*_ORPHANS)
    else:
        # Where later entries are damaged littlefs goes back to earlier ones, and still mounts.
        forgotten = outbox and not search.lost and _OUTBOX not in search.seen
        if forgotten and search.orphans(_OUTBOX):
            search.lost.append("/")
    search.blocks.check()
    return Salvage(good, search.files, tuple(sorted(set(search.lost))))


@dataclass
class _Search:
    blocks: Lazy
    size: int
    files: dict[str, bytes] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def folder(self, path: str, pair: Pair, depth: int = 0) -> None:
        """Take what is in a folder. Raises DamageError if it has not even a beginning."""
        if depth > _DEEPEST:
            raise DamageError
        found = metadata.newest(self._block, pair)
        self.seen.add(path)
        seen = {pair}
        while True:
            self._take(path, found, depth)
            pair = found.further or pair
            if found.further is None:
                return
            if pair in seen:
                break
            seen.add(pair)
            try:
                found = metadata.newest(self._block, pair)
            except DamageError:
                break
        self.lost.append(path)

    def orphans(self, *paths: str) -> bool:
        """Take the newest of each of these folders that nothing leads to; say whether there is any."""
        folders = [found for number in range(self.size // SECTOR) if (found := self._parse(number))]
        folders.sort(key=lambda folder: folder.revision)
        some = False
        for path in paths:
            ending = _ORPHANS[path]
            holding = [f for f in folders if any(e.name.endswith(ending) for e in f.entries)]
            if holding:
                self._take(path, holding[-1], _DEEPEST)
                some = True
        return some

    def _take(self, path: str, found: Folder, depth: int) -> None:
        for entry in found.entries:
            try:
                name = _name(entry)
                if entry.is_file:
                    self.files[path + name] = entry.content(self._block, self.size)
                elif entry.is_folder:
                    self._enter(f"{path}{name}/", entry, depth)
            except DamageError:
                self.lost.append(path + entry.name.decode("utf-8", "replace"))

    def _enter(self, path: str, entry: Entry, depth: int) -> None:
        try:
            self.folder(path, entry.pair, depth + 1)
        except DamageError:
            self.lost.append(path)

    def _parse(self, number: int) -> Folder | None:
        return metadata.parse(self._block(number))

    def _block(self, number: int) -> bytes:
        if number >= self.size // SECTOR:
            raise DamageError
        return self.blocks.block(number)


def _name(entry: Entry) -> str:
    try:
        name = entry.name.decode()
    except UnicodeDecodeError as error:
        raise DamageError from error
    if not name or "/" in name or name in (".", ".."):
        raise DamageError
    return name
