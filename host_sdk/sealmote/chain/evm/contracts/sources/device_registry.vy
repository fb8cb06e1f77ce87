# pragma version ~=0.4.3
# pragma nonreentrancy off
"""
@title Registry of Devices by Proof of Possession
@custom:contract-name device_registry
@license Apache License 2.0
@author The Sealmote authors
@notice Binds device keys to owners. A key enters by its own signature
        over {chain, contract, owner, nonce, deadline}, a first key and its
        successor alike, so that nobody can register a key that they
        do not hold, or a device for an owner that it did not name.
        Keys are named by their thumbprint (RFC 9679, SHA-256). Nothing is
        ever deleted: a key, and the blocks in which it was registered to
        whom, can be looked up for good, so that what it had signed by a
        block is judged as of that block.
@custom:security Whoever has a device's key decides its first owner; the
                 terms are worth as much as the care with which they were
                 signed. A revoked key never comes back, and proves what
                 was anchored before the block of its revocation. A
                 superseded key proves readings still; if it may have
                 leaked, revoke it as well.
"""


# @dev We import the `cose` module for terms, thumbprints and signatures.
from . import cose


# @dev The key behind a thumbprint. `alg` is 0 if there is none,
# `revoked` the block in which it was revoked, 0 if it was not.
struct Device:
    alg: int64
    x: bytes32
    y: bytes32
    revoked: uint256
    successor: bytes32


# @dev To whom a key was registered: from the block `since` on, and
# before the block `until`, in which it was released; 0 if it was not.
struct Registration:
    owner: address
    since: uint256
    until: uint256


# @dev The protected headers of signed terms: {1: alg, 3: content type}
# with the content type "application/vnd.sealmote.registration+cbor".
_CONTENT_TYPE: constant(Bytes[45]) = b"\x03\x78\x2aapplication/vnd.sealmote.registration+cbor"


# @dev Returns the device of a thumbprint.
devices: public(HashMap[bytes32, Device])
# @dev Returns a registration of a key, by the nonce of its terms.
registrations: public(HashMap[bytes32, HashMap[uint256, Registration]])
# @dev Returns the nonce that the next terms of a key must carry:
# the number of times that it was registered.
nonces: public(HashMap[bytes32, uint256])


# @dev Emitted when a key is registered to `owner`.
event DeviceRegistered:
    thumbprint: indexed(bytes32)
    owner: indexed(address)
    alg: int64
    x: bytes32
    y: bytes32


# @dev Emitted when `successor` takes the place of `thumbprint`.
event DeviceSuperseded:
    thumbprint: indexed(bytes32)
    successor: indexed(bytes32)


# @dev Emitted when the owner declares a key worthless.
event DeviceRevoked:
    thumbprint: indexed(bytes32)


# @dev Emitted when the owner gives a device up.
event DeviceReleased:
    thumbprint: indexed(bytes32)
    owner: indexed(address)


@deploy
@payable
def __init__():
    """
    @dev To omit the opcodes for checking the `msg.value`
         in the creation-time EVM bytecode, the constructor
         is declared as `payable`.
    """
    pass


@external
def register(
    alg: int64, x: bytes32, y: bytes32, owner: address, deadline: uint64, r: bytes32, s: bytes32
) -> bytes32:
    """
    @dev Registers a key to the owner that it named itself.
    @notice Anybody may send this and pay for it.
    @param alg The algorithm, -7 (ES256) or -47 (ES256K).
    @param x The 32-byte public key coordinate.
    @param y The 32-byte public key coordinate.
    @param owner The 20-byte address in the signed terms.
    @param deadline The Unix time in seconds in the signed terms.
    @param r The 32-byte signature parameter `r`.
    @param s The 32-byte signature parameter `s`.
    @return bytes32 The key's thumbprint.
    """
    return self._register(alg, x, y, owner, deadline, r, s)


@external
def rotate(
    thumbprint: bytes32,
    alg: int64,
    x: bytes32,
    y: bytes32,
    deadline: uint64,
    r: bytes32,
    s: bytes32,
) -> bytes32:
    """
    @dev Puts a successor in the place of a device's key.
    @notice Only the owner may, and the successor's own terms
            must name this owner. A successor that has been
            registered to this owner already, by whoever saw the
            terms first, is linked as it stands.
    @param thumbprint The 32-byte name of the key to replace.
    @param alg The successor's algorithm, -7 (ES256) or -47 (ES256K).
    @param x The successor's 32-byte public key coordinate.
    @param y The successor's 32-byte public key coordinate.
    @param deadline The Unix time in seconds in the signed terms.
    @param r The 32-byte signature parameter `r`.
    @param s The 32-byte signature parameter `s`.
    @return bytes32 The successor's thumbprint.
    """
    self._check_owner(thumbprint)
    self._check_active(thumbprint)
    successor: bytes32 = cose._thumbprint(alg, x, y)
    if self._owner(successor) == msg.sender:
        assert successor != thumbprint, "device_registry: a key is not its own successor"
        self._check_active(successor)
    else:
        self._register(alg, x, y, msg.sender, deadline, r, s)
    self.devices[thumbprint].successor = successor
    log DeviceSuperseded(thumbprint=thumbprint, successor=successor)
    return successor


