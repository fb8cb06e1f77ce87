"""RFC 9162 trees: the reference vectors of others, and properties that every proof has."""

import hashlib

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from sealmote.log import merkle
from sealmote.log.errors import ProofError, TreeError
from sealwire.cose import leaf_hash

# The test tree of certificate-transparency and transparency-dev/merkle (proof/verify_test.go,
# Apache-2.0): eight entries, the root at each size, and the proofs in (1-based) leaf and size.
ENTRIES = [
    bytes.fromhex(entry)
    for entry in (
        "",
        "00",
        "10",
        "2021",
        "3031",
        "40414243",
        "5051525354555657",
        "606162636465666768696a6b6c6d6e6f",
    )
]
ROOTS = [
    bytes.fromhex(root)
    for root in (
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
        "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
        "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
        "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
        "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
        "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
        "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
    )
]
INCLUSION = [
    (0, 1, ""),
    (
        0,
        8,
        (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
        ),
    ),
    (
        5,
        8,
        (
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
        ),
    ),
    (2, 3, "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"),
    (
        1,
        5,
        (
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d"
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
        ),
    ),
]
CONSISTENCY = [
    (1, 1, ""),
    (
        1,
        8,
        (
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
        ),
    ),
    (
        6,
        8,
        (
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
        ),
    ),
    (
        2,
        5,
        (
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
        ),
    ),
    (
        6,
        7,
        (
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
            "b08693ec2e721597130641e8211e7eedccb4c26413963eee6c1e2ed16ffb1a5f"
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7"
        ),
    ),
]


def hashes(text: str) -> list[bytes]:
    data = bytes.fromhex(text)
    return [data[at : at + 32] for at in range(0, len(data), 32)]


def leaves(size: int) -> list[bytes]:
    return [leaf_hash(b"%d" % index) for index in range(size)]


def reader(leaf_hashes: list[bytes]) -> merkle.NodeReader:
    """Serve nodes by the definition, without any of the code under test but root_of."""
    return lambda level, index: merkle.root_of(leaf_hashes[index << level : (index + 1) << level])


def test_hashes_of_others() -> None:
    """transparency-dev/merkle, rfc6962/rfc6962_test.go."""
    assert leaf_hash(b"L123456").hex() == (
        "395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56"
    )
    assert merkle.node_hash(b"N123", b"N456").hex() == (
        "aa217fe888e47007fa15edab33c2b492a722cb106c64667fc2b044444de66bbb"
    )


@pytest.mark.parametrize("size", range(9))
def test_roots_of_others(size: int) -> None:
    entries = [leaf_hash(entry) for entry in ENTRIES[:size]]
    assert merkle.root_of(entries) == ROOTS[size]
    assert merkle.root(reader(entries), size) == ROOTS[size]


@pytest.mark.parametrize(("index", "size", "path"), INCLUSION)
def test_inclusion_proofs_of_others(index: int, size: int, path: str) -> None:
    read = reader([leaf_hash(entry) for entry in ENTRIES])
    assert merkle.inclusion_path(read, index, size) == hashes(path)
    merkle.verify_inclusion(leaf_hash(ENTRIES[index]), index, size, hashes(path), ROOTS[size])


@pytest.mark.parametrize(("old", "new", "proof"), CONSISTENCY)
def test_consistency_proofs_of_others(old: int, new: int, proof: str) -> None:
    read = reader([leaf_hash(entry) for entry in ENTRIES])
    assert merkle.consistency_proof(read, old, new) == hashes(proof)
    merkle.verify_consistency(old, new, ROOTS[old], ROOTS[new], hashes(proof))


def test_every_inclusion_proof_and_its_wrong_neighbours() -> None:
    """Each leaf of each tree up to 40: the one right proof, no other index, one hash more or less."""
    all_leaves = leaves(40)
    read = reader(all_leaves)
    for size in range(1, 41):
        root = merkle.root_of(all_leaves[:size])
        assert merkle.root(read, size) == root
        for index in range(size):
            path = merkle.inclusion_path(read, index, size)
            leaf = all_leaves[index]
            merkle.verify_inclusion(leaf, index, size, path, root)
            for other in {index - 1, index + 1, index ^ 2, size} - {index}:
                with pytest.raises((ProofError, TreeError)):
                    merkle.verify_inclusion(leaf, other, size, path, root)
            for wrong in ([*path, root], [root, *path], path[:-1], path[1:]):
                if wrong != path:
                    with pytest.raises(ProofError):
                        merkle.verify_inclusion(leaf, index, size, wrong, root)


