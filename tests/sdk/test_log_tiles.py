"""C2SP tlog-tiles: names, contents, and proofs served from tiles alone."""

import random
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sealmote.log import merkle, tiles
from sealmote.log.errors import ProofError, TileError
from sealmote.log.tiles import Bundle, Tile
from sealwire.cose import leaf_hash
from tree import levels_of

SIZE = 256 * 256 + 300  # past the first node of tile level 2
BOUNDARIES = [1, 2, 255, 256, 257, 511, 512, 513, 65279, 65280, 65535, 65536, 65537, SIZE]


@cache
def big_tree() -> tuple[list[bytes], list[list[bytes]]]:
    leaves = [leaf_hash(b"%d" % index) for index in range(SIZE)]
    return leaves, levels_of(leaves)


def read_node(level: int, index: int) -> bytes:
    return big_tree()[1][level][index]


# Names: the examples of C2SP tlog-tiles, and the rule behind them.


@pytest.mark.parametrize(
    ("tile", "path"),
    [
        (Tile(0, 1234067), "tile/0/x001/x234/067"),
        (Tile(0, 0), "tile/0/000"),
        (Tile(0, 273, 112), "tile/0/273.p/112"),
        (Tile(2, 0, 1), "tile/2/000.p/1"),
        (Tile(63, 999), "tile/63/999"),
        (Tile(0, 1000, 255), "tile/0/x001/000.p/255"),
    ],
)
def test_tile_paths(tile: Tile, path: str) -> None:
    assert tile.path() == path
    assert Tile.parse(path) == tile


@given(st.integers(0, 63), st.integers(0, 2**63), st.integers(1, 256))
def test_every_path_reads_back(level: int, index: int, width: int) -> None:
    assert Tile.parse(Tile(level, index, width).path()) == Tile(level, index, width)
    assert Bundle.parse(Bundle(index, width).path()) == Bundle(index, width)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "tile/0/0",
        "tile/0/0000",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/0/x000/001",
        "tile/0/001/000",
        "tile/0/x001/x000",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/",
        "tile/0/000/",
        "/tile/0/000",
        "tile/0/000\n",
        "tile/0/٠٠٠",
        "tile/0/x000/../000",
        "tile/entries/000",
        "tile/0/" + "x999/" * 2000 + "000",
    ],
)
def test_other_tile_paths_are_refused(path: str) -> None:
    with pytest.raises(TileError):
        Tile.parse(path)


@pytest.mark.parametrize("path", ["tile/entries/0", "tile/0/000", "tile/entries/x000/000", "\0"])
def test_other_bundle_paths_are_refused(path: str) -> None:
    with pytest.raises(TileError):
        Bundle.parse(path)


# Contents.


def test_tiles_of_seventy_thousand_leaves() -> None:
    """The specification's own example: 273 full and one of 112, one full and one of 17, one of 1."""
    counts: dict[int, list[int]] = {}
    for tile in tiles.tiles(70_000):
        counts.setdefault(tile.level, []).append(tile.width)
    assert counts == {0: [256] * 273 + [112], 1: [256, 17], 2: [1]}
    assert list(tiles.tiles(256)) == [Tile(0, 0, 256), Tile(1, 0, 1)]
    assert list(tiles.tiles(0)) == []


@given(st.integers(0, 200_000), st.integers(0, 2000))
def test_growth_writes_what_was_not_there(old: int, more: int) -> None:
    size = old + more
    before = set(tiles.tiles(old)) if more else set()
    every, added = list(tiles.tiles(size)), list(tiles.tiles(size, old))
    assert added == [tile for tile in every if tile not in before] if more else added == []
    assert all(tile.stands_in(size) and not tile.stands_in(old) for tile in added)
    written = list(tiles.bundles(size, old))
    assert [(b.index, b.width) for b in written] == [
        (tile.index, tile.width) for tile in added if tile.level == 0
    ]
    assert all(bundle.stands_in(size) and not bundle.stands_in(old) for bundle in written)


def test_tile_data_is_the_definition() -> None:
    """MTH(D[(n·256+i)·256^l : (n·256+i+1)·256^l]) for tiles of each level."""
    leaves, _ = big_tree()
    for tile in (Tile(0, 0), Tile(0, 257, 44), Tile(1, 0, 3), Tile(1, 1, 1), Tile(2, 0, 1)):
        step = 256**tile.level
        expected = [
            merkle.root_of(leaves[node * step : (node + 1) * step])
            for node in range(tile.index * 256, tile.index * 256 + tile.width)
        ]
        assert tile.data(read_node) == b"".join(expected)