@external
def revoke(thumbprint: bytes32):
    """
    @dev Declares a key worthless from this block on, for good.
    @notice Only the owner may. A superseded key can be revoked.
    @param thumbprint The 32-byte name of the key.
    """
    self._check_owner(thumbprint)
    assert self.devices[thumbprint].revoked == 0, "device_registry: device is revoked"
    self.devices[thumbprint].revoked = block.number
    log DeviceRevoked(thumbprint=thumbprint)


@external
def release(thumbprint: bytes32):
    """
    @dev Gives a device up, so that it can name another owner.
    @notice Only the owner may. Old terms cannot be used again,
            since the nonce has moved on.
    @param thumbprint The 32-byte name of the key.
    """
    self._check_owner(thumbprint)
    self._check_active(thumbprint)
    self.registrations[thumbprint][self.nonces[thumbprint] - 1].until = block.number
    log DeviceReleased(thumbprint=thumbprint, owner=msg.sender)


@external
@view
def registration_at(thumbprint: bytes32, number: uint256) -> Registration:
    """
    @dev Returns to whom a key was registered in a block.
    @notice Whether it was revoked by then is told by `devices`.
    @param thumbprint The 32-byte name of the key.
    @param number The block's number.
    @return Registration The registration, empty if there was none.
    """
    # How many registrations began by that block, by bisection.
    begun: uint256 = 0
    below: uint256 = self.nonces[thumbprint] + 1
    for _: uint256 in range(256):
        if below - begun == 1:
            break
        middle: uint256 = (begun + below) // 2
        if self.registrations[thumbprint][middle - 1].since <= number:
            begun = middle
        else:
            below = middle
    if begun == 0:
        return empty(Registration)
    found: Registration = self.registrations[thumbprint][begun - 1]
    if found.until != 0 and found.until <= number:
        return empty(Registration)
    return found


@internal
def _register(
    alg: int64, x: bytes32, y: bytes32, owner: address, deadline: uint64, r: bytes32, s: bytes32
) -> bytes32:
    """
    @dev Checks a key's terms and stores it.
    @notice This is an `internal` function without
            access restriction.
    @param alg The algorithm, -7 (ES256) or -47 (ES256K).
    @param x The 32-byte public key coordinate.
    @param y The 32-byte public key coordinate.
    @param owner The 20-byte address in the signed terms.
    @param deadline The Unix time in seconds in the signed terms.
    @param r The 32-byte signature parameter `r`.
    @param s The 32-byte signature parameter `s`.
    @return bytes32 The key's thumbprint.
    """
    assert owner != empty(address), "device_registry: owner is the zero address"
    assert block.timestamp <= convert(deadline, uint256), "device_registry: deadline has passed"
    thumbprint: bytes32 = cose._thumbprint(alg, x, y)
    assert self._owner(thumbprint) == empty(address), "device_registry: device is registered"
    nonce: uint256 = self.nonces[thumbprint]
    digest: bytes32 = cose._digest(
        self._protected(alg), cose._terms(owner, convert(nonce, bytes32), deadline)
    )
    cose._check_signature(alg, x, y, digest, r, s)
    self.nonces[thumbprint] = nonce + 1
    self.registrations[thumbprint][nonce] = Registration(owner=owner, since=block.number, until=0)
    self.devices[thumbprint] = Device(alg=alg, x=x, y=y, revoked=0, successor=empty(bytes32))
    log DeviceRegistered(thumbprint=thumbprint, owner=owner, alg=alg, x=x, y=y)
    return thumbprint


@internal
@pure
def _protected(alg: int64) -> Bytes[49]:
    """
    @dev The protected header of signed terms.
    @param alg The algorithm, -7 (ES256) or -47 (ES256K).
    @return Bytes The encoded header.
    """
    if alg == cose.ES256:
        return concat(x"A20126", _CONTENT_TYPE)
    return concat(x"A201382E", _CONTENT_TYPE)


@internal
@view
def _owner(thumbprint: bytes32) -> address:
    """
    @dev Returns to whom a key is registered now.
    @param thumbprint The 32-byte name of the key.
    @return address The owner, the zero address if there is none.
    """
    count: uint256 = self.nonces[thumbprint]
    if count == 0 or self.registrations[thumbprint][count - 1].until != 0:
        return empty(address)
    return self.registrations[thumbprint][count - 1].owner


@internal
@view
def _check_owner(thumbprint: bytes32):
    """
    @dev Reverts unless the caller owns the device.
    @param thumbprint The 32-byte name of the key.
    """
    assert self._owner(thumbprint) == msg.sender, "device_registry: caller is not the owner"


@internal
@view
def _check_active(thumbprint: bytes32):
    """
    @dev Reverts if the key was revoked or superseded.
    @param thumbprint The 32-byte name of the key.
    """
    assert self.devices[thumbprint].revoked == 0, "device_registry: device is revoked"
    current: bool = self.devices[thumbprint].successor == empty(bytes32)
    assert current, "device_registry: device is superseded"