def test_every_consistency_proof_and_its_wrong_neighbours() -> None:
    all_leaves = leaves(33)
    read = reader(all_leaves)
    roots = [merkle.root_of(all_leaves[:size]) for size in range(34)]
    for new in range(34):
        for old in range(new + 1):
            proof = merkle.consistency_proof(read, old, new)
            merkle.verify_consistency(old, new, roots[old], roots[new], proof)
            for wrong in ([*proof, roots[new]], [roots[new], *proof], proof[:-1], proof[1:]):
                if wrong != proof:
                    with pytest.raises(ProofError):
                        merkle.verify_consistency(old, new, roots[old], roots[new], wrong)
            if old != new:
                with pytest.raises((ProofError, TreeError)):
                    merkle.verify_consistency(old, new, roots[new], roots[old], proof)
                with pytest.raises(TreeError, match="swap"):
                    merkle.verify_consistency(new, old, roots[new], roots[old], proof)


@given(data=st.data(), size=st.integers(1, 300))
def test_no_flipped_bit_passes(data: st.DataObject, size: int) -> None:
    """A bit flipped anywhere in leaf, path or root: refused."""
    all_leaves = leaves(size)
    index = data.draw(st.integers(0, size - 1))
    path = merkle.inclusion_path(reader(all_leaves), index, size)
    parts = [all_leaves[index], merkle.root_of(all_leaves), *path]
    part, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[part] = flip(parts[part], bit)
    with pytest.raises(ProofError, match="does not lead"):
        merkle.verify_inclusion(parts[0], index, size, parts[2:], parts[1])


@given(data=st.data(), new=st.integers(2, 300))
def test_no_flipped_bit_passes_for_consistency(data: st.DataObject, new: int) -> None:
    old = data.draw(st.integers(1, new - 1))
    all_leaves = leaves(new)
    proof = merkle.consistency_proof(reader(all_leaves), old, new)
    parts = [merkle.root_of(all_leaves[:old]), merkle.root_of(all_leaves), *proof]
    part, bit = data.draw(st.integers(0, len(parts) - 1)), data.draw(st.integers(0, 255))
    parts[part] = flip(parts[part], bit)
    with pytest.raises(ProofError, match="no continuation"):
        merkle.verify_consistency(old, new, parts[0], parts[1], parts[2:])


def flip(data: bytes, bit: int) -> bytes:
    return (int.from_bytes(data, "big") ^ 1 << bit).to_bytes(32, "big")


@given(
    index=st.integers(-2, 20),
    size=st.integers(-2, 20),
    path=st.lists(st.binary(min_size=31, max_size=33), max_size=6),
)
@example(index=0, size=2**64, path=[])
def test_made_up_proofs_are_refused_not_crashed_on(
    index: int, size: int, path: list[bytes]
) -> None:
    with pytest.raises((ProofError, TreeError)):
        merkle.verify_inclusion(leaf_hash(b""), index, size, path, bytes(32))
    with pytest.raises((ProofError, TreeError)):
        merkle.verify_consistency(index, size, bytes(32), leaf_hash(b""), path)


def test_hashes_of_another_length_are_refused() -> None:
    """One byte moved over from one sibling to the other: the same node, were it not refused."""
    left, right = leaves(2)
    root = merkle.node_hash(left, right)
    for leaf, path in (
        (left + right[:1], [right[1:]]),
        (left, [right + b"x"]),
        (left[:31], [right]),
    ):
        with pytest.raises(TreeError, match="32 bytes"):
            merkle.verify_inclusion(leaf, 0, 2, path, root)
    with pytest.raises(TreeError, match="32 bytes"):
        merkle.verify_inclusion(left[:31], 0, 1, [], left)
    with pytest.raises(TreeError, match="32 bytes"):
        merkle.verify_consistency(1, 2, left, root, [right + b"x"])


def test_empty_trees_have_the_empty_root_only() -> None:
    empty, one = merkle.EMPTY_ROOT, leaf_hash(b"")
    merkle.verify_consistency(0, 0, empty, empty, [])
    merkle.verify_consistency(0, 1, empty, one, [])
    for old, new, old_root, new_root in ((0, 1, one, one), (0, 0, one, one), (0, 0, empty, one)):
        with pytest.raises(ProofError, match="empty tree"):
            merkle.verify_consistency(old, new, old_root, new_root, [])
    with pytest.raises(TreeError, match="no leaf 0"):
        merkle.inclusion_path(reader([]), 0, 0)


def test_largest_tree_is_proven() -> None:
    """64-bit sizes: 64 levels, none skipped."""
    path = [bytes([level]) * 32 for level in range(64)]
    size = merkle.MAX_SIZE
    root = merkle.root_from_inclusion(bytes(32), 0, size, path)
    merkle.verify_inclusion(bytes(32), 0, size, path, root)
    current = bytes(32)
    for sibling in path:
        current = hashlib.sha256(b"\x01" + current + sibling).digest()
    assert root == current
