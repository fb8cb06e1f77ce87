"""What can still be read of a damaged littlefs."""

from dataclasses import dataclass, field
from typing import Final

from sealmote.board import metadata
from sealmote.board.filesystem import Lazy, Read, mounts
from sealmote.board.metadata import DamageError, Entry, Folder, Pair
from sealmote.flash_layout import SECTOR

_ROOT: Final = (0, 1)
_DEEPEST: Final = 16
# Without a root: the name of the folder in which files of such an ending were.
_ORPHANS: Final = ((b"config.json", "/"), (b".seg", "/outbox/"))


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


def salvage(read: Read, size: int) -> Salvage:
    """Read all that can be read of a littlefs of ``size`` bytes. Raises what ``read`` raises."""
    search = _Search(Lazy(read), size)
    good = mounts(search.blocks, size)
    try:
        search.folder("/", _ROOT)
    except DamageError:
        search.orphans()
    search.blocks.check()
    return Salvage(good, search.files, tuple(sorted(set(search.lost))))


@dataclass
class _Search:
    blocks: Lazy
    size: int
    files: dict[str, bytes] = field(default_factory=dict)
    lost: list[str] = field(default_factory=list)

    def folder(self, path: str, pair: Pair, depth: int = 0) -> None:
        """Take what is in a folder. Raises DamageError if it has not even a beginning."""
        if depth > _DEEPEST:
            raise DamageError
        found = metadata.newest(self._block, pair)
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

    def orphans(self) -> None:
        """Look through all blocks for the folders that nothing leads to any more, the newest of each."""
        self.lost.append("/")
        folders = [found for number in range(self.size // SECTOR) if (found := self._parse(number))]
        folders.sort(key=lambda found: found.revision)
        for ending, path in _ORPHANS:
            holding = [f for f in folders if any(e.name.endswith(ending) for e in f.entries)]
            if holding:
                self._take(path, holding[-1], _DEEPEST)

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
