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
        Keys are named by their thumbprint (RFC 9679, SHA-256).
@custom:security Whoever has a device's key decides its first owner; the
                 terms are worth as much as the care with which they were
                 signed. A revoked key never comes back. A superseded key
                 still proves the readings of its time; if it may have
                 leaked, revoke it as well.
"""


# @dev We import the `cose` module for terms, thumbprints and signatures.
from . import cose


# @dev What stands behind a thumbprint.
# `owner` is the zero address if nothing does.
struct Device:
    owner: address
    alg: int64
    x: bytes32
    y: bytes32
    registered: uint256
    revoked: bool
    successor: bytes32


# @dev The protected headers of signed terms: {1: alg, 3: content type}
# with the content type "application/vnd.sealmote.registration+cbor".
_CONTENT_TYPE: constant(Bytes[45]) = b"\x03\x78\x2aapplication/vnd.sealmote.registration+cbor"


# @dev Returns the device of a thumbprint.
devices: public(HashMap[bytes32, Device])
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
    if self.devices[successor].owner == msg.sender:
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
    @dev Declares a key worthless, for good.
    @notice Only the owner may. A superseded key can be revoked.
    @param thumbprint The 32-byte name of the key.
    """
    self._check_owner(thumbprint)
    assert not self.devices[thumbprint].revoked, "device_registry: device is revoked"
    self.devices[thumbprint].revoked = True
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
    self.devices[thumbprint] = empty(Device)
    log DeviceReleased(thumbprint=thumbprint, owner=msg.sender)


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
    assert self.devices[thumbprint].owner == empty(address), "device_registry: device is registered"
    nonce: uint256 = self.nonces[thumbprint]
    digest: bytes32 = cose._digest(
        self._protected(alg), cose._terms(owner, convert(nonce, bytes32), deadline)
    )
    cose._check_signature(alg, x, y, digest, r, s)
    self.nonces[thumbprint] = nonce + 1
    self.devices[thumbprint] = Device(
        owner=owner,
        alg=alg,
        x=x,
        y=y,
        registered=block.number,
        revoked=False,
        successor=empty(bytes32),
    )
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
def _check_owner(thumbprint: bytes32):
    """
    @dev Reverts unless the caller owns the device.
    @param thumbprint The 32-byte name of the key.
    """
    assert self.devices[thumbprint].owner == msg.sender, "device_registry: caller is not the owner"


@internal
@view
def _check_active(thumbprint: bytes32):
    """
    @dev Reverts if the key was revoked or superseded.
    @param thumbprint The 32-byte name of the key.
    """
    assert not self.devices[thumbprint].revoked, "device_registry: device is revoked"
    current: bool = self.devices[thumbprint].successor == empty(bytes32)
    assert current, "device_registry: device is superseded"
