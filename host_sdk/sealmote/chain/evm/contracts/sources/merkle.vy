# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Merkle Inclusion as in Certificate Transparency 2.0
@custom:contract-name merkle
@license Apache License 2.0
@author The Sealmote authors
@notice Computes the root that an inclusion path leads to
        (RFC 9162, section 2.1.3.2), with SHA-256.
"""


# @dev The longest path: a tree has fewer than 2**64 leaves.
MAX_PATH: constant(uint256) = 64


@deploy
@payable
def __init__():
    """
    @dev To omit the opcodes for checking the `msg.value`
         in the creation-time EVM bytecode, the constructor
         is declared as `payable`.
    """
    pass


@internal
@pure
def _root(
    leaf: bytes32, leaf_index: uint64, tree_size: uint64, path: DynArray[bytes32, MAX_PATH]
) -> bytes32:
    """
    @dev Walks from a leaf to the root. Reverts if the leaf lies
         outside the tree or the path has not the tree's length.
    @param leaf The 32-byte leaf hash.
    @param leaf_index The leaf's number, from 0.
    @param tree_size The number of leaves in the tree.
    @param path The sibling hashes from the bottom up.
    @return bytes32 The root hash that these lead to.
    """
    assert leaf_index < tree_size, "merkle: leaf outside the tree"
    node: uint256 = convert(leaf_index, uint256)
    last: uint256 = convert(tree_size, uint256) - 1
    hash: bytes32 = leaf
    for sibling: bytes32 in path:
        assert last != 0, "merkle: path too long"
        if node & 1 == 1 or node == last:
            hash = sha256(concat(x"01", sibling, hash))
            # A right edge without siblings is skipped level by level.
            for _: uint256 in range(MAX_PATH):
                if node & 1 == 1 or node == 0:
                    break
                node >>= 1
                last >>= 1
        else:
            hash = sha256(concat(x"01", hash, sibling))
        node >>= 1
        last >>= 1
    assert last == 0, "merkle: path too short"
    return hash