# Proofs from tiles alone.


def published(size: int) -> dict[str, bytes]:
    return {tile.path(): tile.data(read_node) for tile in tiles.tiles(size)}


def serve(files: dict[str, bytes], size: int) -> merkle.NodeReader:
    return tiles.reader(lambda tile: files[tile.path()], size)


@pytest.mark.parametrize("size", BOUNDARIES)
def test_proofs_from_tiles_equal_naive_ones(size: int) -> None:
    """Only files that the log of this size publishes are read; sampled leaves and older sizes."""
    leaves, _ = big_tree()
    files = published(size)
    served = serve(files, size)
    root = merkle.root(served, size)
    assert root == merkle.root_of(leaves[:size])
    rng = random.Random(size)
    samples = {0, size - 1, size // 2, *(rng.randrange(size) for _ in range(20))}
    for index in samples:
        path = merkle.inclusion_path(served, index, size)
        assert path == merkle.inclusion_path(read_node, index, size)
        merkle.verify_inclusion(leaves[index], index, size, path, root)
        old = index + 1
        proof = merkle.consistency_proof(served, old, size)
        assert proof == merkle.consistency_proof(read_node, old, size)
        old_root = merkle.root(read_node, old)
        merkle.verify_consistency(old, size, old_root, root, proof)


def test_small_trees_from_tiles_equal_the_definition() -> None:
    """Independent of the frontier: nodes from root_of only."""
    leaves = [leaf_hash(b"%d" % index) for index in range(600)]

    def read(level: int, index: int) -> bytes:
        return merkle.root_of(leaves[index << level : (index + 1) << level])

    for size in (1, 3, 256, 300, 513, 600):
        files = {tile.path(): tile.data(read) for tile in tiles.tiles(size)}
        served = serve(files, size)
        assert merkle.root(served, size) == merkle.root_of(leaves[:size])


def test_nodes_that_are_not_complete_yet_are_refused() -> None:
    files = published(300)
    served = serve(files, 300)
    for level, index in ((0, 300), (2, 75), (8, 1), (9, 0), (16, 0)):
        with pytest.raises(TileError, match="yet"):
            served(level, index)
    assert served(8, 0) == read_node(8, 0)


@pytest.mark.parametrize("change", [-32, -1, 1, 32])
def test_tiles_of_another_length_are_refused(change: int) -> None:
    served = tiles.reader(lambda tile: bytes(tile.width * 32 + change), 300)
    with pytest.raises(TileError, match=r"tile/0/001\.p/44"):
        served(0, 256)


def test_a_flipped_bit_in_a_tile_is_found_by_the_root() -> None:
    root = merkle.root(read_node, 300)
    files = published(300)
    assert {"tile/0/000", "tile/0/001.p/44"} <= set(files)
    for path, data in files.items():
        if path == "tile/1/000.p/1":  # served alone, it stands for the full tile below it
            continue
        broken = {**files, path: bytes([data[0] ^ 1]) + data[1:]}
        served = serve(broken, 300)
        leaf = 0 if path == "tile/0/000" else 256
        with pytest.raises(ProofError):
            merkle.verify_inclusion(
                served(0, leaf), leaf, 300, merkle.inclusion_path(served, leaf, 300), root
            )


# Entry bundles.


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_read_back(entries: list[bytes]) -> None:
    bundle = Bundle(7, len(entries))
    assert bundle.decode(bundle.encode(entries)) == entries
    assert list(bundle.entries) == list(range(7 * 256, 7 * 256 + len(entries)))


def test_bundle_bytes() -> None:
    assert Bundle(0, 2).encode([b"abc", b""]) == b"\0\3abc\0\0"
    assert Bundle(0, 1).encode([bytes(0xFFFF)])[:2] == b"\xff\xff"


@pytest.mark.parametrize("data", [b"", b"\0", b"\0\3ab", b"\0\0", b"\0\3abc\0", b"\0\0\0\0\0\0"])
def test_other_bundles_are_refused(data: bytes) -> None:
    with pytest.raises(TileError, match="2 whole entries"):
        Bundle(0, 2).decode(data)


def test_what_no_bundle_can_hold() -> None:
    with pytest.raises(TileError, match="65535"):
        Bundle(0, 1).encode([bytes(0x10000)])
    with pytest.raises(TileError, match="holds 2"):
        Bundle(0, 2).encode([b""])
    for index, width in ((-1, 1), (0, 0), (0, 257)):
        with pytest.raises(TileError):
            Bundle(index, width)
