"""Tiles of the tree and bundles of its entries as static files (C2SP tlog-tiles), height 8.

A tile holds up to 256 consecutive nodes of one level, 8 levels apart: tile level l holds tree level
8·l, and `reader` rebuilds what lies between: a store that keeps tree levels 0, 8, 16 … serves every
proof. Only the rightmost tile of a level may be partial, and its name says how wide it is:

    tile/0/x001/x234/067        256 leaf hashes, from leaf 1234067 · 256 on
    tile/1/000.p/17             the 17 nodes of tree level 8 that a tree of 17 · 256 leaves has
    tile/entries/000.p/5        the first five entries themselves, each behind its length
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sealmote.log.errors import TileError
from sealmote.log.merkle import HASH_SIZE, NodeReader, check_size, node_hash

HEIGHT = 8
WIDTH = 1 << HEIGHT
MAX_LEVEL = 63
MAX_ENTRY = 0xFFFF  # a uint16 length

_INDEX = r"((?:x\d{3}/)*\d{3})(?:\.p/([1-9]\d{0,2}))?"
_TILE_PATH = re.compile(rf"tile/(0|[1-9]\d?)/{_INDEX}", re.ASCII)
_BUNDLE_PATH = re.compile(rf"tile/entries/{_INDEX}", re.ASCII)


@dataclass(frozen=True)
class Tile:
    """`width` nodes of tree level 8·`level`, from node `index` · 256 on. 256 wide is full."""

    level: int
    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        if not 0 <= self.level <= MAX_LEVEL:
            raise TileError(f"tile level {self.level} is not within 0 … {MAX_LEVEL}")
        _check_extent(self.index, self.width)

    def path(self) -> str:
        """Return the tile's path below the log's URL prefix."""
        return f"tile/{self.level}/{_index_path(self.index, self.width)}"

    @classmethod
    def parse(cls, path: str) -> "Tile":
        """Read a path as `path` writes it; TileError for any other spelling."""
        match = _TILE_PATH.fullmatch(path)
        if match is None:
            raise TileError(
                f"{path[:120]!r} is not the path of a tile, such as tile/0/x001/234.p/5"
            )
        tile = cls(int(match[1]), *_parse_index(match[2], match[3]))
        if tile.path() != path:
            raise TileError(f"{path!r} is another spelling of {tile.path()}")
        return tile

    def stands_in(self, size: int) -> bool:
        """Return whether a tree of `size` leaves has all of this tile's nodes."""
        return (self.index * WIDTH + self.width) << (HEIGHT * self.level) <= size

    def data(self, read: NodeReader) -> bytes:
        """Return the tile's bytes, `width` · 32, from where the nodes are kept."""
        first = self.index * WIDTH
        nodes = range(first, first + self.width)
        return b"".join(read(HEIGHT * self.level, node) for node in nodes)


@dataclass(frozen=True)
class Bundle:
    """`width` log entries, from entry `index` · 256 on."""

    index: int
    width: int = WIDTH

    def __post_init__(self) -> None:
        _check_extent(self.index, self.width)

    def path(self) -> str:
        """Return the bundle's path below the log's URL prefix."""
        return f"tile/entries/{_index_path(self.index, self.width)}"

    @classmethod
    def parse(cls, path: str) -> "Bundle":
        """Read a path as `path` writes it; TileError for any other spelling."""
        match = _BUNDLE_PATH.fullmatch(path)
        if match is None:
            raise TileError(
                f"{path[:120]!r} is not the path of an entry bundle, such as tile/entries/007"
            )
        bundle = cls(*_parse_index(match[1], match[2]))
        if bundle.path() != path:
            raise TileError(f"{path!r} is another spelling of {bundle.path()}")
        return bundle

    def stands_in(self, size: int) -> bool:
        """Return whether a log of `size` entries has all of this bundle's."""
        return self.index * WIDTH + self.width <= size

    @property
    def entries(self) -> range:
        """The indices of the entries that the bundle holds."""
        return range(self.index * WIDTH, self.index * WIDTH + self.width)

    def encode(self, entries: Sequence[bytes]) -> bytes:
        """Return the bundle's bytes: each entry behind its length, a big-endian uint16."""
        if len(entries) != self.width:
            raise TileError(f"{self.path()} holds {self.width} entries, not {len(entries)}")
        if any(len(entry) > MAX_ENTRY for entry in entries):
            raise TileError(f"an entry above {MAX_ENTRY} bytes fits no bundle")
        return b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)

    def decode(self, data: bytes) -> list[bytes]:
        """Return the bundle's entries; TileError unless all of `data` is `width` whole entries."""
        entries = []
        at = 0
        while at < len(data):
            start = at + 2
            at = start + int.from_bytes(data[at:start], "big")
            entries.append(data[start:at])
        if at != len(data) or len(entries) != self.width:
            raise TileError(f"{self.path()} is not {self.width} whole entries: fetch it again")
        return entries


