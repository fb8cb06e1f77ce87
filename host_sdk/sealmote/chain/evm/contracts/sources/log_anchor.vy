# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Anchors of Append-Only Logs
@custom:contract-name log_anchor
@license Apache License 2.0
@author The Sealmote authors
@notice Keeps the heads of Merkle logs (RFC 9162, SHA-256). A log is opened
        once: its origin and the P-256 key of its checkpoints are bound to
        an operator by that key's own signature. Its size strictly grows.
        With `prove_reading` one call shows that a registered device
        signed a reading which stands under an anchored root. The device
        is judged as of the block of that anchor: what its owner does
        with the key afterwards takes no proof away.
@custom:security Names are given to the first who comes: before you trust an
                 origin, compare its checkpoint key with the one you know.
                 An anchor shows that a root existed; that two anchors belong
                 to one history is shown by a consistency proof (RFC 9162,
                 section 2.1.4), which is not checked here.
"""


# @dev We import the `cose` module for terms, leaves and signatures.
from . import cose
# @dev We import the `device_registry` module for its interface.
from . import device_registry
# @dev We import the `merkle` module for inclusion paths.
from . import merkle


# @dev What is bound to an origin.
# `operator` is the zero address if nothing is, `opened` the block.
struct Log:
    operator: address
    size: uint64
    opened: uint256
    x: bytes32
    y: bytes32


# @dev The longest origin in bytes.
_MAX_ORIGIN: constant(uint256) = 255
# @dev The protected header of signed terms: {1: -7, 3: content type}
# with the content type "application/vnd.sealmote.log+cbor".
_PROTECTED: constant(Bytes[39]) = b"\xa2\x01\x26\x03\x78\x21application/vnd.sealmote.log+cbor"


# @dev Returns the registry that devices are looked up in.
registry: public(immutable(device_registry.__interface__))


# @dev Returns the log of an identifier, which is the SHA-256 of its origin.
logs: public(HashMap[bytes32, Log])
# @dev Returns the root that was anchored for a log and a size.
roots: public(HashMap[bytes32, HashMap[uint64, bytes32]])
# @dev Returns the block in which that was done.
blocks: public(HashMap[bytes32, HashMap[uint64, uint256]])


# @dev Emitted when a log is opened.
event LogOpened:
    log_id: indexed(bytes32)
    operator: indexed(address)
    origin: String[_MAX_ORIGIN]
    x: bytes32
    y: bytes32


# @dev Emitted when a head is anchored.
event Anchored:
    log_id: indexed(bytes32)
    size: indexed(uint64)
    root: bytes32


@deploy
@payable
def __init__(registry_: address):
    """
    @dev To omit the opcodes for checking the `msg.value`
         in the creation-time EVM bytecode, the constructor
         is declared as `payable`.
    @param registry_ The 20-byte address of the device registry.
    """
    assert registry_.is_contract, "log_anchor: registry is not a contract"
    registry = device_registry.__interface__(registry_)


@external
def open(
    origin: String[_MAX_ORIGIN], x: bytes32, y: bytes32, deadline: uint64, r: bytes32, s: bytes32
) -> bytes32:
    """
    @dev Opens a log whose operator is the caller.
    @notice The checkpoint key signs {chain, contract, operator,
            log identifier, deadline}.
    @param origin The log's origin, as its checkpoints have it.
    @param x The 32-byte coordinate of the checkpoint key.
    @param y The 32-byte coordinate of the checkpoint key.
    @param deadline The Unix time in seconds in the signed terms.
    @param r The 32-byte signature parameter `r`.
    @param s The 32-byte signature parameter `s`.
    @return bytes32 The log's identifier.
    """
    assert len(origin) != 0, "log_anchor: origin is empty"
    assert block.timestamp <= convert(deadline, uint256), "log_anchor: deadline has passed"
    log_id: bytes32 = sha256(origin)
    assert self.logs[log_id].operator == empty(address), "log_anchor: log is open"
    digest: bytes32 = cose._digest(_PROTECTED, cose._terms(msg.sender, log_id, deadline))
    cose._check_signature(cose.ES256, x, y, digest, r, s)
    self.logs[log_id] = Log(operator=msg.sender, size=0, opened=block.number, x=x, y=y)
    log LogOpened(log_id=log_id, operator=msg.sender, origin=origin, x=x, y=y)
    return log_id


@external
def anchor(log_id: bytes32, size: uint64, root: bytes32):
    """
    @dev Anchors a head of a log.
    @notice Only the operator may, and the size must grow.
    @param log_id The 32-byte log identifier.
    @param size The number of leaves.
    @param root The 32-byte root hash.
    """
    assert self.logs[log_id].operator == msg.sender, "log_anchor: caller is not the operator"
    assert size > self.logs[log_id].size, "log_anchor: size does not grow"
    assert root != empty(bytes32), "log_anchor: root is zero"
    self.logs[log_id].size = size
    self.roots[log_id][size] = root
    self.blocks[log_id][size] = block.number
    log Anchored(log_id=log_id, size=size, root=root)


@external
@view
def prove_reading(
    log_id: bytes32,
    thumbprint: bytes32,
    protected: Bytes[cose.MAX_PROTECTED],
    payload: Bytes[cose.MAX_PAYLOAD],
    r: bytes32,
    s: bytes32,
    leaf_index: uint64,
    tree_size: uint64,
    path: DynArray[bytes32, merkle.MAX_PATH],
) -> address:
    """
    @dev Proves that a device signed a reading, that the reading
         stands under an anchored root, and that the device was
         registered and not revoked in the block of that anchor.
         Reverts with the reason of the first link that is broken.
    @param log_id The 32-byte log identifier.
    @param thumbprint The 32-byte name of the device's key.
    @param protected The message's encoded protected header.
    @param payload The message's payload.
    @param r The 32-byte signature parameter `r`.
    @param s The 32-byte signature parameter `s`.
    @param leaf_index The leaf's number, from 0.
    @param tree_size The size of an anchored head.
    @param path The sibling hashes from the bottom up.
    @return address The device's owner in that block.
    """
    root: bytes32 = self.roots[log_id][tree_size]
    assert root != empty(bytes32), "log_anchor: no anchor of this size"
    device: device_registry.Device = staticcall registry.devices(thumbprint)
    assert device.alg != 0, "log_anchor: device is not registered"
    anchored_in: uint256 = self.blocks[log_id][tree_size]
    valid: bool = device.revoked == 0 or anchored_in < device.revoked
    assert valid, "log_anchor: device was revoked by then"
    owner: address = (staticcall registry.registration_at(thumbprint, anchored_in)).owner
    assert owner != empty(address), "log_anchor: device was not registered then"
    assert self._is_reading(protected, device.alg, thumbprint), "log_anchor: not its reading"
    cose._check_signature(device.alg, device.x, device.y, cose._digest(protected, payload), r, s)
    leaf: bytes32 = cose._leaf(protected, payload, r, s)
    anchored: bool = merkle._root(leaf, leaf_index, tree_size, path) == root
    assert anchored, "log_anchor: leaf is not under the root"
    return owner


@internal
@pure
def _is_reading(protected: Bytes[cose.MAX_PROTECTED], alg: int64, thumbprint: bytes32) -> bool:
    """
    @dev Checks the start of a protected header: {1: alg, 3: 112, 4: kid, 15: ...},
         with SenML (RFC 8428) as content type and the first eight bytes of the
         thumbprint as kid. It keeps everything else that devices sign out.
    @param protected The encoded protected header.
    @param alg The device's algorithm.
    @param thumbprint The 32-byte name of the device's key.
    @return bool The verification whether it is a reading's header.
    """
    # -7 and -47 as CBOR (RFC 8949, section 3.1).
    encoded: Bytes[2] = x"26" if alg == cose.ES256 else x"382E"
    start: Bytes[18] = concat(x"A401", encoded, x"0318700448", slice(thumbprint, 0, 8), x"0F")
    return len(protected) > len(start) and slice(protected, 0, len(start)) == start
