"""Merkle tree of RFC 9162 section 2.1, over SHA-256.

Node (level, index) is the root of the complete subtree over leaves index · 2**level up to
(index + 1) · 2**level; level 0 holds the leaf hashes (`sealwire.cose.leaf_hash`). Complete nodes
never change as the log grows, so whatever keeps them (a list, SQLite, tiles) serves every proof
through one function, a `NodeReader`. Sizes and indices count leaves.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha256

from sealmote.log.errors import ProofError, TreeError

HASH_SIZE = 32
EMPTY_ROOT = sha256(b"").digest()
MAX_SIZE = 2**64 - 1  # what a checkpoint, a receipt and a contract can all count

NodeReader = Callable[[int, int], bytes]


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return the hash of an inner node (section 2.1.1)."""
    return sha256(b"\x01" + left + right).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """Return the root over a list of leaf hashes: the definition, for small trees and tests."""
    if not leaves:
        return EMPTY_ROOT
    if len(leaves) == 1:
        return leaves[0]
    split = _split(len(leaves))
    return node_hash(root_of(leaves[:split]), root_of(leaves[split:]))


def root(read: NodeReader, size: int) -> bytes:
    """Return the root of the first `size` leaves, reading its complete subtrees only."""
    check_size(size)
    return _span(read, 0, size) if size else EMPTY_ROOT


def inclusion_path(read: NodeReader, index: int, size: int) -> list[bytes]:
    """Return the audit path of leaf `index` in the tree of `size` leaves (section 2.1.3.1)."""
    _check_index(index, size)
    path = []
    start, end = 0, size
    while end - start > 1:
        middle = start + _split(end - start)
        if index < middle:
            path.append(_span(read, middle, end))
            end = middle
        else:
            path.append(_span(read, start, middle))
            start = middle
    return path[::-1]


def root_from_inclusion(leaf: bytes, index: int, size: int, path: Sequence[bytes]) -> bytes:
    """Return the root that a path leads to from the hash of leaf `index` (section 2.1.3.2).

    Raises ProofError unless the path has the one length that (index, size) allows. The result
    proves nothing until it is compared with a root that is known, or its signature is checked.
    """
    _check_index(index, size)
    check_hashes([leaf, *path])
    last, hashes, current = size - 1, _take(path), leaf
    while last:
        if index & 1:
            current = node_hash(next(hashes), current)
        elif index < last:
            current = node_hash(current, next(hashes))
        # else: the last node of an odd level has no sibling and moves up as it is
        index, last = index >> 1, last >> 1
    _finish(hashes)
    return current


def verify_inclusion(
    leaf: bytes, index: int, size: int, path: Sequence[bytes], expected: bytes
) -> None:
    """Raise ProofError unless the path leads from leaf hash `leaf` to the root `expected`."""
    if root_from_inclusion(leaf, index, size, path) != expected:
        raise ProofError(
            f"the inclusion path of leaf {index} does not lead to the root of the {size}-leaf tree:"
            " the message was altered, or it is not the one this proof was made for"
        )


def consistency_proof(read: NodeReader, old: int, new: int) -> list[bytes]:
    """Return the proof that the first `old` of `new` leaves are the older tree (section 2.1.4.1).

    It is empty where nothing needs proving: for an empty older tree, and for equal sizes.
    """
    _check_sizes(old, new)
    if old in (0, new):
        return []
    proof = []
    start, end = 0, new
    while old < end:
        middle = start + _split(end - start)
        if old <= middle:
            proof.append(_span(read, middle, end))
            end = middle
        else:
            proof.append(_span(read, start, middle))
            start = middle
    if start:  # else the subtree is the whole older tree, whose root the verifier has
        proof.append(_span(read, start, end))
    return proof[::-1]


def verify_consistency(
    old: int, new: int, old_root: bytes, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Raise ProofError unless the tree of `new` leaves begins with that of `old` (section 2.1.4.2).

    An empty older tree must come with the empty root, and equal sizes with equal roots.
    """
    _check_sizes(old, new)
    check_hashes([old_root, new_root, *proof])
    if (old == 0 and old_root != EMPTY_ROOT) or (new == 0 and new_root != EMPTY_ROOT):
        raise ProofError("an empty tree with a root that is not SHA-256 of nothing")
    hashes = _take(proof)
    if old in (0, new):
        roots = (old_root, new_root if old == 0 else old_root)
    else:
        roots = _roots_from_consistency(old, new, old_root, hashes)
    _finish(hashes)
    if roots != (old_root, new_root):
        raise ProofError(
            f"the tree of {new} leaves is no continuation of the tree of {old} leaves:"
            " the log was forked or rewritten, keep both heads as evidence"
        )


def check_size(size: int) -> None:
    """Raise TreeError for a size below 0 or above 64 bits."""
    if not 0 <= size <= MAX_SIZE:
        raise TreeError(f"no tree has {size} leaves")


def check_hashes(hashes: Sequence[bytes]) -> None:
    """Raise TreeError unless each is 32 bytes."""
    if not set(map(len, hashes)) <= {HASH_SIZE}:
        raise TreeError(f"a hash that is not {HASH_SIZE} bytes")


def _roots_from_consistency(
    old: int, new: int, old_root: bytes, hashes: Iterator[bytes]
) -> tuple[bytes, bytes]:
    """Rebuild both roots, bottom up, for 0 < old < new."""
    index, last = old - 1, new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    # When the older tree is complete it is itself the first node and not repeated in the proof.
    older = newer = next(hashes) if index else old_root
    while last:
        if index & 1:
            sibling = next(hashes)
            older, newer = node_hash(sibling, older), node_hash(sibling, newer)
        elif index < last:
            newer = node_hash(newer, next(hashes))
        index, last = index >> 1, last >> 1
    return older, newer


def _span(read: NodeReader, start: int, end: int) -> bytes:
    """Return MTH(D[start:end]), where `start` is a multiple of a power of two ≥ end - start."""
    width = end - start
    if width & (width - 1) == 0:
        level = width.bit_length() - 1
        return read(level, start >> level)
    middle = start + _split(width)
    return node_hash(_span(read, start, middle), _span(read, middle, end))


def _split(width: int) -> int:
    """Return the largest power of two below `width` (> 1)."""
    return 1 << (width - 1).bit_length() - 1


def _take(path: Sequence[bytes]) -> Iterator[bytes]:
    yield from path
    raise ProofError(f"a proof of {len(path)} hashes is too short for its tree")


def _finish(hashes: Iterator[bytes]) -> None:
    """Raise ProofError if a hash is left over."""
    try:
        next(hashes)
    except ProofError:
        return
    raise ProofError("a proof with more hashes than its tree has levels for")


def _check_sizes(old: int, new: int) -> None:
    check_size(old)
    check_size(new)
    if old > new:
        raise TreeError(f"a tree of {new} leaves cannot continue one of {old}: swap the sizes")


def _check_index(index: int, size: int) -> None:
    check_size(size)
    if not 0 <= index < size:
        raise TreeError(f"a tree of {size} leaves has no leaf {index}")