def tiles(size: int, old: int = 0) -> Iterator[Tile]:
    """Yield the tiles of a tree of `size` leaves that the tree of `old` leaves did not have.

    These are what a log writes to publish its growth, partial ones included; all, with `old` 0.
    """
    check_size(size)
    level = 0
    while size:
        for index in range(old // WIDTH, -(-size // WIDTH)):
            width = min(WIDTH, size - index * WIDTH)
            if index * WIDTH + width > old:
                yield Tile(level, index, width)
        size, old, level = size // WIDTH, old // WIDTH, level + 1


def bundles(size: int, old: int = 0) -> Iterator[Bundle]:
    """Yield the entry bundles of a log of `size` entries that the log of `old` did not have."""
    for index in range(old // WIDTH, -(-size // WIDTH)):
        width = min(WIDTH, size - index * WIDTH)
        if index * WIDTH + width > old:
            yield Bundle(index, width)


def reader(fetch: Callable[[Tile], bytes], size: int, keep: int = 64) -> NodeReader:
    """Return a `NodeReader` of the tree of `size` leaves over its tiles.

    `fetch` gives a tile's bytes; the `keep` last used tiles are remembered. Tiles prove nothing by
    themselves: check the proofs that are made of them, or the root, against a signed checkpoint.
    """

    @lru_cache(maxsize=keep)
    def tile_data(level: int, index: int) -> bytes:
        tile = Tile(level, index, min(WIDTH, (size >> HEIGHT * level) - index * WIDTH))
        data = fetch(tile)
        if len(data) != tile.width * HASH_SIZE:
            raise TileError(f"{tile.path()} has {len(data)} bytes, not {tile.width * HASH_SIZE}")
        return data

    def read(level: int, index: int) -> bytes:
        if (index + 1) << level > size:
            raise TileError(f"a tree of {size} leaves has no node {index} at level {level} yet")
        tile_level, rise = divmod(level, HEIGHT)
        first = index << rise
        at = HASH_SIZE * (first % WIDTH)
        nodes = tile_data(tile_level, first // WIDTH)[at : at + (HASH_SIZE << rise)]
        return _fold([nodes[i : i + HASH_SIZE] for i in range(0, len(nodes), HASH_SIZE)])

    return read


def _fold(row: list[bytes]) -> bytes:
    """Return the root over 1, 2, 4 … 128 neighbouring nodes."""
    while len(row) > 1:
        row = [node_hash(*pair) for pair in zip(row[::2], row[1::2], strict=True)]
    return row[0]


def _check_extent(index: int, width: int) -> None:
    if index < 0:
        raise TileError(f"a tile index is not negative: {index}")
    if not 1 <= width <= WIDTH:
        raise TileError(f"a tile is 1 … {WIDTH} wide, not {width}")


def _index_path(index: int, width: int) -> str:
    """Return N, or N.p/W for a partial tile: three digits an element, all but the last with x."""
    elements = [f"{index % 1000:03}"]
    while index := index // 1000:
        elements.append(f"x{index % 1000:03}")
    path = "/".join(reversed(elements))
    return path if width == WIDTH else f"{path}.p/{width}"


def _parse_index(index: str, width: str | None) -> tuple[int, int]:
    if len(index) > 7 * 5:  # x012/345/…: 20 digits hold 64 bits, int() is not asked for more
        raise TileError("a tile index beyond 64 bits")
    return int(index.replace("x", "").replace("/", "")), int(width) if width else WIDTH
